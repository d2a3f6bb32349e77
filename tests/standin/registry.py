"""Debian's docker-registry as an ECR registry, in a network namespace."""
from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from .netns import Netns
from .pki import Pki

BINARY = "/usr/bin/docker-registry"
ADDRESS = "127.0.0.2"
CONFIG = """version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {dir}/data}}
  delete: {{enabled: true}}
http:
  addr: {address}:443
  tls: {{certificate: {chain}, key: {key}}}
auth:
  htpasswd:
    realm: "https://{host}/,service=ecr.amazonaws.com"
    path: {dir}/htpasswd
"""


class Registry:
    """Serves host at ADDRESS:443 for user AWS with that password."""

    def __init__(self, directory: Path, ns: Netns, pki: Pki, host: str,
                 password: str) -> None:
        directory.mkdir(parents=True)
        chain, key = pki.leaf("rsa")
        # bcrypt reads 72 bytes of a password; htpasswd refuses more than 255.
        hashed = subprocess.run(
            ["/usr/bin/htpasswd", "-niB", "AWS"], input=password[:72],
            text=True, capture_output=True, check=True).stdout
        (directory / "htpasswd").write_text(hashed)
        config = directory / "config.yml"
        config.write_text(CONFIG.format(dir=directory, address=ADDRESS,
                                        chain=chain, key=key, host=host))
        self._log = open(directory / "log", "wb")
        self._process = subprocess.Popen(
            [*ns.prefix(), BINARY, "serve", str(config)],
            stdout=self._log, stderr=self._log,
            env={"PATH": "/usr/bin:/bin", "HOME": str(directory)})
        try:
            self._wait(ns)
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def missing() -> bool:
        return not (os.path.exists(BINARY) and
                    os.path.exists("/usr/bin/htpasswd"))

    def _wait(self, ns: Netns) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                with ns.entered():
                    probe = socket.create_connection((ADDRESS, 443), 1)
                probe.close()
                return
            except OSError:
                if self._process.poll() is not None or \
                        time.monotonic() > end:
                    raise RuntimeError("docker-registry does not answer: "
                                       + self.log()) from None
                time.sleep(0.05)

    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_exc) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()
