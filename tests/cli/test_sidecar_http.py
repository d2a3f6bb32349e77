"""The sidecar's HTTP: its routes, who may have what, and clients that mean no
good."""
import base64
import json
import os
import re
import socket
import threading
import time

import pytest

from daemon import (Daemon, ask, connect, drain, free_port, listening, raw,
                    statuses, until)
from outputs import passwords, read_tarball_bytes
from program import HOST, PASSWORD, STATIC_ENV, Program
from standin import faults
from standin.aws import Aws

UPDATED = [{"_id": "ecr_token_updated"}]
TOKEN = "a-token-for-who-may-ask"
SERVED = ["/docker.tar.gz", "/config.json"]


class Served:
    """A sidecar with its stand-in and its port."""

    def __init__(self, directory, *args) -> None:
        self.program = Program(directory)
        self.aws = Aws()
        url = f"http://127.0.0.1:{self.aws.listen()}"
        self.port = free_port()
        token = self.program.write("token", TOKEN + "\n")
        self.daemon = Daemon(
            self.program, "--listen", f"127.0.0.1:{self.port}",
            *(str(token) if word == "TOKEN" else word for word in args),
            env=STATIC_ENV | {"AWS_ENDPOINT_URL": url})
        until(lambda: self.daemon._over() or listening(self.port), "listening")

    def close(self) -> None:
        self.daemon.kill()
        self.aws.stop()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Serves both secrets to anybody on loopback."""
    served = Served(tmp_path_factory.mktemp("both"), "--serve",
                    "docker.tar.gz,config.json")
    until(lambda: ask(served.port, "/health").status == 200, "health")
    yield served
    assert served.daemon.stop() == 0
    served.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("guarded"), "--serve",
                    "config.json", "--serve-token-file", "TOKEN")
    until(lambda: ask(served.port, "/health").status == 200, "health")
    yield served
    served.close()


@pytest.mark.parametrize("target", [
    "/", "/?", "/?since=0&limit=100&subset=x", "/?%00", "/?a=b?c"])
def test_refresh(both, target):
    said = ask(both.port, target)
    assert (said.status, said.json) == (200, UPDATED)
    assert said.headers["content-type"] == "application/json"


def test_refresh_is_reused(both):
    before = len(both.aws.log)
    for _ in range(20):
        assert ask(both.port, "/").json == UPDATED
    assert len(both.aws.log) == before


def test_health(both):
    said = ask(both.port, "/health")
    assert said.status == 200 and HOST in said.body.decode()
    assert PASSWORD not in said.body.decode()
    json.loads(said.body)


def test_metrics(both):
    """The text format, as Prometheus reads it."""
    said = ask(both.port, "/metrics")
    assert said.headers["content-type"].startswith(
        "text/plain; version=0.0.4")
    names = set()
    for line in said.body.decode().splitlines():
        if not line.startswith("#"):
            found = re.fullmatch(
                r'(ecrbox_[a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? '
                r"[0-9.e+-]+", line)
            assert found, line
            names.add(found[1])
    assert len(names) > 3 and PASSWORD not in said.body.decode()


def test_tarball(both):
    said = ask(both.port, "/docker.tar.gz")
    assert read_tarball_bytes(said.body) == {HOST: PASSWORD}
    assert said.headers["content-type"] in (
        "application/gzip", "application/octet-stream")
    assert said.headers["cache-control"] == "no-store"


def test_config(both):
    said = ask(both.port, "/config.json")
    assert passwords(said.json["auths"]) == {HOST: PASSWORD}


def test_absolute_form(both):
    """Which a server must take, RFC 9112 3.2.2."""
    said = raw(both.port, b"GET http://localhost/config.json HTTP/1.1\r\n"
               b"Host: localhost\r\nConnection: close\r\n\r\n")
    assert statuses(said) == [200]


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", *SERVED])
def test_head(both, path):
    got = ask(both.port, path)
    said = raw(both.port, f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n"
               "Connection: close\r\n\r\n".encode())
    head, _, body = said.partition(b"\r\n\r\n")
    assert not body and statuses(said) == [200]
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    # Ages and counters change between the two.
    assert length == len(got.body) or path in ("/health", "/metrics")


@pytest.mark.parametrize("path", [
    "/docker", "/config.json/", "//", "/../config.json", "/%2e", "/Health",
    "/health/", "/docker.tar", "/favicon.ico", "/%63onfig.json"])
def test_no_such_route(both, path):
    said = ask(both.port, path)
    assert said.status == 404 and PASSWORD not in said.body.decode()


def test_not_asked_for_by_name(guarded):
    """/docker.tar.gz is not there when only config.json was named."""
    assert ask(guarded.port, "/docker.tar.gz").status == 404


@pytest.mark.parametrize("given, status", [
    (None, 401), ("", 401), ("Bearer", 401), ("Bearer ", 401),
    (f"Bearer {TOKEN}x", 401), (f"Bearer {TOKEN[:-1]}", 401),
    (f"Bearer {TOKEN.upper()}", 401), (TOKEN, 401),
    (f"Basic {TOKEN}", 401), ("Digest x", 401),
    ("Basic " + base64.b64encode(f"AWS:{TOKEN}x".encode()).decode(), 401),
    ("Basic " + base64.b64encode(TOKEN.encode()).decode(), 401),
    (f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200),
    ("Basic " + base64.b64encode(f"any:{TOKEN}".encode()).decode(), 200),
])
def test_token(guarded, given, status):
    said = ask(guarded.port, "/config.json", headers={
        "Authorization": given} if given is not None else {})
    assert said.status == status
    assert (PASSWORD in said.body.decode()) == (status == 200) or \
        passwords(said.json["auths"]) == {HOST: PASSWORD}
    if status == 401:
        assert "www-authenticate" in said.headers
        assert TOKEN not in said.body.decode()


def test_nothing_secret_without_the_token(guarded):
    for path in ("/", "/health", "/metrics"):
        assert ask(guarded.port, path).status == 200


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("127.0.0.1", 200), ("LOCALHOST:80", 200),
    ("evil.example", 421), ("localhost.evil.example", 421),
    ("evil.example:80", 421)])
def test_dns_rebinding(both, host, status):
    """A page of that name asks from a browser on this machine."""
    said = ask(both.port, "/config.json", headers={"Host": host})
    assert said.status in ({200} if status == 200 else {403, 421})
    assert ask(both.port, "/health", headers={"Host": host}).status == 200


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
REFUSED = [
    # bad framing
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    (b"GET /\r\n\r\n", 400),
    (b"GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400),
    (b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    (b"GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /\x80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (GET + b"Host: localhost\r\n\r\n", 400),
    (GET + b"X : y\r\n\r\n", 400),
    (GET + b" folded\r\n\r\n", 400),
    (GET + b"X: a\x00b\r\n\r\n", 400),
    (GET + b"X\r\n\r\n", 400),
    (GET + b"Authorization: a\r\nAuthorization: b\r\n\r\n", 400),
    # a body
    (GET + b"Content-Length: 5\r\n\r\nhello", 413),
    (GET + b"Content-Length: -1\r\n\r\n", 400),
    (GET + b"Content-Length: +0\r\n\r\n", 400),
    (GET + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    (GET + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
    (GET + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    (GET + b"Expect: 100-continue\r\n\r\n", 417),
    # methods
    (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    # size
    (b"GET /" + b"x" * 2000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (GET + b"X: " + b"y" * 2000 + b"\r\n\r\n", 431),
    (GET + b"X: y\r\n" * 400 + b"\r\n", 431),
    (GET + b"X: " + b"y" * 200000 + b"\r\n\r\n", 431),
    # another protocol
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, 400),
    (b"\x00" * 100, 400),
]


@pytest.mark.parametrize("request_, status", REFUSED)
def test_refused(both, request_, status):
    """One answer, then the end, whatever comes behind it."""
    said = raw(both.port, request_ + GET + b"\r\n", 5)
    assert statuses(said) == [status]
    assert b"Connection: close" in said.partition(b"\r\n\r\n")[0]
    assert PASSWORD.encode() not in said


def test_a_request_byte_by_byte(both):
    with connect(both.port) as link:
        for byte in GET + b"Connection: close\r\n\r\n":
            link.sendall(bytes([byte]))
        assert statuses(drain(link)) == [200]


def test_pipelining(both):
    """All are answered, in their order."""
    paths = ["/health", "/none", "/", "/config.json"] * 10
    said = raw(both.port, b"".join(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        for path in paths)
        + b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert statuses(said) == [200, 404, 200, 200] * 10 + [200]


def test_pipelining_ends_at_a_bad_request(both):
    said = raw(both.port, 3 * (GET + b"\r\n") + b"x\r\n\r\n"
               + GET + b"\r\n")
    assert statuses(said) == [200, 200, 200, 400]


def test_half_a_request(both):
    with connect(both.port) as link:
        link.sendall(GET)
        link.shutdown(socket.SHUT_WR)
        assert statuses(drain(link)) == [400]


@pytest.fixture
def lorises(both):
    """128 clients that began a request, and do not go on."""
    links = [connect(both.port) for _ in range(128)]
    for link in links:
        link.sendall(b"GET / HT")
    time.sleep(1.2)         # SERVE_YIELD_MS
    yield links
    for link in links:
        link.close()


def test_slow_loris(both, lorises):
    """They do not keep a good one out."""
    start = time.monotonic()
    for _ in range(5):
        assert ask(both.port, "/health").status == 200
    assert time.monotonic() - start < 1


@pytest.mark.slow
def test_slow_loris_is_told(both, lorises):
    """Each that was not sent away before is told that it was too slow."""
    said = []
    for link in lorises:
        link.settimeout(12)
        said += statuses(drain(link))
    assert set(said) <= {408, 503} and said.count(408) > 100


def test_128_at_once(both):
    """All of them are served, none is told to come again."""
    links = [connect(both.port) for _ in range(128)]
    try:
        for _ in range(3):
            for link in links:
                link.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
                             b"\r\n")
            for link in links:
                said = link.recv(65536)
                assert statuses(said) == [200]
    finally:
        for link in links:
            link.close()


def test_readers_that_do_not_read(both):
    """Whoever does not take its answer does not hold up the others."""
    links = []
    for _ in range(40):
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        link.connect(("127.0.0.1", both.port))
        link.sendall(20 * b"GET /docker.tar.gz HTTP/1.1\r\nHost: localhost"
                     b"\r\n\r\n")
        links.append(link)
    start = time.monotonic()
    for _ in range(10):
        assert ask(both.port, "/docker.tar.gz").status == 200
    assert time.monotonic() - start < 2
    for link in links:
        link.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_memory_does_not_grow(both):
    def hammer():
        for _ in range(60):
            ask(both.port, "/health")
            raw(both.port, b"x\r\n\r\n")

    def all_of_them():
        workers = [threading.Thread(target=hammer) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return both.daemon.memory()
    links = [connect(both.port) for _ in range(100)]    # every place is used
    for link in links:
        link.sendall(GET + b"\r\n")
        assert link.recv(1000)
        link.close()
    loop, before = both.daemon.loop, all_of_them()
    descriptors = len(both.daemon.descriptors())
    after = all_of_them()
    assert after[loop] <= before[loop] + 8
    until(lambda: len(both.daemon.descriptors()) == descriptors)


# Not started at all.

OFF_LOOPBACK = [("0.0.0.0", True), ("[::]", True), ("127.0.0.1", False),
                ("[::1]", False)]


@pytest.mark.parametrize("address, off", OFF_LOOPBACK)
@pytest.mark.parametrize("more, good", [
    ([], False), (["--serve-token-file", "TOKEN"], True),
    (["--serve-secrets-in-clear"], True)])
def test_secrets_off_loopback(start, program, aws, address, off, more, good):
    port = free_port()
    token = program.write("token", TOKEN)
    daemon = start("--listen", f"{address}:{port}", "--serve", "config.json",
                   *(str(token) if word == "TOKEN" else word
                     for word in more))
    if off and not good:
        assert daemon.process.wait(10) == 2
        assert "--serve-token-file" in daemon.err and not aws.log
    else:
        daemon.wait_line("token")
        assert daemon.stop() == 0


@pytest.mark.parametrize("args", [
    ["--listen", "localhost:8000"], ["--listen", "127.0.0.1"],
    ["--listen", "127.0.0.1:0"], ["--listen", "127.0.0.1:65536"],
    ["--listen", ""], ["--serve", "config.json"],
    ["--listen", "127.0.0.1:{}", "--serve", "passwd"],
    ["--listen", "127.0.0.1:{}", "--serve", ""],
    ["--listen", "127.0.0.1:{}", "--serve-token-file", "/dev/null",
     "--serve", "config.json"],
    ["--listen", "127.0.0.1:{}", "--serve-token-file", "/nowhere",
     "--serve", "config.json"],
])
def test_usage(start, aws, args):
    daemon = start(*(word.format(free_port()) for word in args))
    assert daemon.process.wait(10) in (1, 2) and daemon.err.count("\n") == 1
    assert not aws.log


def test_port_is_taken(start, aws):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon = start("--listen", f"127.0.0.1:{port}")
        assert daemon.process.wait(10) == 1
    assert f"127.0.0.1:{port}" in daemon.err


def test_default_address_is_loopback(start, aws):
    port = free_port()
    daemon = start("--listen", f":{port}")
    until(lambda: daemon._over() or listening(port), "listening")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), 2).close()


@pytest.mark.parametrize("fault, status", [
    (faults.error("AccessDeniedException", "no"), 502),
    (faults.drop, 503)])
def test_failures_have_a_cause(start, aws, fault, status):
    aws.fail(fault, times=faults.FOREVER)
    port = free_port()
    daemon = start("--listen", f"127.0.0.1:{port}", env={
        "AWS_MAX_ATTEMPTS": "1"})
    until(lambda: daemon._over() or listening(port), "listening")
    said = ask(port, "/")
    assert said.status in (502, 503) and "ecr" in said.json["error"]
    assert ask(port, "/health").status == 503
    aws.heal()
    until(lambda: ask(port, "/").status == 200, "recovery")
    assert ask(port, "/health").status == 200


def test_a_refresh_is_waited_for(start, aws):
    """GET / comes while the first one is still under way."""
    aws.fail(faults.delay(1))
    port = free_port()
    daemon = start("--listen", f"127.0.0.1:{port}")
    until(lambda: daemon._over() or listening(port), "listening")
    started = time.monotonic()
    assert ask(port, "/health").status == 503
    assert time.monotonic() - started < 0.5
    assert ask(port, "/").json == UPDATED
    assert len(aws.log) == 1
