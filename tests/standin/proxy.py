"""Debian's tinyproxy as a company's way out, in a network namespace."""
from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Optional

from . import hosts
from .netns import Netns

BINARY = "/usr/bin/tinyproxy"
NAME, ADDRESS, PORT = "proxy.corp.example", "127.0.0.3", 3128
USER, PASSWORD = "standin", "Proxy-Pass.word"
CONFIG = """Port {port}
Listen {address}
Timeout 20
LogFile "{dir}/log"
LogLevel Connect
"""


class Proxy:
    """At ADDRESS:PORT. It alone knows these names; with a user, it knows that
    user alone."""

    def __init__(self, directory: Path, ns: Netns, names: dict[str, str],
                 user: bool = False) -> None:
        directory.mkdir()
        config = CONFIG.format(port=PORT, address=ADDRESS, dir=directory)
        if user:
            config += f"BasicAuth {USER} {PASSWORD}\n"
        (directory / "conf").write_text(config)
        self._log = directory / "log"
        self._log.touch()
        words = hosts.prefix(hosts.write(directory / "hosts", names))
        self._process = subprocess.Popen(
            [*ns.prefix(), *words, BINARY, "-d", "-c",
             str(directory / "conf")], env={"PATH": "/usr/bin:/bin"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._wait(ns)
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def missing() -> bool:
        return not os.path.exists(BINARY)

    def _wait(self, ns: Netns) -> None:
        end = time.monotonic() + 10
        while True:
            try:
                with ns.entered():
                    probe = socket.create_connection((ADDRESS, PORT), 1)
                probe.close()
                return
            except OSError:
                if self._process.poll() is not None or \
                        time.monotonic() > end:
                    raise RuntimeError("tinyproxy does not answer: "
                                       + self.log()) from None
                time.sleep(0.02)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def requests(self) -> list[str]:
        """What it was asked so far, as "METHOD target"."""
        return re.findall(r"Request \(file descriptor \d+\): (\S+ \S+) HTTP",
                          self.log())

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_exc) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)


class Babbler:
    """No proxy at all: it says this to whoever has asked for something, and
    hangs up; or nothing, and holds on."""

    def __init__(self, ns: Netns, answer: Optional[bytes]) -> None:
        self.answer = answer
        self.heard: list[bytes] = []
        self._open: list[socket.socket] = []
        with ns.entered():
            self._listener = socket.create_server((ADDRESS, PORT))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(link)
            try:
                self.heard.append(link.recv(65536))
                if self.answer is not None:
                    link.sendall(self.answer)
                    link.shutdown(socket.SHUT_WR)
                    # Unread bytes would make a reset of the end.
                    while link.recv(65536):
                        pass
            except OSError:
                pass

    def __enter__(self) -> "Babbler":
        return self

    def __exit__(self, *_exc) -> None:
        for link in (self._listener, *self._open):
            link.close()
