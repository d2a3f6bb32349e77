"""Real clients, and a real registry under an ECR host name for them."""
from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from program import (API, BINARY, HOST, PASSWORD, STATIC_ENV, SUCCEEDED)
from standin import hosts, image, netns
from standin.aws import Aws
from standin.pki import Pki
from standin.registry import ADDRESS, Registry

IMAGE = f"{HOST}/team/app"
POLICY = '{"default":[{"type":"insecureAcceptAnything"}]}'


class Place:
    """A namespace with ECR, the registry and one image in it."""

    def __init__(self, ns, directory, pki, aws) -> None:
        self.ns, self.pki, self.aws = ns, pki, aws
        self.hosts = hosts.write(directory / "hosts",
                                 {API: "127.0.0.1", HOST: ADDRESS})
        self.layout = image.make(directory / "image", "1")
        self.prefix = [*ns.prefix(), *hosts.prefix(self.hosts)]


@contextmanager
def made(directory: Path, pki: Pki) -> Iterator[Place]:
    with netns.Netns() as ns, Aws() as aws, \
            Registry(directory / "registry", ns, pki, HOST, PASSWORD):
        aws.listen(port=443, tls=pki.context(), ns=ns)
        it = Place(ns, directory, pki, aws)
        done = subprocess.run(
            # Docker's own format: its "manifest inspect" knows no other.
            [*it.prefix, "/usr/bin/skopeo", "--insecure-policy", "copy",
             "--format", "v2s2", "--dest-creds", f"AWS:{PASSWORD}",
             f"oci:{it.layout}:1",
             f"docker://{IMAGE}:1"], capture_output=True, text=True,
            env={"SSL_CERT_FILE": str(pki.bundle), "PATH": "/usr/bin",
                 "HOME": str(directory)}, check=False)
        assert done.returncode == 0, done.stderr
        yield it


class Client:
    """Runs a client with program's home and a PATH that has our helper."""

    def __init__(self, program, place, short) -> None:
        self.program, self.place = program, place
        place.aws.forget()
        bin_dir = program.directory / "bin"
        bin_dir.mkdir()
        (bin_dir / "docker-credential-ecr-login").symlink_to(BINARY)
        program.write(".config/containers/policy.json", POLICY)
        runtime = program.directory / "run"
        runtime.mkdir(mode=0o700)
        self.short = short
        self.env = program.environment(STATIC_ENV | {
            "PATH": f"{bin_dir}:/usr/sbin:/usr/bin:/sbin:/bin",
            "SSL_CERT_FILE": str(place.pki.bundle),
            "XDG_RUNTIME_DIR": str(runtime),
            "DOCKER_CLI_EXPERIMENTAL": "enabled"})

    def run(self, *args, **env):
        return subprocess.run(
            [*self.place.prefix, *args], env=self.env | env,
            capture_output=True, text=True, timeout=60,
            cwd=self.program.directory, check=False)

    def storage(self, tool):
        return [f"/usr/bin/{tool}", "--root",
                f"{self.short}/root", "--runroot", f"{self.short}/run",
                "--storage-driver", "vfs"]

    def login(self, *args):
        done = self.program.login(*args, HOST, ns=self.place.ns,
                                  hosts=self.place.hosts, env=STATIC_ENV | {
                                      "SSL_CERT_FILE":
                                      str(self.place.pki.bundle)})
        assert done.parts == (0, SUCCEEDED, "")

    def configure(self, *args):
        done = self.program.login(*args, env={"PATH": self.env["PATH"]})
        assert (done.status, done.err) == (0, "")


# What is done by one of them.

def skopeo_inspect(client, env):
    done = client.run("/usr/bin/skopeo", "inspect", f"docker://{IMAGE}:1",
                      **env)
    assert done.returncode or json.loads(done.stdout)["Name"] == IMAGE
    return done


def skopeo_list_tags(client, env):
    done = client.run("/usr/bin/skopeo", "list-tags", f"docker://{IMAGE}",
                      **env)
    assert done.returncode or json.loads(done.stdout)["Tags"] == ["1"]
    return done


def skopeo_copy_from(client, env):
    return client.run("/usr/bin/skopeo", "copy", f"docker://{IMAGE}:1",
                      f"oci:{client.program.directory}/copy:1", **env)


def skopeo_copy_to(client, env):
    return client.run("/usr/bin/skopeo", "copy",
                      f"oci:{client.place.layout}:1",
                      f"docker://{HOST}/other/{os.getpid()}:1", **env)


def buildah_pull(client, env):
    return client.run(*client.storage("buildah"), "pull", f"{IMAGE}:1", **env)


def podman_pull(client, env):
    return client.run(*client.storage("podman"), "pull", "-q", f"{IMAGE}:1",
                      **env)


def docker_manifest_inspect(client, env):
    done = client.run("/usr/bin/docker", "manifest", "inspect", f"{IMAGE}:1",
                      **env)
    assert done.returncode or json.loads(done.stdout)["schemaVersion"] == 2
    return done
