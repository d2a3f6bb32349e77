"""ECR's answers, hostile, broken or merely unusual."""
import base64
import json

import pytest

from program import HOST, PASSWORD, STATIC_ENV, SUCCEEDED, brief
from standin import faults
from standin.aws import Aws


def b64(text):
    return base64.b64encode(text.encode()).decode()


def head(*fields, status="200 OK"):
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *fields,
                                              "")).encode()


# Fault and message (see program.brief).
REFUSED = {
    "no token": (faults.members(authorizationToken=None),
        "ECR: no 'authorizationToken'"),
    "token is a number": (faults.members(authorizationToken=1),
        "ECR: no 'authorizationToken'"),
    "token is not base64": (faults.members(authorizationToken="!!!"),
        "ECR: the token is not base64"),
    "token without colon": (faults.members(authorizationToken=b64("AWS")),
        "ECR: the token has no ':'"),
    "empty password": (faults.members(authorizationToken=b64("AWS:")),
        "ECR: the token has an empty user name or password"),
    "newline in password": (
        faults.members(authorizationToken=b64("AWS:a\nb")),
        "ECR: the token has bytes that are not printable ASCII"),
    "escape in password": (
        faults.members(authorizationToken=b64("AWS:a\x1b[31m")),
        "ECR: the token has bytes that are not printable ASCII"),
    "password too long": (
        faults.members(authorizationToken=b64("AWS:" + "x" * 17000)),
        "ECR: the password has 17000 bytes, at most 16384"),
    "expiry is text": (faults.members(expiresAt="soon"),
        "ECR: 'expiresAt' is not a time"),
    "expiry is negative": (faults.members(expiresAt=-1),
        "ECR: 'expiresAt' is not a time"),
    "expired": (faults.members(expiresAt=1000000000),
        "ECR gave a token that expires at TIME, which has come; check this "
        "machine's clock"),
    "registry is no URL": (faults.members(proxyEndpoint="a b"),
        "ECR: 'proxyEndpoint' is no URL"),
    "registry without a name": (faults.members(proxyEndpoint="https://"),
        "ECR: 'proxyEndpoint' is no URL"),
    "registry with a quote": (
        faults.members(proxyEndpoint='https://a"b'),
        "ECR: 'proxyEndpoint' is no URL"),
    "registry with a control byte": (
        faults.members(proxyEndpoint="https://a\nb"),
        "ECR: 'proxyEndpoint' is no URL"),
    "no registry": (faults.members(proxyEndpoint=None),
        "ECR: no 'proxyEndpoint'"),
    "empty body": (faults.reply(""),
        "ECR: not json at byte 0, the end: value expected"),
    "half an object": (faults.reply('{"authorizationData":[{'),
        "ECR: not json at byte 23, the end: string expected"),
    "two documents": (faults.reply('{"a":1}{"b":2}'),
        "ECR: not json at byte 7: text after the value"),
    "an array": (faults.reply("[]"), "ECR: no 'authorizationData'"),
    "null": (faults.reply("null"), "ECR: no 'authorizationData'"),
    "no data": (faults.reply("{}"), "ECR: no 'authorizationData'"),
    "empty data": (faults.reply('{"authorizationData":[]}'),
        "ECR: 'authorizationData' is empty"),
    "a page": (faults.html(200), "ECR: not json at byte 0: value expected"),
    "gzip": (faults.gzipped,
        "ECR: http '127.0.0.1': content coding 'gzip', asked was for none"),
    "more than 8 MiB": (faults.huge(9 << 20),
        "ECR: http '127.0.0.1': body of 9437184 bytes, at most 8388608 are "
        "taken"),
    "a head of 80 KiB": (faults.huge_head(80000),
        "ECR: http '127.0.0.1': head of more than 65536 bytes"),
    "HTTP/2": (faults.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        "ECR: http '127.0.0.1': the answer does not begin with 'HTTP/'"),
    "not HTTP": (faults.raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        "ECR: http '127.0.0.1': the answer does not begin with 'HTTP/'"),
    "two lengths": (faults.raw(head("Content-Length: 2", "Content-Length: 3")
                               + b"{}x"),
        "ECR: http '127.0.0.1': two Content-Length fields (RFC 9112 6.3)"),
    "length and chunks": (faults.raw(
        head("Content-Length: 2", "Transfer-Encoding: chunked")
        + b"0\r\n\r\n"),
        "ECR: http '127.0.0.1': both Content-Length and Transfer-Encoding "
        "(RFC 9112 6.3)"),
    "unknown coding": (faults.raw(
        head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
        "ECR: http '127.0.0.1': transfer coding 'gzip, chunked', 'chunked' "
        "is the only one known (RFC 9112 7)"),
    "length +2": (faults.raw(head("Content-Length: +2") + b"{}"),
        "ECR: http '127.0.0.1': Content-Length '+2' is no number of bytes "
        "(RFC 9112 6.3)"),
    "length 0x2": (faults.raw(head("Content-Length: 0x2") + b"{}"),
        "ECR: http '127.0.0.1': Content-Length '0x2' is no number of bytes "
        "(RFC 9112 6.3)"),
    "blank before colon": (faults.raw(head("Content-Length : 2") + b"{}"),
        "ECR: http '127.0.0.1': blank before the colon of field "
        "'Content-Length ' (RFC 9112 5.1)"),
    "folded field": (faults.raw(head("X-A: 1", " 2", "Content-Length: 2")
                                + b"{}"),
        "ECR: http '127.0.0.1': folded field line (RFC 9112 5.2)"),
    "bare line feeds": (faults.raw(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n"
                                   b"{}"),
        "ECR: http '127.0.0.1': LF without CR in the answer's framing (RFC "
        "9112 2.2)"),
    "NUL in a field": (faults.raw(head("X-A: \0", "Content-Length: 2")
                                  + b"{}"),
        "ECR: http '127.0.0.1': byte 0x00 in the answer's framing (RFC 9110 "
        "5.5)"),
    "status of two digits": (faults.raw(head(status="20 OK")),
        "ECR: http '127.0.0.1': status line 'HTTP/1.1 20 OK' without a "
        "status from 100 to 599 (RFC 9112 4)"),
    "status 999": (faults.raw(head("Content-Length: 0", status="999 No")),
        "ECR: http '127.0.0.1': status line 'HTTP/1.1 999 No' without a "
        "status from 100 to 599 (RFC 9112 4)"),
    "upgrade": (faults.raw(head(status="101 Switching Protocols")),
        "ECR: http '127.0.0.1': the peer switches protocols (status 101), "
        "which nobody asked for"),
    "interim without end": (faults.interim(50),
        "ECR: http '127.0.0.1': more than 8 interim answers (1xx)"),
    "chunk size is not hex": (faults.raw(
        head("Transfer-Encoding: chunked") + b"x\r\n"),
        "ECR: http '127.0.0.1': chunk size is not hex (RFC 9112 7.1)"),
    "chunk size of 17 digits": (faults.raw(
        head("Transfer-Encoding: chunked") + b"1" * 17 + b"\r\n"),
        "ECR: http '127.0.0.1': chunk size of more than 8 digits"),
    "chunk longer than said": (faults.raw(
        head("Transfer-Encoding: chunked") + b"1\r\n{}\r\n0\r\n\r\n"),
        "ECR: http '127.0.0.1': chunk is longer than its size says (RFC "
        "9112 7.1)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(program, aws, name):
    fault, message = REFUSED[name]
    aws.fail(fault, times=9)
    done = program.login(env=STATIC_ENV | {"AWS_MAX_ATTEMPTS": "1"})
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == message
    assert not program.config.exists() and not program.cache.exists()


# Ends that come too early are each a truncation, said by that name.
NO_CLOSE_NOTIFY = "ECR: tls 'localhost': truncated: the connection ended " \
    "without close_notify"
CUT = {
    "in the body": (faults.cut(10), "truncated: 10 of {n} bytes of the "
                    "body came"),
    "before the body": (faults.cut(0), "truncated: 0 of {n} bytes of "
                        "the body came"),
    "last chunk missing": (faults.chunked(7, last=False), "truncated: "
                           "connection closed after {n} bytes of a chunked "
                           "body"),
    "in the head": (faults.cut_head(30), "truncated: connection closed "
                    "after 30 bytes of the head"),
    "at once": (faults.drop, "connection closed before an answer came"),
}


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("secure", [False, True])
def test_truncated(program, aws, pki, name, secure):
    fault, message = CUT[name]
    aws.fail(fault, times=9)
    env = STATIC_ENV | {"AWS_MAX_ATTEMPTS": "1"}
    if secure:
        port = aws.listen(tls=pki.context())
        env |= {"AWS_ENDPOINT_URL": f"https://localhost:{port}",
                "AWS_CA_BUNDLE": str(pki.bundle)}
    done = program.login(env=env)
    assert (done.status, done.out) == (1, "")
    size = aws.log[0].size
    assert brief(done.err) == (
        NO_CLOSE_NOTIFY if secure else
        "ECR: http '127.0.0.1': " + message.format(n=size))
    assert not program.config.exists()


@pytest.mark.parametrize("secure", [False, True])
def test_shorter_than_it_said(program, aws, pki, secure):
    """An orderly end, a byte too early."""
    aws.fail(faults.length(1), times=9)
    env = STATIC_ENV | {"AWS_MAX_ATTEMPTS": "1"}
    if secure:
        port = aws.listen(tls=pki.context())
        env |= {"AWS_ENDPOINT_URL": f"https://localhost:{port}",
                "AWS_CA_BUNDLE": str(pki.bundle)}
    done = program.login(env=env)
    size = aws.log[0].size
    host = "localhost" if secure else "127.0.0.1"
    assert brief(done.err) == f"ECR: http '{host}': truncated: {size} " \
        f"of {size + 1} bytes of the body came"


def test_body_until_close_needs_close_notify(program, aws, pki):
    port = aws.listen(tls=pki.context())
    env = STATIC_ENV | {"AWS_ENDPOINT_URL": f"https://localhost:{port}",
                        "AWS_CA_BUNDLE": str(pki.bundle),
                        "AWS_MAX_ATTEMPTS": "1"}
    aws.fail(faults.until_close(orderly=False))
    done = program.login("-p", env=env)
    assert done.status == 1 and "truncated" in done.err
    aws.fail(faults.until_close())
    assert program.login("-p", env=env).parts == (0, PASSWORD + "\n", "")


ACCEPTED = {
    "chunks of 7": faults.chunked(),
    "one chunk": faults.chunked(1 << 16),
    "chunks of 1": faults.chunked(1),
    "until close": faults.until_close(),
    "after 1xx": faults.interim(3),
    "connection closed behind it": faults.then_close,
    "connection: close": faults.edit(lambda a: (
        a.headers.update({"Connection": "close"}), a)[1]),
    "seven bytes at a time": faults.drip(0.0005, 7),
    "expiry in scientific notation": faults.members(expiresAt=4.1e9),
    "expiry without fraction": faults.members(expiresAt=4102444800),
    "unknown members": faults.members(extra={"a": [1, None]}, other=None),
    "blanks around": faults.huge(100000),
    "no expiry": faults.members(expiresAt=None),
    "expiry in ISO 8601": faults.members(expiresAt="2099-01-01T00:00:00Z"),
    "escaped": faults.edit(lambda a: (setattr(
        a, "body", a.body.replace(b"https://", b"https:\\/\\/")
        .replace(b"QVd", b"\\u0051Vd")), a)[1]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(program, aws, name):
    aws.fail(ACCEPTED[name])
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
    assert HOST in json.loads(program.config.read_text())["auths"]
    assert len(aws.log) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(program, aws, status):
    with Aws() as elsewhere:
        port = elsewhere.listen()
        aws.fail(faults.redirect(f"http://127.0.0.1:{port}/", status),
                 times=9)
        done = program.login(env=STATIC_ENV)
        assert (done.status, done.out) == (1, "")
        assert str(status) in done.err
        assert not elsewhere.connections


ESCAPES = [
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "two\r\nlines",
    "back\x08\x08", "\u202eright to left", "\x00nul",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_server_text_is_made_harmless(program, aws, text):
    for fault in (faults.error("AccessDeniedException", text),
                  faults.error(f"Odd{text}", "message"),
                  faults.reply(text, 403, {"Content-Type": "text/plain"})):
        aws.heal()
        aws.fail(fault, times=9)
        done = program.login(env=STATIC_ENV)
        # That it is printable is checked in program.run.
        assert (done.status, done.out) == (1, "")
        assert done.err.count("\n") == 1


def test_long_server_text_is_cut(program, aws):
    aws.fail(faults.error("AccessDeniedException", "x" * 100000))
    done = program.login(env=STATIC_ENV)
    assert done.status == 1 and len(done.err) < 1200


def test_html_error_page(program, aws):
    aws.fail(faults.html(403), times=9)
    done = program.login(env=STATIC_ENV)
    assert done.status == 1 and "403" in done.err
    assert done.err.count("\n") == 1


UNPRINTABLE = "has a blank or a byte that is not printable ASCII"
ODD_ENV = [
    ("AWS_ACCESS_KEY_ID", "AKIA\r\nX-Evil: 1",
     "env: the access key id " + UNPRINTABLE),
    ("AWS_ACCESS_KEY_ID", "AKIA X",
     "env: the access key id " + UNPRINTABLE),
    ("AWS_SECRET_ACCESS_KEY", "a b",
     "env: the secret access key " + UNPRINTABLE),
    ("AWS_SESSION_TOKEN", "tok\nen",
     "env: the session token " + UNPRINTABLE),
    ("AWS_SESSION_TOKEN", "tok\x01en",
     "env: the session token " + UNPRINTABLE),
    ("AWS_SECRET_ACCESS_KEY", None,
     "credentials of env: AWS_ACCESS_KEY_ID is set, but "
     "AWS_SECRET_ACCESS_KEY is not; set both or neither"),
    ("AWS_ENDPOINT_URL", "ftp://localhost",
     "AWS_ENDPOINT_URL: URL does not begin with http:// or https://"),
    ("AWS_ENDPOINT_URL", "http://", "AWS_ENDPOINT_URL: URL without a host"),
    ("AWS_ENDPOINT_URL", "http://a b/", "AWS_ENDPOINT_URL: byte 9 of the URL "
     "is a blank or not printable ASCII"),
    ("AWS_ENDPOINT_URL", "localhost:80",
     "AWS_ENDPOINT_URL: URL does not begin with http:// or https://"),
    ("AWS_ENDPOINT_URL", "http://u:p@localhost/",
     "AWS_ENDPOINT_URL: URL with a user name or password in it"),
    ("AWS_ENDPOINT_URL", "http://localhost:99999/",
     "AWS_ENDPOINT_URL: port '99999' is no number from 1 to 65535"),
    ("AWS_ENDPOINT_URL", "http://localhost/\r\nX: 1", "AWS_ENDPOINT_URL: "
     "byte 18 of the URL is a blank or not printable ASCII"),
]


@pytest.mark.parametrize("name, value, message", ODD_ENV)
def test_environment_that_would_break_a_request(program, aws, name, value,
                                                message):
    done = program.login(env=STATIC_ENV | {name: value})
    assert (done.status, done.out, brief(done.err)) == (2, "", message)
    assert not aws.log


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_newline_behind_a_key_is_forgiven(program, aws, end):
    env = {k: v + end for k, v in STATIC_ENV.items() if "KEY" in k}
    assert program.login(env=STATIC_ENV | env).parts == (0, SUCCEEDED, "")


def test_key_without_secret_does_not_fall_through(program, aws, imds):
    done = program.login(env=STATIC_ENV | {"AWS_SECRET_ACCESS_KEY": None})
    assert done.status != 0 and "AWS_SECRET_ACCESS_KEY" in done.err
    assert not imds.log and not aws.log
