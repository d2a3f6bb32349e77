"""The program as a process that stays: started, looked at, stopped."""
from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from signal import SIGHUP, SIGKILL, SIGTERM
from typing import Callable, Mapping, Optional, Sequence

from program import BINARY, Program, check_errors

# Longer than anything takes here, unless it is broken.
PATIENCE = 15.0
TEXT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|warning|error) \S.*")


def until(true: Callable[[], object], what: str | Callable[[], str] = "",
          seconds: float = PATIENCE):
    """Wait until true() is, and return what it said. what is not there when
    it never is, or says that."""
    end = time.monotonic() + seconds
    while True:
        said = true()
        if said:
            return said
        assert time.monotonic() < end, \
            f"not in {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.005)


def _stat(pid: int) -> Optional[list[str]]:
    """State, parent, process group, session, ... of /proc/PID/stat."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(
            ")")[2].split()
    except OSError:
        return None


class Daemon:
    """Runs in a session of its own, so that whatever comes of it is found,
    and nothing else is ever ended. The keywords are those of
    program.command(); before are words in front of the whole command."""

    def __init__(self, program: Program, *args: str,
                 applet: Optional[str] = "ecr-login",
                 env: Optional[Mapping[str, Optional[str]]] = None,
                 before: Sequence[str] = (), pass_fds: Sequence[int] = (),
                 cwd: Optional[Path] = None, user: Optional[int] = None,
                 **where) -> None:
        self._files = [program.directory / f"daemon-{id(self)}.{end}"
                       for end in ("out", "err")]
        out, err = (open(path, "wb") for path in self._files)
        with out, err:
            self.process = subprocess.Popen(
                [*before, *program.command(*([applet] if applet else []),
                                           *args, **where)],
                env=program.environment(env), stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, cwd=cwd or program.directory,
                start_new_session=True, pass_fds=pass_fds, user=user,
                group=user)
        self._loop = 0
        self.seconds = 0.0      # that it took to stop
        self.rest_seconds = 0.0     # and whatever it had begun

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_exc) -> None:
        self.kill()

    # What it says.

    @property
    def out(self) -> str:
        return self._files[0].read_text(errors="replace")

    @property
    def err(self) -> str:
        return self._files[1].read_text(errors="replace")

    def lines(self, pattern: str = "") -> list[str]:
        """Whole lines of the log, those that have pattern."""
        return [line for line in self.err.split("\n")[:-1]
                if re.search(pattern, line)]

    def wait_line(self, pattern: str, count: int = 1,
                  seconds: float = PATIENCE) -> str:
        """Until so many lines have the pattern; the last of them."""
        try:
            return until(lambda: len(self.lines(pattern)) >= count
                         and self.lines(pattern)[-1] or self._over(),
                         f"{count} x {pattern}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.err}") from None

    def _over(self) -> bool:
        assert self.process.poll() is None, \
            f"ended with {self.process.returncode}:\n{self.err}"
        return False

    # What it is.

    def members(self) -> list[int]:
        """All of its processes; zombies too, unless their parent is not one
        of them: this machine's process 1 takes its time."""
        found = {}
        for name in os.listdir("/proc"):
            stat = _stat(int(name)) if name.isdigit() else None
            if stat and stat[3] == str(self.process.pid):
                found[int(name)] = stat
        return sorted(pid for pid, stat in found.items() if stat[0] != "Z"
                      or int(stat[1]) in found)

    def zombies(self) -> list[int]:
        return [pid for pid in self.members()
                if (_stat(pid) or ["Z"])[0] == "Z"
                and pid != self.process.pid]

    def ours(self) -> list[int]:
        """Those that run the program itself."""
        found = []
        for pid in self.members():
            try:
                name = Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
            except OSError:
                continue
            if name == BINARY.name[:15]:
                found.append(pid)
        return found

    @property
    def loop(self) -> int:
        """The process that listens to signals: the first of them."""
        if not self._loop:
            found = until(self.ours, "a process of the program")
            self._loop = self.process.pid if self.process.pid in found \
                else min(found, key=lambda pid: int((_stat(pid) or
                                                     ["0"] * 20)[19]))
        return self._loop

    def children(self, pid: int) -> list[int]:
        return [child for child in self.members()
                if (_stat(child) or [0, 0])[1] == str(pid)]

    def memory(self, name: str = "RssAnon") -> dict[int, int]:
        """KiB of each process, of a line in status or smaps_rollup."""
        file = "smaps_rollup" if name in ("Pss", "Private_Dirty") else \
            "status"
        found = {}
        for pid in self.ours():
            try:
                text = Path(f"/proc/{pid}/{file}").read_text()
            except OSError:
                continue
            at = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
            if at:
                found[pid] = int(at[1])
        return found

    def descriptors(self) -> dict[int, int]:
        return {pid: len(os.listdir(f"/proc/{pid}/fd"))
                for pid in self.ours()}

    # What is done to it.

    def signal(self, number: int = SIGHUP) -> None:
        os.kill(self.loop, number)

    def stop(self, number: int = SIGTERM,
             within: float = PATIENCE) -> int:
        """Signal it, wait until nothing of it is left; its status."""
        loop, start = self.loop, time.monotonic()
        os.kill(loop, number)
        status = None
        while status is None or self.members():
            if status is None:
                status = self.process.poll()
                self.seconds = time.monotonic() - start
            assert time.monotonic() - start < within, \
                f"still there: {self.describe()}\n{self.err}"
            time.sleep(0.001)
        self.rest_seconds = time.monotonic() - start
        check_errors(self.err)
        return status

    def kill(self) -> None:
        """End all of it, whatever it does."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            left = [pid for pid in self.members()
                    if (_stat(pid) or ["Z"])[0] != "Z"]
            for pid in left:
                try:
                    os.kill(pid, SIGKILL)
                except ProcessLookupError:
                    pass
            if self.process.poll() is not None and not left:
                break
            time.sleep(0.002)
        self.process.wait(PATIENCE)

    def describe(self) -> str:
        return "; ".join(f"{pid} {(_stat(pid) or '?')[0]} of "
                         f"{(_stat(pid) or '??')[1]}"
                         for pid in self.members())


# HTTP, as little of it as shows what came.

def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port: int, seconds: float = 10) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), seconds)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def listening(port: int) -> bool:
    try:
        connect(port, 1).close()
        return True
    except OSError:
        return False


class Said:
    def __init__(self, status: int, headers: dict[str, str],
                 body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def ask(port: int, path: str = "/", method: str = "GET",
        headers: Optional[Mapping[str, str]] = None,
        seconds: float = PATIENCE) -> Said:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        link.request(method, path, headers=dict(headers or {}))
        answer = link.getresponse()
        return Said(answer.status, {name.lower(): value for name, value
                                    in answer.getheaders()}, answer.read())
    finally:
        link.close()


def raw(port: int, data: bytes, seconds: float = PATIENCE) -> bytes:
    """All that comes for these bytes until the other side closes."""
    with connect(port, seconds) as link:
        link.sendall(data)
        return drain(link)


def drain(link: socket.socket) -> bytes:
    said = b""
    try:
        while part := link.recv(65536):
            said += part
    except ConnectionResetError:
        pass
    return said


def statuses(said: bytes) -> list[int]:
    return [int(number) for number in
            re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]
