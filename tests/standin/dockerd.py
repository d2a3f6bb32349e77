"""Debian's docker daemon, for a docker client that really pulls. It runs
nothing, so it needs no bridge, no firewall and no storage driver."""
from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from . import hosts
from .netns import Netns

BINARY, CLIENT = "/usr/sbin/dockerd", "/usr/bin/docker"


class Dockerd:
    """In namespace ns, with that hosts file; believes the authorities in
    bundle. socket is where it listens."""

    def __init__(self, directory: Path, ns: Netns, names: Path,
                 bundle: Path) -> None:
        directory.mkdir(parents=True)
        # A socket's path has 107 bytes.
        self._short = tempfile.TemporaryDirectory(prefix="ecr")
        self.socket = f"{self._short.name}/socket"
        self._log = open(directory / "log", "wb")
        self._process = subprocess.Popen(
            [*ns.prefix(), *hosts.prefix(names), BINARY,
             "--data-root", str(directory / "data"),
             "--exec-root", f"{self._short.name}/exec",
             "--pidfile", str(directory / "pid"),
             "--host", f"unix://{self.socket}", "--iptables=false",
             "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            start_new_session=True, env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": str(directory), "SSL_CERT_FILE": str(bundle)})
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def missing() -> bool:
        return not all(map(os.path.exists, (BINARY, CLIENT)))

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while not os.path.exists(self.socket):
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("dockerd does not come up: " + self.log())
            time.sleep(0.05)

    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")

    def __enter__(self) -> "Dockerd":
        return self

    def __exit__(self, *_exc) -> None:
        self.stop()

    def stop(self) -> None:
        """It ends its containerd by itself."""
        self._process.terminate()
        self._process.wait(60)
        self._log.close()
        self._short.cleanup()
