"""Fixtures of the black-box suite. Everything happens on loopback or inside
network namespaces; nothing leaves the machine."""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from standin import netns  # noqa: E402
from standin.aws import Aws  # noqa: E402
from standin.container import Container  # noqa: E402
from standin.imds import Imds  # noqa: E402
from standin.pki import Pki  # noqa: E402
from standin.registry import Registry  # noqa: E402

import clients  # noqa: E402
from daemon import Daemon  # noqa: E402
from outputs import Outputs  # noqa: E402
from program import BINARY, STATIC_ENV, Program  # noqa: E402


def pytest_configure(config) -> None:
    config.addinivalue_line(
        "markers", "slow: takes long; not part of make test")
    if not BINARY.exists():
        pytest.exit(f"no program at {BINARY}; run make, or set ECRBOX", 2)
    if hasattr(config, "workerinput") and not netns.unusable():
        netns.leave()


def pytest_terminal_summary(terminalreporter) -> None:
    """What cases measured (record_property), whichever worker ran them."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def pki(tmp_path_factory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def program(tmp_path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def aws(program):
    """ECR and STS in the clear on a loopback port, where program finds it."""
    with Aws() as service:
        service.port = service.listen()
        service.url = f"http://127.0.0.1:{service.port}"
        program.env["AWS_ENDPOINT_URL"] = service.url
        yield service


@pytest.fixture
def imds(program):
    """The metadata service on a loopback port, where program finds it."""
    with Imds() as service:
        service.port = service.listen()
        service.url = f"http://127.0.0.1:{service.port}"
        program.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.url
        del program.env["AWS_EC2_METADATA_DISABLED"]
        yield service


@pytest.fixture
def container(program):
    with Container() as service:
        service.port = service.listen()
        yield service


@pytest.fixture
def start(program):
    """start(ARGUMENTS) runs ecr-login with static keys as a daemon, whose end
    is that of the test."""
    started = []

    def start(*args, env=None, **where) -> Daemon:
        started.append(Daemon(program, *args, env=STATIC_ENV | (env or {}),
                              **where))
        return started[-1]
    yield start
    for daemon in started:
        daemon.kill()


@pytest.fixture
def outputs(program, pki):
    made = Outputs(program, pki)
    yield made
    made.close()


@pytest.fixture(scope="session")
def namespaces() -> None:
    """For cases that need network namespaces."""
    why = netns.unusable()
    if why:
        pytest.skip(why)


@pytest.fixture
def nobody(namespaces, program):
    """Mounts for a machine that knows no user, so that a run without HOME
    finds no other home."""
    return {str(program.write("passwd", "")): "/etc/passwd"}


@pytest.fixture
def ns(namespaces):
    """An empty network namespace with the well-known addresses."""
    with netns.Netns() as made:
        yield made


@pytest.fixture(scope="module")
def place(namespaces, pki, tmp_path_factory):
    """A namespace with ECR, a registry and one image in it."""
    if Registry.missing():
        pytest.skip("docker-registry or htpasswd is not installed")
    with clients.made(tmp_path_factory.mktemp("clients"), pki) as made:
        yield made


@pytest.fixture
def client(program, place):
    # podman takes no --runroot of more than 50 characters.
    with tempfile.TemporaryDirectory(prefix="ecr") as short:
        yield clients.Client(program, place, short)
