"""What a sidecar must not have, or say, and what one failure must not take
away from others."""
import json
import os
import re
import time
from signal import SIGCONT, SIGHUP, SIGKILL, SIGSTOP

import pytest

from daemon import ask, free_port, until
from program import DYNAMIC, REGION, STATIC_ENV, aws as standin

JWT, PROXY = "sesam.jwt.in.the.environment", "proxy-password"
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r\S* \S+ \S+ \S+ *(\S*)")


def memory(pid: int) -> bytes:
    """All of a process's memory that can be read."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            at = MAPPING.match(line)
            if at and not at[3].startswith("[v"):
                begin, end = int(at[1], 16), int(at[2], 16)
                mem.seek(begin)
                found.append(mem.read(end - begin))
    return b"\n".join(found)


@pytest.mark.skipif(os.geteuid() != 0, reason="reads memory of others")
@pytest.mark.skipif(DYNAMIC, reason="a sanitizer maps terabytes")
@pytest.mark.parametrize("source", ["environment", "file", "process"])
def test_who_hears_strangers_has_no_secrets(start, aws, program, tmp_path,
                                            source):
    aws.fresh, port = True, free_port()
    env: dict = {"SESAM_JWT_TOKEN": JWT,
                 "HTTPS_PROXY": f"http://u:{PROXY}@127.0.0.1:1"}
    keys = standin.STATIC
    if source != "environment":
        env |= {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        (program.home / ".aws").mkdir()
    if source == "file":
        (program.home / ".aws/credentials").write_text(
            f"[default]\naws_access_key_id = {keys.id}\n"
            f"aws_secret_access_key = {keys.secret}\n")
    if source == "process":
        said = json.dumps({"Version": 1, "AccessKeyId": keys.id,
                           "SecretAccessKey": keys.secret})
        (program.home / "keys").write_text(said)
        (program.home / ".aws/config").write_text(
            f"[default]\nregion = {REGION}\n"
            f"credential_process = /bin/cat {program.home}/keys\n")
    daemon = start("-v", "-i", "6h", "--listen", f"127.0.0.1:{port}",
                   "--password-file", str(tmp_path / "password"), env=env)
    daemon.wait_line("refresh done")
    for path in ("/health", "/metrics", "/"):
        assert ask(port, path).status == 200
    assert (tmp_path / "password").read_text() == aws.issued[-1]
    held = memory(daemon.loop)
    assert b"/metrics" in held      # so it is the one
    for secret in (keys.secret, keys.id, JWT, PROXY, aws.issued[-1]):
        assert secret.encode() not in held, secret
    # Another refresh still has all of them.
    daemon.signal(SIGHUP)
    daemon.wait_line("refresh done", 2)
    assert len(aws.issued) == 2


def test_a_url_with_a_password_is_not_repeated(program):
    got = program.run("ecr-login", "--sesam", "http://u:hidden@127.0.0.1/api",
                      env=STATIC_ENV | {"SESAM_JWT_TOKEN": JWT})
    assert got.parts == (2, "", "ecr-login: sesam: URL with a user name or"
                         " password in it\n")


@pytest.mark.parametrize("broken", [
    ["--dockercfg", "/proc/none/dockercfg"],
    ["000000000001@eu-west-1"]])
def test_what_fails_for_good_holds_up_no_other(start, aws, tmp_path, broken):
    """The interval is kept for all that can be had."""
    aws.fresh = True
    aws.unknown.add("000000000001")
    password = tmp_path / "{account}"
    daemon = start("-i", "1", "-g", "123456789012@eu-west-1",
                   "--password-file", str(password), *broken)
    daemon.wait_line("refresh failed")
    before = len(aws.issued)
    own = tmp_path / "123456789012"
    first = own.read_text()
    until(lambda: len(aws.issued) >= before + 2 and
          own.read_text() != first, "renewal in spite of it")


def test_half_a_body_is_never_the_next_ones_beginning(start, aws):
    """The process of a refresh is killed while it hands over a body that is
    larger than what the kernel holds for the loop."""
    aws.fresh, port = True, free_port()
    ids = [f"{i:012}" for i in range(100, 196)]
    daemon = start("-i", "6h", "-g", " ".join(ids), "--listen",
                   f"127.0.0.1:{port}", "--serve", "config.json")
    daemon.wait_line("refresh done")
    loop, broker = daemon.members()
    before = ask(port, "/config.json").body
    calls = len(aws.issued)
    os.kill(loop, SIGSTOP)
    os.kill(loop, SIGHUP)
    os.kill(loop, SIGCONT)
    until(lambda: len(aws.issued) > calls, "the refresh")
    os.kill(loop, SIGSTOP)

    def stuck():
        kids = daemon.children(broker)
        return len(kids) == 1 and not daemon.children(kids[0]) and kids
    until(stuck, "only the one that tells")
    time.sleep(0.5)
    os.kill(stuck()[0], SIGKILL)
    os.kill(loop, SIGCONT)
    daemon.wait_line("killed by signal 9")
    assert ask(port, "/config.json").body == before
    daemon.wait_line("refresh done", 2)
    now = ask(port, "/config.json").json["auths"]
    assert len(now) == len(ids) and now != json.loads(before)["auths"]


def test_a_command_line_is_not_shown(start):
    """Not to who asks for /health, nor in the log."""
    port = free_port()
    daemon = start("-i", "6h", "--listen", f"127.0.0.1:{port}",
                   "--exec", "/bin/true --password hunter2",
                   "--exec", "/bin/false --password hunter2")
    daemon.wait_line("refresh failed")
    for path in ("/health", "/metrics"):
        said = ask(port, path)
        assert b"exec 1 /bin/true" in said.body
        assert b"exec 2 /bin/false" in said.body
        assert b"hunter2" not in said.body
    assert "hunter2" not in daemon.err
