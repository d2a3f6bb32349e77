"""What a service manager is told, by a real socket."""
import os
import re
import socket
import tempfile
import time
from signal import SIGHUP

import pytest

from daemon import until
from program import PASSWORD, SECRETS
from standin import faults


class Manager:
    """As systemd listens: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID."""

    def __init__(self, address: str) -> None:
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.link.bind("\0" + address[1:] if address[0] == "@" else address)
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.env = {"NOTIFY_SOCKET": address}
        self.said: list[tuple[float, int, dict[str, str]]] = []

    def listen(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.link.settimeout(left)
            try:
                data, more, _, _ = self.link.recvmsg(4096, 100)
            except TimeoutError:
                return
            pid = int.from_bytes(more[0][2][:4], "little")
            self.said.append((time.monotonic(), pid, dict(
                line.split("=", 1) for line in data.decode().splitlines())))

    def wait(self, name: str, count: int = 1) -> dict[str, str]:
        end = time.monotonic() + 10
        while len(self.all(name)) < count:
            assert time.monotonic() < end, self.said
            self.listen(0.05)
        return self.all(name)[-1]

    def all(self, name: str) -> list[dict[str, str]]:
        return [said for _, _, said in self.said if name in said]


@pytest.fixture(params=["path", "abstract"])
def manager(request):
    with tempfile.TemporaryDirectory(prefix="ecr") as short:
        made = Manager(f"{short}/notify" if request.param == "path"
                       else f"@ecrbox-test-{os.getpid()}")
        yield made
        made.link.close()


def test_life(start, aws, program, manager):
    """Ready once there is a token; reloading and ready again; stopping."""
    auth = program.directory / "auth.json"
    aws.fail(faults.delay(0.4))
    daemon = start("-i", "6h", "--auth-file", str(auth), env=manager.env)
    manager.wait("READY")
    assert auth.exists()
    daemon.signal(SIGHUP)
    said = manager.wait("RELOADING")
    assert said["RELOADING"] == "1"
    assert int(said["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    manager.wait("READY", 2)
    assert daemon.stop() == 0
    manager.wait("STOPPING")
    order = [next(name for name in ("READY", "RELOADING", "STOPPING")
                  if name in said) for _, _, said in manager.said
             if {"READY", "RELOADING", "STOPPING"} & set(said)]
    assert order == ["READY", "RELOADING", "READY", "STOPPING"]
    # The main process speaks, and nobody else.
    assert {pid for _, pid, _ in manager.said} == {daemon.process.pid}
    assert "WATCHDOG" not in str(manager.said)
    assert not any(secret in str(manager.said) for secret in SECRETS)


def test_status(start, aws, program, manager):
    auth = program.directory / "auth.json"
    daemon = start("-i", "6h", "--auth-file", str(auth), env=manager.env)
    manager.wait("READY")
    assert manager.wait("STATUS")["STATUS"]
    aws.fail(faults.error("AccessDeniedException", "because"), times=99)
    daemon.signal(SIGHUP)
    until(lambda: "AccessDenied" in manager.wait("STATUS")["STATUS"] or
          manager.listen(0.1))


def test_watchdog(start, aws, program, manager):
    """Twice as often as is asked for, a refresh under way or not."""
    aws.fail(faults.delay(1))
    daemon = start("-i", "6h", "--auth-file",
                   str(program.directory / "auth.json"),
                   env=manager.env | {"WATCHDOG_USEC": "400000"})
    manager.wait("WATCHDOG")
    manager.listen(2)
    at = [when for when, _, said in manager.said if "WATCHDOG" in said]
    assert 8 <= len(at) <= 12
    assert max(b - a for a, b in zip(at, at[1:])) < 0.35
    assert daemon.stop() == 0


def test_watchdog_of_another(start, aws, program, manager):
    auth = program.directory / "auth.json"
    start("-i", "6h", "--auth-file", str(auth), env=manager.env | {
        "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
    manager.wait("READY")
    manager.listen(0.6)
    assert not manager.all("WATCHDOG")


def test_programs_do_not_speak_for_us(start, aws, program, manager):
    told = program.directory / "told"
    script = program.write("tell", f"#!/bin/sh\nenv >{told}.new\n"
                           f"mv {told}.new {told}\n", 0o755)
    start("-i", "6h", "--exec", str(script), env=manager.env | {
        "WATCHDOG_USEC": "400000", "WATCHDOG_PID": str(os.getpid())})
    until(told.exists)
    assert not re.search("NOTIFY_SOCKET|WATCHDOG", told.read_text())
    assert PASSWORD not in told.read_text()


@pytest.mark.parametrize("address", ["relative", "/nowhere/socket",
                                     "/" + "x" * 200, "vsock:2:1"])
def test_nobody_there(start, aws, program, address):
    """A manager that cannot be told keeps nobody from working."""
    auth = program.directory / "auth.json"
    daemon = start("-i", "6h", "--auth-file", str(auth), env={
        "NOTIFY_SOCKET": address})
    until(auth.exists)
    assert daemon.stop() == 0


def test_once_says_nothing(start, aws, program, manager):
    daemon = start("--auth-file", str(program.directory / "auth.json"),
                   env=manager.env)
    assert daemon.process.wait(10) == 0
    manager.listen(0.2)
    assert not manager.said
