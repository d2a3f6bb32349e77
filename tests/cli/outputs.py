"""Every place where tokens go, and what is found there: registry -> password.
A reader takes nothing that is not whole."""
from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import pytest

from program import ACCOUNT, HOST, REGION, STATIC_ENV, Program, Result
from standin import netns
from standin.kubernetes import Kubernetes
from standin.pki import Pki
from standin.sesam import Sesam

Found = dict[str, str]


def passwords(auths: dict) -> Found:
    """Of the entries of a config.json."""
    found = {}
    for key, entry in auths.items():
        user, _, password = base64.b64decode(
            entry["auth"], validate=True).decode().partition(":")
        assert user == "AWS"
        found[key.removeprefix("https://")] = password
    return found


def read_auths(path: Path) -> Found:
    return passwords(json.loads(path.read_text())["auths"])


def members(data: bytes) -> dict[str, tuple[int, bytes]]:
    """A tarball's members: mode and content."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        for member in tar.getmembers():
            file = tar.extractfile(member)
            found[member.name] = member.mode, file.read() if file else b""
    return found


def read_tarball_bytes(data: bytes) -> Found:
    found = members(data)
    assert list(found) == [".docker", ".docker/config.json"]
    return passwords(json.loads(found[".docker/config.json"][1])["auths"])


def read_tarball(path: Path) -> Found:
    return read_tarball_bytes(path.read_bytes())


@dataclass
class Output:
    """args make the program write it; read() says what is there."""
    name: str
    args: list[str]
    read: Callable[[], Found]
    files: list[Path] = field(default_factory=list)


class Outputs:
    """Each is made when it is asked for. env and where are for the run."""

    def __init__(self, program: Program, pki: Optional[Pki] = None,
                 directory: Optional[Path] = None) -> None:
        self.program, self.pki = program, pki
        # In the eyes of the program, whose root may be another.
        self.directory = directory or program.directory / "out"
        self.root = Path("/")
        self.together = True    # False: when it was cut short
        if not directory:
            self.directory.mkdir()
        self.env: dict[str, str] = {}
        self.where: dict[str, Path] = {}
        self.cluster: Optional[Kubernetes] = None
        self.node: Optional[Sesam] = None

    def close(self) -> None:
        for service in (self.cluster, self.node):
            if service:
                service.stop()

    def login(self, *args: str, env: Optional[dict] = None) -> Result:
        """Run ecr-login once, with what these outputs need."""
        return self.program.login(*args, **self.where, env=STATIC_ENV
                                  | self.env | (env or {}))

    def at(self, path: Path) -> Path:
        """Where we see what the program sees there."""
        return self.root / path.relative_to("/")

    def make(self, name: str) -> Output:
        return getattr(self, name.replace("-", "_"))()

    def all(self, *but: str) -> list[Output]:
        return [self.make(name) for name in KINDS if name not in but]

    def config(self) -> Output:
        path = self.program.config
        return Output("config", ["--auth-file", str(path)],
                      lambda: read_auths(self.at(path)), [path])

    def auth_file(self) -> Output:
        path = self.directory / "auth.json"
        return Output("auth-file", ["--auth-file", str(path)],
                      lambda: read_auths(self.at(path)), [path])

    def tarball(self) -> Output:
        path = self.directory / "docker.tar.gz"
        return Output("tarball", ["-f", str(path)],
                      lambda: read_tarball(self.at(path)), [path])

    def directory_form(self) -> Output:
        """As adobe's: a directory that gets both, one after the other."""
        path = self.directory / "mesos"
        files = [path / "docker.tar.gz", path / ".docker" / "config.json"]

        def read() -> Found:
            found = read_tarball(self.at(files[0]))
            assert not self.together or \
                read_auths(self.at(files[1])) == found
            return found
        return Output("directory-form", ["-f", f"{path}/"], read, files)

    def dockercfg(self) -> Output:
        path = self.directory / "dockercfg"
        return Output("dockercfg", ["--dockercfg", str(path)],
                      lambda: passwords(json.loads(
                          self.at(path).read_text())), [path])

    def password_file(self) -> Output:
        pattern = self.directory / "password-{account}-{region}"
        path = Path(str(pattern).format(account=ACCOUNT, region=REGION))

        def read() -> Found:
            found = {}
            for file in sorted(self.at(path).parent.glob("password-*")):
                _, account, region = file.name.split("-", 2)
                found[f"{account}.dkr.ecr.{region}.amazonaws.com"] = \
                    file.read_text()
            return found
        return Output("password-file", ["--password-file", str(pattern)],
                      read, [path])

    def kubernetes(self) -> Output:
        if not self.cluster:
            why = netns.unusable()
            if why:
                pytest.skip(why)
            self.cluster = Kubernetes()
            port = self.cluster.listen(tls=self.pki.context("kubernetes"))
            self.env |= {"KUBERNETES_SERVICE_HOST": "127.0.0.1",
                         "KUBERNETES_SERVICE_PORT": str(port)}
            self.where["pod"] = self.cluster.mount(
                self.program.directory / "account", self.pki)
        return Output("kubernetes", ["--kubernetes-secret", "default/pull"],
                      lambda: passwords(self.cluster.auths("default",
                                                           "pull")))

    def sesam(self) -> Output:
        if not self.node:
            self.node = Sesam()
            self.env["SESAM_JWT_TOKEN"] = self.node.jwt
            self.port = self.node.listen()
        return Output("sesam",
                      ["--sesam", f"http://127.0.0.1:{self.port}/api"],
                      lambda: {HOST: self.node.secrets["AWS_ECR_TOKEN"]})

    def exec(self) -> Output:
        """The program keeps what it was told."""
        path = self.directory / "told"
        script = self.program.write("tell", f"""#!/bin/sh
cat >"{path}.new" && env >"{path}.env" && mv "{path}.new" "{path}"
""", 0o755)

        def read() -> Found:
            return {HOST: path.read_text().removesuffix("\n")}
        return Output("exec", ["--exec", str(script)], read, [path])


KINDS = ["config", "auth-file", "tarball", "directory-form", "dockercfg",
         "password-file", "kubernetes", "sesam", "exec"]
FILES = ["config", "auth-file", "tarball", "directory-form", "dockercfg",
         "password-file"]
