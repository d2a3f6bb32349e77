"""Somebody at a terminal of his own, with a program in it."""
from __future__ import annotations

import os
import pty
import select
import termios
import time
from typing import Mapping, Sequence


class Person:
    def __init__(self, command: Sequence[str],
                 environment: Mapping[str, str]) -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment)

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_) -> None:
        os.close(self.fd)

    def read(self, seconds: float = 0.1) -> bool:
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.fd, 4096)
        except OSError:  # all others have closed it
            return False
        self.seen += got
        return bool(got)

    def expect(self, text: bytes, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while text not in self.seen and time.monotonic() < until:
            self.read()
        assert text in self.seen, self.seen

    def type(self, text: bytes) -> None:
        os.write(self.fd, text)

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def answer(self, question: bytes, text: bytes) -> None:
        """Type a line once what is typed is not shown any more."""
        self.expect(question)
        until = time.monotonic() + 10
        while self.echoes and time.monotonic() < until:
            time.sleep(0.01)
        assert not self.echoes
        self.type(text + b"\n")

    def wait(self) -> int:
        """Its status, negative for a signal; all that it said is seen."""
        while self.read(0.3):
            pass
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)
