"""Trying again, waiting in between, and the clock."""
import time

import pytest

from program import PASSWORD, SESSION_ENV, STATIC_ENV, answer
from standin import faults

PRINTED = (0, PASSWORD + "\n", "")


def stamps(aws):
    return [request.headers["x-amz-date"] for request in aws.log]


AGAIN = {
    "throttled": faults.throttle(),
    "TooManyRequestsException": faults.error("TooManyRequestsException", ""),
    "RequestLimitExceeded": faults.error("RequestLimitExceeded", ""),
    "SlowDown": faults.error("SlowDown", "", 503),
    "RequestTimeout": faults.error("RequestTimeout", ""),
    "ServerException": faults.error("ServerException", "", 500),
    "500": faults.status(500),
    "502": faults.html(502),
    "503": faults.status(503),
    "504": faults.status(504),
    "dropped": faults.drop,
    "reset": faults.reset,
    "cut": faults.cut(5),
    "cut in the head": faults.cut_head(20),
}


@pytest.mark.parametrize("name", AGAIN)
def test_tried_again(program, aws, name):
    aws.fail(AGAIN[name])
    assert program.login("-p", env=STATIC_ENV).parts == PRINTED
    assert aws.verdicts() == ["ok", "ok"]


@pytest.mark.parametrize("name", ["500", "dropped", "throttled"])
def test_three_attempts(program, aws, name):
    aws.fail(AGAIN[name], times=9)
    done = program.login("-p", env=STATIC_ENV)
    assert (done.status, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert len(aws.log) == 3
    assert done.seconds < 4


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_attempts_can_be_set(program, aws, attempts):
    aws.fail(faults.status(500), times=99)
    done = program.login("-p", env=STATIC_ENV | {
        "AWS_MAX_ATTEMPTS": str(attempts)})
    assert done.status == 1 and len(aws.log) == attempts


FINAL = {
    "AccessDeniedException": faults.error("AccessDeniedException", "no"),
    "UnrecognizedClientException":
        faults.error("UnrecognizedClientException", "no"),
    "ExpiredTokenException": faults.error("ExpiredTokenException", "no"),
    "InvalidParameterException":
        faults.error("InvalidParameterException", "no"),
    "404": faults.status(404),
    "not JSON": faults.reply("{"),
}


@pytest.mark.parametrize("name", FINAL)
def test_final(program, aws, name):
    aws.fail(FINAL[name], times=9)
    done = program.login("-p", env=STATIC_ENV)
    assert (done.status, done.out) == (1, "")
    assert len(aws.log) == 1
    if name.endswith("Exception"):
        assert name in done.err


def test_expired_credentials_say_what_to_do(program, aws):
    aws.keys[SESSION_ENV["AWS_ACCESS_KEY_ID"]].expires = 1
    try:
        done = program.login("-p", env=SESSION_ENV)
    finally:
        aws.keys[SESSION_ENV["AWS_ACCESS_KEY_ID"]].expires = 0
    assert done.status == 1 and "ExpiredTokenException" in done.err


def test_retry_after_of_amazon_is_obeyed(program, aws):
    aws.fail(faults.reply("", 503, {"x-amz-retry-after": "800"}))
    done = program.login("-p", env=STATIC_ENV)
    assert done.parts == PRINTED
    assert 0.8 <= aws.log[1].at - aws.log[0].at < 6


@pytest.mark.parametrize("value", ["-1", "x", "999999999999999999999", ""])
def test_retry_after_that_is_nonsense(program, aws, value):
    aws.fail(faults.reply("", 503, {"x-amz-retry-after": value}))
    done = program.login("-p", env=STATIC_ENV)
    assert done.parts == PRINTED and done.seconds < 6


def test_refused_connection(program):
    done = program.login("-p", env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert (done.status, done.out) == (1, "")
    assert "127.0.0.1:1" in done.err and "refused" in done.err
    assert done.seconds < 2


def test_deadline_is_over_all_attempts(program, aws):
    aws.fail(faults.throttle(), times=99)
    done = program.login("-p", "--timeout", "1", env=STATIC_ENV | {
        "AWS_MAX_ATTEMPTS": "50"})
    assert done.status == 1 and done.seconds < 2


def test_slow_drip_meets_the_deadline(program, aws):
    aws.fail(faults.drip(0.2), times=9)
    done = program.login("-p", "--timeout", "2", env=STATIC_ENV)
    assert done.status == 1 and "timed out" in done.err
    assert done.seconds < 3


# One connection for all attempts, where the server lets us.

def test_connection_is_kept(program, aws):
    aws.fail(faults.error("RequestTimeout", ""), times=2)
    assert program.login("-p", env=STATIC_ENV).parts == PRINTED
    assert len(aws.log) == 3 and aws.connections == 1


def test_connection_is_kept_over_tls(program, aws, pki):
    port = aws.listen(tls=pki.context())
    aws.fail(faults.error("RequestTimeout", ""), times=2)
    assert program.login("-p", env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": f"https://localhost:{port}",
        "AWS_CA_BUNDLE": str(pki.bundle)}).parts == PRINTED
    assert len(aws.log) == 3 and aws.connections == 1


def test_metadata_calls_share_a_connection(program, aws, imds):
    assert program.login("-p").parts == PRINTED
    # Region, token, role, credentials.
    assert len(imds.log) == 4 and imds.connections == 1


def test_kept_connection_that_the_server_closed(program, aws, imds):
    imds.fail(faults.then_close, times=9)
    assert program.login("-p").parts == PRINTED
    assert len(imds.log) == 4 and imds.connections == 4


# The clock.

@pytest.mark.parametrize("offset", [-86400 * 400, -3600, -301, 301, 3600,
                                    86400 * 400])
@pytest.mark.parametrize("env", [STATIC_ENV, SESSION_ENV])
def test_clock_is_corrected(program, aws, offset, env):
    aws.offset = offset
    done = program.get(env=env)
    assert (done.status, done.out) == (0, answer())
    first, second = aws.verdicts()
    assert first.startswith("InvalidSignatureException: Signature ")
    assert second == "ok"
    expected = time.strftime("%Y%m%d", time.gmtime(aws.now()))
    assert stamps(aws)[1].startswith(expected)


def test_small_skew_is_not_corrected(program, aws):
    aws.offset = 120
    assert program.login("-p", env=STATIC_ENV).parts == PRINTED
    assert aws.verdicts() == ["ok"]


def test_wrong_secret_is_not_taken_for_skew(program, aws):
    done = program.login("-p", env=STATIC_ENV | {
        "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert done.status == 1 and "InvalidSignatureException" in done.err
    assert len(aws.log) == 1


def test_wrong_secret_and_wrong_clock(program, aws):
    aws.offset = 3600
    done = program.login("-p", env=STATIC_ENV | {
        "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert done.status == 1 and "InvalidSignatureException" in done.err
    assert 1 < len(aws.log) <= 3


def test_skew_counts_as_an_attempt(program, aws):
    aws.offset = 3600
    done = program.login("-p", env=STATIC_ENV | {"AWS_MAX_ATTEMPTS": "1"})
    assert done.status == 1 and "clock" in done.err.lower()
    assert len(aws.log) == 1


# What is signed.

def test_signed_headers(program, aws):
    assert program.login("-p", env=SESSION_ENV).parts == PRINTED
    (request,) = aws.log
    signed = request.headers["authorization"].split("SignedHeaders=")[1] \
        .split(",")[0].split(";")
    assert {"content-type", "host", "x-amz-date", "x-amz-security-token",
            "x-amz-target"} <= set(signed)
    assert not {"user-agent", "connection", "authorization",
                "accept-encoding"} & set(signed)
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["content-type"] == "application/x-amz-json-1.1"
    assert request.headers["user-agent"].startswith("ecrbox/")
    assert request.headers["content-length"] == str(len(request.body))
    assert not request.repeated


def test_endpoint_with_a_path(program, aws):
    """The base path is kept, and signed."""
    done = program.login("-p", env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": aws.url + "/aws/ecr/"})
    assert done.status == 1     # the stand-in knows only /
    assert aws.log[0].target == "/aws/ecr/"


def test_default_port_is_not_in_host(program, aws, ns):
    aws.listen(port=80, ns=ns)
    for url, host in (("http://localhost:80", "localhost"),
                      ("http://LOCALHOST/", "localhost")):
        aws.forget()
        done = program.login("-p", ns=ns, env=STATIC_ENV | {
            "AWS_ENDPOINT_URL": url, "AWS_ECR_DISABLE_CACHE": "1"})
        assert done.parts == PRINTED
        assert aws.log[0].headers["host"] == host
