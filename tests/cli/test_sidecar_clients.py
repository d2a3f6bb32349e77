"""Real clients with each kind of file that the sidecar writes or serves: the
docker client (through a real daemon), podman and skopeo pull from a real
registry; and Mesos' way, which unpacks the archive and pulls with HOME there.
"""
import base64
import json
import os
import re
import subprocess

import pytest

from clients import (IMAGE, POLICY, podman_pull, skopeo_copy_from,
                     skopeo_inspect)
from daemon import Daemon, ask, free_port, listening, until
from program import HOST, PASSWORD, STATIC_ENV
from standin import kubernetes
from standin.dockerd import CLIENT, Dockerd


@pytest.fixture(scope="module")
def dockerd(place, tmp_path_factory):
    if Dockerd.missing():
        pytest.skip("docker.io is not installed")
    with Dockerd(tmp_path_factory.mktemp("dockerd") / "d", place.ns,
                 place.hosts, place.pki.bundle) as running:
        yield running


def write(client, *args, **env):
    done = client.program.login(
        *args, HOST, ns=client.place.ns, hosts=client.place.hosts,
        env=STATIC_ENV | {"SSL_CERT_FILE": str(client.place.pki.bundle)}
        | env)
    assert (done.status, done.err) == (0, "")
    return done.out


# What was written -> environment of the client.

def config(client):
    write(client)
    return {}


def auth_file(client):
    path = client.program.directory / "auth.json"
    write(client, "--auth-file", str(path))
    return {"REGISTRY_AUTH_FILE": str(path)}


def format_of(name):
    def by(client):
        path = client.program.write("auth.json",
                                    write(client, "--format", name))
        return {"REGISTRY_AUTH_FILE": str(path)}
    by.__name__ = name.replace("-", "_")
    return by


def config_of_format(client):
    client.program.write(".docker/config.json",
                         write(client, "--format", "docker-config"))
    return {}


def environment(client):
    return {"DOCKER_AUTH_CONFIG": write(client, "--format",
                                        "docker-auth-config")}


def dockercfg(client):
    write(client, "--dockercfg", str(client.program.home / ".dockercfg"))
    return {}


def elsewhere(client):
    """A home of its own, as a Mesos sandbox is."""
    home = client.program.directory / "sandbox"
    home.mkdir()
    policy = home / ".config/containers/policy.json"
    policy.parent.mkdir(parents=True)
    policy.write_text(POLICY)
    return home


def unpack(home, path):
    subprocess.run(["/usr/bin/tar", "-xzf", path, "-C", home], check=True)
    assert (home / ".docker/config.json").stat().st_mode & 0o777 == 0o600
    return {"HOME": str(home)}


def tarball(client):
    path = client.program.directory / "docker.tar.gz"
    write(client, "-f", str(path))
    return unpack(elsewhere(client), path)


def directory_form(client):
    home = elsewhere(client)
    write(client, "-f", str(home))
    return {"HOME": str(home)}


def serve(client, path):
    """From a sidecar that runs beside."""
    port = free_port()
    with Daemon(client.program, HOST, "--listen", f"127.0.0.1:{port}",
                "--serve", "docker.tar.gz,config.json",
                hosts=client.place.hosts, ns=client.place.ns,
                env=STATIC_ENV | {"SSL_CERT_FILE":
                                  str(client.place.pki.bundle)}) as daemon, \
            client.place.ns.entered():
        until(lambda: daemon._over() or listening(port))
        said = until(lambda: (lambda it: it.status == 200 and it)(
            ask(port, path)), lambda: daemon.err)
    return said.body


def served_tarball(client):
    path = client.program.directory / "fetched.tar.gz"
    path.write_bytes(serve(client, "/docker.tar.gz"))
    return unpack(elsewhere(client), path)


def served_config(client):
    client.program.write(".docker/config.json",
                         serve(client, "/config.json").decode())
    return {}


def kubernetes_secret(client):
    """As a kubelet has it of an image pull secret."""
    with kubernetes.Kubernetes() as cluster:
        port = cluster.listen(tls=client.place.pki.context("kubernetes"),
                              ns=client.place.ns)
        mount = cluster.mount(client.program.directory / "account",
                              client.place.pki)
        done = client.program.login(
            HOST, "--kubernetes-secret", "default/pull", pod=mount,
            ns=client.place.ns, hosts=client.place.hosts, env=STATIC_ENV | {
                "SSL_CERT_FILE": str(client.place.pki.bundle),
                "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(port)})
        assert (done.status, done.err) == (0, "")
        data = cluster.secrets["default", "pull"]["data"]
        client.program.write(".docker/config.json", base64.b64decode(
            data[kubernetes.CONFIG]).decode())
    return {}


def login_command(client):
    """The command, run by a shell: docker asks the registry and writes its
    own file."""
    text = write(client, "--format", "login-command")
    done = client.run("/bin/sh", "-euc", text, DOCKER_HOST=client.dockerd,
                      PATH="/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert "Login Succeeded" in done.stdout
    return {}


def password_file(client):
    path = client.program.directory / "password"
    write(client, "--password-file", str(path))
    done = client.run("/bin/sh", "-euc", f"{CLIENT} login -u AWS "
                      f"--password-stdin {HOST} <{path}",
                      DOCKER_HOST=client.dockerd)
    assert done.returncode == 0, done.stderr
    return {}


def nothing(_client):
    return {}


# What is done with it.

def docker_pull(client, env):
    def docker(*args):
        return client.run(CLIENT, "-H", client.dockerd, *args, **env)
    docker("rmi", "-f", f"{IMAGE}:1")
    done = docker("pull", "-q", f"{IMAGE}:1")
    assert done.returncode or done.stdout == f"{IMAGE}:1\n"
    return done


FILES = [config, auth_file, format_of("docker-config"),
         format_of("docker-auth-config"), config_of_format, tarball,
         directory_form, served_tarball, served_config, kubernetes_secret,
         dockercfg]
ROWS = [(act, by) for by in FILES for act in (
    docker_pull, podman_pull, skopeo_copy_from)
    # What only containers' tools look at.
    if not (act is docker_pull and by in (FILES[1], FILES[2], FILES[3]))] + [
    (docker_pull, login_command), (docker_pull, password_file)]
QUICK = {(docker_pull, config), (docker_pull, tarball),
         (docker_pull, served_tarball), (skopeo_copy_from, auth_file),
         (podman_pull, kubernetes_secret), (docker_pull, dockercfg)}


@pytest.mark.parametrize("act, by", [
    pytest.param(*row, marks=[] if row in QUICK else [pytest.mark.slow],
                 id=f"{row[0].__name__}-{row[1].__name__}")
    for row in ROWS])
def test_pull(client, dockerd, act, by):
    client.dockerd = f"unix://{dockerd.socket}"
    done = act(client, by(client))
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert client.place.aws.verdicts() == ["ok"]


def test_pull_wants_a_password(client, dockerd):
    client.dockerd = f"unix://{dockerd.socket}"
    assert docker_pull(client, nothing(client)).returncode != 0


def newer_docker():
    """A docker client that knows DOCKER_AUTH_CONFIG: since 28.3."""
    for path in ("/usr/bin/docker", "/usr/local/bin/docker"):
        if os.path.exists(path):
            found = re.search(r"version (\d+)\.(\d+)", subprocess.run(
                [path, "--version"], capture_output=True, text=True,
                check=False).stdout)
            if found and tuple(map(int, found.groups())) >= (28, 3):
                return path
    return None


def test_docker_auth_config(client):
    docker = newer_docker()
    if not docker:
        pytest.skip("no docker client of 28.3 or later")
    done = client.run(docker, "manifest", "inspect", f"{IMAGE}:1",
                      **environment(client))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schemaVersion"] == 2


def test_refreshed_meanwhile(client, dockerd):
    """A pull works at any time while the sidecar writes anew again and
    again."""
    client.dockerd = f"unix://{dockerd.socket}"
    with Daemon(client.program, HOST, "-i", "1", hosts=client.place.hosts,
                ns=client.place.ns, env=STATIC_ENV | {
                    "SSL_CERT_FILE": str(client.place.pki.bundle)}) as daemon:
        until(client.program.config.exists, lambda: daemon.err)
        for _ in range(8):
            assert skopeo_inspect(client, {}).returncode == 0
            daemon.signal()
        assert docker_pull(client, {}).returncode == 0
        assert daemon.stop() == 0
