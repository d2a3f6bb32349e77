"""ecr-login --check: whether the sidecar is well, without a shell."""
import os
import re
import socket
import threading
import time

import pytest

from daemon import Daemon, ask, free_port, until
from program import ACCOUNT, HOST, STATIC_ENV

HOUR = 3600


def made(program, name, age):
    path = program.write(name, "{}")
    then = time.time() - age
    os.utime(path, (then, then))
    return str(path)


def well(said):
    assert said.parts == (0, "", "")


def unwell(said, message, status=1):
    assert (said.status, said.out) == (status, "")
    assert re.fullmatch(rf"ecr-login: {message}\n", said.err), said.err


# Files.

OLD = r"check '{}': written {}\d s ago, which may be {} s"
FILES = [
    # name, option, age, further options, None or the message's age and limit
    ("a.json", "--auth-file", 10, ["--max-age", "60"], None),
    ("a.json", "--auth-file", 8 * HOUR, [], None),
    ("a.json", "--auth-file", 10 * HOUR, [], ("3600", "32400")),
    ("d.tar.gz", "-f", 61, ["--max-age=60s"], ("6", "60")),
    ("d.tar.gz", "-f", 61, ["--max-age=2m"], None),
    (".dockercfg", "--dockercfg", 100, ["-i", "80"], None),
    (".dockercfg", "--dockercfg", 200, ["-i", "80"], ("20", "120")),
    ("p", "--password-file", 3 * HOUR, ["-i", "90m"], ("1080", "8100")),
    (ACCOUNT, "--password-file={account}", 5, ["-g", ACCOUNT], None),
    (HOST, "--password-file={host}", 9 * HOUR, ["-g", HOST, "--max-age=8h"],
     ("3240", "28800")),
]


@pytest.mark.parametrize("name, option, age, more, old", FILES)
def test_file(program, name, option, age, more, old):
    path = made(program, name, age)
    target = option.partition("=")[2]
    option = [option, path] if not target else \
        [option.replace(target, path.replace(name, target))]
    said = program.login("--check", *option, *more,
                         env={"AWS_REGION": "eu-west-1"})
    if old:
        unwell(said, OLD.format(re.escape(path), *old))
    else:
        well(said)
    assert os.path.getsize(path) == 2


def test_directory_form(program):
    made(program, "out/docker.tar.gz", 5)
    config = made(program, "out/.docker/config.json", 5)
    well(program.login("--check", "-f", str(program.home / "out"),
                       "--max-age", "60"))
    made(program, "out/.docker/config.json", 500)
    unwell(program.login("--check", "-f", str(program.home / "out"),
                         "--max-age", "60"), OLD.format(config, "50", "60"))


def test_dockers_own(program):
    path = made(program, ".docker/config.json", 5)
    well(program.login("--check"))
    made(program, ".docker/config.json", 500)
    unwell(program.login("--check", "--max-age", "60"),
           OLD.format(path, "50", "60"))


@pytest.mark.parametrize("name, message", [
    ("none", "check: '{}': not written yet"),
    ("none/none", "check: '{}': not written yet"),
    ("loop", "check: look at '{}': (Symbolic link loop|Too many"
     " levels of symbolic links)"),
    ("pipe", "check: look at '{}': not a regular file"),
])
def test_no_file(program, name, message):
    (program.home / "loop").symlink_to("loop")
    os.mkfifo(program.home / "pipe")
    path = str(program.home / name)
    unwell(program.login("--check", "--auth-file", path),
           message.format(path))
    assert not (program.home / "none").exists()


def test_each_file_counts(program):
    good, bad = made(program, "good", 5), made(program, "bad", 99)
    unwell(program.login("--check", "--auth-file", good, "--auth-file", bad,
                         "--max-age", "60"), OLD.format(bad, "9", "60"))


def test_verbose(program):
    said = program.login("-v", "--check", "--auth-file",
                         made(program, "a", 5))
    assert (said.status, said.out) == (0, "")
    assert said.err.endswith("ecr-login: all is well\n")


# A listener.

class Answer:
    """Says the same to each, as it is; None: nothing at all."""

    def __init__(self, said, ip="127.0.0.1"):
        self.said, self.heard = said, []
        self.link = socket.create_server((ip, 0))
        self.port = self.link.getsockname()[1]
        self.open = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                link = self.link.accept()[0]
            except OSError:
                return
            self.open.append(link)
            self.heard.append(link.recv(4096))
            if self.said is not None:
                link.sendall(self.said)
                link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for link in [self.link, *self.open]:
            link.close()


def http(status, body, kind="application/json"):
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


SINKS = '{"status":"ok","sinks":[{"name":"x","age_s":61}]}'


@pytest.mark.parametrize("said, more, message", [
    (http(200, "{}"), [], None),
    (http(200, "Yey!", "text/html"), [], None),
    (http(200, SINKS), ["--max-age", "61"], None),
    (http(200, SINKS), ["--max-age", "1m"],
     "check 'x': written 61 s ago, which may be 60 s"),
    (http(200, "Yey!"), ["--max-age", "60"],
     "check: status 200: not json at byte 0: value expected"),
    (http(503, '{"cause":"sink \'x\': the disk is full"}'), [],
     "check: sink 'x': the disk is full"),
    (http(503, "sink 'x': \x1b[2J\n", "text/plain"), [],
     r"check: status 503: sink 'x': \?\[2J"),
    (http(404, "gone"), [], "check: status 404 is none of /health's"),
    (http(302, ""), [], "check: status 302 is none of /health's"),
    (b"SSH-2.0-x\r\n", [], "check 'http://127.0.0.1:PORT/health': .*"),
    (b"", [], "check 'http://127.0.0.1:PORT/health': .*"),
])
def test_listener(program, said, more, message):
    with Answer(said) as at:
        result = program.login("--check", "--listen", f"0.0.0.0:{at.port}",
                               *more)
        if message:
            unwell(result, message.replace("PORT", str(at.port)))
        else:
            well(result)
        head = at.heard[0].decode()
        assert head.startswith("GET /health HTTP/1.1\r\n")
        assert f"Host: 127.0.0.1:{at.port}\r\n" in head


def test_through_no_proxy(program):
    with Answer(http(200, "{}")) as at:
        dead = f"http://127.0.0.1:{free_port()}"
        well(program.login("--check", "--listen", f":{at.port}",
                           env={"http_proxy": dead, "HTTP_PROXY": dead,
                                "ALL_PROXY": dead, "all_proxy": dead}))


def test_nobody_listens(program):
    port = free_port()
    unwell(program.login("--check", "--listen", f"127.0.0.1:{port}"),
           f"check 'http://127.0.0.1:{port}/health': connect .*refused.*")


def test_listener_says_nothing(program):
    """Docker, kubelet and Marathon wait longer than this."""
    with Answer(None) as at:
        said = program.login("--check", "--listen", f":{at.port}")
        unwell(said, f"check 'http://127.0.0.1:{at.port}/health': .*timed"
               " out.*")
        assert 4.5 < said.seconds < 7


def test_listener_is_asked_whatever_the_files_are(program):
    with Answer(http(200, "{}")) as at:
        well(program.login("--check", "--listen", f":{at.port}",
                           "--auth-file", made(program, "a", 99 * HOUR),
                           "-i", "6h"))


# Words.

@pytest.mark.parametrize("args, message", [
    (["--check", "--exec", "true"], "--check: there is neither a listener to"
     r" ask \(--listen, as the sidecar has it\) nor a file whose age could"
     " tell"),
    (["--check", "--password-file", "/x/{account}"], r"check"
     r" '/x/\{account\}': for which registries\? Give them, as the sidecar"
     " has them"),
    (["--check", "--listen", "localhost:1"], "listen on .*"),
    (["--check", "--max-age", "0"], "option '--max-age': '0' is not a time"
     " .*"),
    (["--check", "--max-age", "1.5h"], "option '--max-age': '1.5h' is not a"
     " time .*"),
    (["--max-age", "60"], "--max-age has no use without --check"),
])
def test_usage(program, args, message):
    unwell(program.login(*args), message, status=2)


# The sidecar itself.

def test_sidecar(program, aws):
    port = free_port()
    words = ["--listen", f"127.0.0.1:{port}", "--auth-file",
             str(program.home / "out" / "a.json")]
    with Daemon(program, *words, "-i", "6h", env=STATIC_ENV) as daemon:
        until(lambda: daemon._over() or program.login(
            "--check", *words).status == 0, "it is well")
        assert ask(port, "/health").status == 200
        well(program.login("--check", "--max-age", "60", *words))
        well(program.login("--check", "--max-age", "60", *words[2:]))
        assert daemon.stop() == 0
    unwell(program.login("--check", *words),
           f"check 'http://127.0.0.1:{port}/health': connect .*refused.*")
