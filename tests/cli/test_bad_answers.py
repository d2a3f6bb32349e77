"""ECR's answers, hostile, broken or merely unusual."""
import base64
import json

import pytest

from program import HOST, PASSWORD, STATIC_ENV, SUCCEEDED
from standin import faults
from standin.aws import Aws


def b64(text):
    return base64.b64encode(text.encode()).decode()


def head(*fields, status="200 OK"):
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *fields,
                                              "")).encode()


# Fault, words of the message, may it be tried again?
REFUSED = {
    "no token": (faults.members(authorizationToken=None),
                 ["authorizationToken"]),
    "token is a number": (faults.members(authorizationToken=1),
                          ["authorizationToken"]),
    "token is not base64": (faults.members(authorizationToken="!!!"),
                            ["authorizationToken", "base64"]),
    "token without colon": (faults.members(authorizationToken=b64("AWS")),
                            ["authorizationToken"]),
    "empty password": (faults.members(authorizationToken=b64("AWS:")),
                       ["password"]),
    "newline in password": (
        faults.members(authorizationToken=b64("AWS:a\nb")), ["password"]),
    "escape in password": (
        faults.members(authorizationToken=b64("AWS:a\x1b[31m")),
        ["password"]),
    "password too long": (
        faults.members(authorizationToken=b64("AWS:" + "x" * 17000)),
        ["password"]),
    "no expiry": (faults.members(expiresAt=None), ["expiresAt"]),
    "expiry is text": (faults.members(expiresAt="soon"), ["expiresAt"]),
    "expiry is negative": (faults.members(expiresAt=-1), ["expiresAt"]),
    "expired": (faults.members(expiresAt=1000000000), ["expire"]),
    "registry of somebody else": (
        faults.members(proxyEndpoint="https://evil.example"),
        ["evil.example"]),
    "no registry": (faults.members(proxyEndpoint=None), ["proxyEndpoint"]),
    "empty body": (faults.reply(""), ["JSON"]),
    "half an object": (faults.reply('{"authorizationData":[{'), ["JSON"]),
    "two documents": (faults.reply('{"a":1}{"b":2}'), ["JSON"]),
    "an array": (faults.reply("[]"), ["authorizationData"]),
    "null": (faults.reply("null"), ["authorizationData"]),
    "no data": (faults.reply("{}"), ["authorizationData"]),
    "empty data": (faults.reply('{"authorizationData":[]}'),
                   ["authorizationData"]),
    "a page": (faults.html(200), ["JSON"]),
    "gzip": (faults.gzipped, ["gzip"]),
    "more than 8 MiB": (faults.huge(9 << 20), ["8388608"]),
    "a head of 80 KiB": (faults.huge_head(80000), ["head"]),
    "HTTP/2": (faults.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ["HTTP"]),
    "not HTTP": (faults.raw(b"SSH-2.0-OpenSSH_9.2\r\n"), ["HTTP"]),
    "two lengths": (faults.raw(head("Content-Length: 2", "Content-Length: 3")
                               + b"{}x"), ["Content-Length"]),
    "length and chunks": (faults.raw(
        head("Content-Length: 2", "Transfer-Encoding: chunked")
        + b"0\r\n\r\n"), ["Transfer-Encoding"]),
    "unknown coding": (faults.raw(
        head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
        ["Transfer-Encoding"]),
    "length +2": (faults.raw(head("Content-Length: +2") + b"{}"),
                  ["Content-Length"]),
    "length 0x2": (faults.raw(head("Content-Length: 0x2") + b"{}"),
                   ["Content-Length"]),
    "blank before colon": (faults.raw(head("Content-Length : 2") + b"{}"),
                           ["field"]),
    "folded field": (faults.raw(head("X-A: 1", " 2", "Content-Length: 2")
                                + b"{}"), ["fold"]),
    "bare line feeds": (faults.raw(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n"
                                   b"{}"), ["line"]),
    "NUL in a field": (faults.raw(head("X-A: \0", "Content-Length: 2")
                                  + b"{}"), ["field"]),
    "status of two digits": (faults.raw(head(status="20 OK")), ["status"]),
    "status 999": (faults.raw(head("Content-Length: 0", status="999 No")),
                   ["status"]),
    "upgrade": (faults.raw(head(status="101 Switching Protocols")), ["101"]),
    "interim without end": (faults.interim(50), ["1xx"]),
    "chunk size is not hex": (faults.raw(
        head("Transfer-Encoding: chunked") + b"x\r\n"), ["chunk"]),
    "chunk size of 17 digits": (faults.raw(
        head("Transfer-Encoding: chunked") + b"1" * 17 + b"\r\n"),
        ["chunk"]),
    "chunk longer than said": (faults.raw(
        head("Transfer-Encoding: chunked") + b"1\r\n{}\r\n0\r\n\r\n"),
        ["chunk"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(program, aws, name):
    fault, words = REFUSED[name]
    aws.fail(fault, times=9)
    done = program.login(env=STATIC_ENV | {"AWS_MAX_ATTEMPTS": "1"})
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("ecr-login: ") and done.err.count("\n") == 1
    for word in words:
        assert word.lower() in done.err.lower()
    assert not program.config.exists() and not program.cache.exists()


# Ends that come too early are each a truncation, said by that name.
CUT = {
    "in the body": faults.cut(10),
    "before the body": faults.cut(0),
    "length one too many": faults.length(1),
    "last chunk missing": faults.chunked(7, last=False),
    "in the head": faults.cut_head(30),
    "at once": faults.drop,
}


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("secure", [False, True])
def test_truncated(program, aws, pki, name, secure):
    aws.fail(CUT[name], times=9)
    env = STATIC_ENV | {"AWS_MAX_ATTEMPTS": "1"}
    if secure:
        port = aws.listen(tls=pki.context())
        env |= {"AWS_ENDPOINT_URL": f"https://localhost:{port}",
                "AWS_CA_BUNDLE": str(pki.bundle)}
    done = program.login(env=env)
    assert (done.status, done.out) == (1, "")
    assert "truncated" in done.err or "closed" in done.err, done.err
    assert not program.config.exists()


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


ODD_ENV = [
    ("AWS_ACCESS_KEY_ID", "AKIA\r\nX-Evil: 1"),
    ("AWS_ACCESS_KEY_ID", "AKIA X"),
    ("AWS_SECRET_ACCESS_KEY", "a b"),
    ("AWS_SESSION_TOKEN", "tok\nen"),
    ("AWS_SESSION_TOKEN", "tok\x01en"),
    ("AWS_SECRET_ACCESS_KEY", None),
    ("AWS_ENDPOINT_URL", "ftp://localhost"),
    ("AWS_ENDPOINT_URL", "http://"),
    ("AWS_ENDPOINT_URL", "http://a b/"),
    ("AWS_ENDPOINT_URL", "localhost:80"),
    ("AWS_ENDPOINT_URL", "http://u:p@localhost/"),
    ("AWS_ENDPOINT_URL", "http://localhost:99999/"),
    ("AWS_ENDPOINT_URL", "http://localhost/\r\nX: 1"),
]


@pytest.mark.parametrize("name, value", ODD_ENV)
def test_environment_that_would_break_a_request(program, aws, name, value):
    done = program.login(env=STATIC_ENV | {name: value})
    assert done.status in (1, 2) and done.out == ""
    assert name in done.err and done.err.count("\n") == 1
    assert not aws.log


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_newline_behind_a_key_is_forgiven(program, aws, end):
    env = {k: v + end for k, v in STATIC_ENV.items() if "KEY" in k}
    assert program.login(env=STATIC_ENV | env).parts == (0, SUCCEEDED, "")


def test_key_without_secret_does_not_fall_through(program, aws, imds):
    done = program.login(env=STATIC_ENV | {"AWS_SECRET_ACCESS_KEY": None})
    assert done.status != 0 and "AWS_SECRET_ACCESS_KEY" in done.err
    assert not imds.log and not aws.log
