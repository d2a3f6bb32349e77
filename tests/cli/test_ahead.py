"""The connection to ECR, opened while credentials are asked for."""
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from program import (API, DYNAMIC, HOST, PASSWORD, REGION, STATIC_ENV, answer,
                     brief, check_errors)
from standin import faults, hosts, proxy as middle
from standin.aws import Aws
from standin.dns import Dns
from standin.imds import ADDRESS, ROLES, Imds
from standin.line import FAR, Line
from standin.proxy import Proxy
from standin.server import Link

TRIP = 0.05
METADATA = {"AWS_EC2_METADATA_DISABLED": None}


class Site:
    """ECR and the metadata service at their addresses in one namespace."""

    def __init__(self, program, pki, ns, directory) -> None:
        self.program, self.pki, self.ns = program, pki, ns
        self.hosts = hosts.write(directory / "hosts", {API: "127.0.0.1"})
        program.env.update({"AWS_CA_BUNDLE": str(pki.bundle),
                            "AWS_ECR_DISABLE_CACHE": "1"})
        self.aws, self.imds = Aws(), Imds()
        self.imds.listen(ADDRESS, 80, ns=ns)

    def serve(self, leaf="rsa") -> None:
        self.aws.listen(port=443, tls=self.pki.context(leaf), ns=self.ns)

    def get(self, env=METADATA, **more):
        return self.program.get(ns=self.ns, hosts=self.hosts, env=env, **more)

    def login(self, *args, env=METADATA, **more):
        return self.program.login(*args, ns=self.ns, hosts=self.hosts,
                                  env=env, **more)


@pytest.fixture
def site(program, pki, ns, tmp_path):
    made = Site(program, pki, ns, tmp_path)
    with made.aws, made.imds:
        yield made


def test_one_connection_each(site):
    site.serve()
    assert site.get().parts == (0, answer(), "")
    assert site.aws.connections == 1 and site.imds.connections == 1
    assert site.aws.verdicts() == ["ok"] and not site.aws.errors
    assert site.aws.log[0].headers["x-amz-security-token"]


def test_static_asks_nobody_else(site):
    site.serve()
    done = site.login("-v", "-p", HOST, env=STATIC_ENV)
    assert done.out == PASSWORD + "\n" and "ahead" not in done.err
    assert site.aws.connections == 1 and not site.imds.log


def test_two_registries(site):
    """One identity is asked for once, and one call serves both."""
    site.serve()
    done = site.login(HOST, f"999999999999@{REGION}")
    assert done.parts == (0, 2 * "Login Succeeded\n", "")
    assert site.aws.connections == 1
    assert site.imds.lines().count(f"GET {ROLES}app-role") == 1
    assert site.aws.verdicts() == ["ok"]


def test_region_and_credentials_on_one_connection(site):
    """The metadata service is asked for the region before the fork and for
    the credentials behind it."""
    site.serve()
    assert site.login("-p").parts == (0, PASSWORD + "\n", "")
    assert site.imds.connections == 1 and site.aws.connections == 1
    assert site.imds.lines() == [
        "PUT /latest/api/token", "GET /latest/meta-data/placement/region",
        f"GET {ROLES}", f"GET {ROLES}app-role"]


def test_order(site):
    """Hands are shaken while the metadata service thinks."""
    site.serve()
    site.imds.fail(faults.delay(1), on="app-role")
    done = site.login("-v", "-p", HOST)
    lines = done.err.splitlines()
    shaken, found = (
        next(i for i, line in enumerate(lines) if text in line)
        for text in (f"tls '{API}': verified", "credentials of imds: key"))
    assert done.status == 0 and shaken < found
    assert sum(f"connected to '{API}'" in line for line in lines) == 1


@pytest.mark.parametrize("leaf", ["wrong-name", "expired", "unknown-ca"])
def test_trust(site, leaf):
    """The error is what it is without haste."""
    site.serve(leaf)
    hasty, slow = site.login("-p", HOST), site.login("-p", HOST,
                                                     env=STATIC_ENV)
    assert hasty.status == 1 and hasty.parts == slow.parts
    assert "not connected ahead: tls" in \
        site.login("-v", "-p", HOST).err


def test_refused(site):
    hasty, slow = site.login("-p", HOST), site.login("-p", HOST,
                                                     env=STATIC_ENV)
    assert hasty.parts == slow.parts
    assert hasty.err.endswith(f"http '{API}': connect 127.0.0.1:443: "
                              "connection refused\n")


def test_no_role(site):
    """A failure comes back from the other process as it was, and makes no
    request to ECR."""
    site.serve()
    site.imds.role = ""
    done = site.login("-p", HOST)
    assert done.status == 1
    assert brief(done.err) == "NONE: imds: no role of the instance: imds " \
        "ROLES/: not there (status 404)"
    assert not site.aws.log


def test_through_a_proxy(site, tmp_path):
    if Proxy.missing():
        pytest.skip("tinyproxy is not installed")
    site.serve()
    names = hosts.write(tmp_path / "names", {middle.NAME: middle.ADDRESS})
    with Proxy(tmp_path / "proxy", site.ns, {API: "127.0.0.1"}) as way:
        done = site.program.login(
            "-p", HOST, ns=site.ns, hosts=names, env=METADATA | {
                "https_proxy": f"http://{middle.NAME}:{middle.PORT}"})
        assert done.parts == (0, PASSWORD + "\n", "")
        assert way.requests() == [f"CONNECT {API}:443"]


def test_closed_meanwhile(site, monkeypatch):
    """ECR loses patience first; the connection is made once more."""
    monkeypatch.setattr(Link, "timeout", 0.3)
    site.serve()
    site.imds.fail(faults.delay(1), on="app-role")
    assert site.get().parts == (0, answer(), "")
    assert site.aws.connections == 2 and site.aws.verdicts() == ["ok"]


def test_deadline(site):
    """The other process tells what was late, and is not waited for longer."""
    site.serve()
    site.imds.fail(faults.stall, times=9, on="PUT")
    done = site.login("--timeout", "1", "-p", HOST, env=METADATA | {
        "AWS_METADATA_SERVICE_TIMEOUT": "9"})
    assert done.status == 1 and done.seconds < 3
    assert brief(done.err).startswith(
        "NONE: imds /latest/api/token: http '169.254.169.254': receive: "
        "timed out after N ms")


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return True
    return state.split()[0] == "Z"


def until(true) -> bool:
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(true())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ended_together(site, number):
    """Whoever ends the program has ended both processes."""
    site.serve()
    site.imds.fail(faults.stall, times=9)
    with subprocess.Popen(
            site.program.command("ecr-login", "-p", HOST, ns=site.ns,
                                 hosts=site.hosts),
            env=site.program.environment(METADATA | {
                "AWS_METADATA_SERVICE_TIMEOUT": "30"}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert until(lambda: site.imds.log and children(running.pid))
        child, = children(running.pid)
        os.kill(running.pid, number)
        assert until(lambda: gone(child))
        assert running.wait(10) == -number
        check_errors(running.stderr.read().decode())


@pytest.fixture
def line(namespaces):
    try:
        made = Line(TRIP)
    except OSError as error:
        pytest.skip(f"no tun devices here: {error}")
    with made:
        yield made


@pytest.fixture
def far(line, program, pki, tmp_path):
    """ECR, the metadata service and a name server at the far end."""
    program.env.update({"AWS_CA_BUNDLE": str(pki.bundle),
                        "AWS_ECR_DISABLE_CACHE": "1"})
    where = {"ns": line.near, "hosts": hosts.write(tmp_path / "hosts", {}),
             "resolv": hosts.write_resolv(tmp_path / "resolv", FAR)}
    with Aws() as aws, Imds() as imds, Dns(line.far, {API: [FAR]}, FAR):
        aws.listen(FAR, 443, tls=pki.context(), ns=line.far)
        imds.listen(ADDRESS, 80, ns=line.far)
        yield lambda env: program.get(env=env, **where)


@pytest.mark.skipif(DYNAMIC, reason="a sanitized build takes its time")
def test_round_trips(far):
    """DNS, TCP, TLS (2) and the request; metadata's four are beside them. The
    best of three: a busy machine makes any of them slow, and none quick."""
    seconds = {}
    for name, env in ("static", STATIC_ENV), ("metadata", METADATA):
        done = [far(env) for _ in range(3)]
        assert all(run.parts == (0, answer(), "") for run in done)
        seconds[name] = min(run.seconds for run in done)
    assert seconds["static"] >= 5 * TRIP
    assert seconds["metadata"] < seconds["static"] + TRIP / 2


def test_nobody_there(line, far):
    """Nothing is waited for behind the error that it ends with: neither a
    name server that keeps silent nor ECR."""
    env = METADATA | {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://[::1]:1"}
    line.drop("tcp", 443)
    silent = far(env)
    line.drop("udp", 53)
    mute = far(env)
    assert silent.parts == mute.parts and silent.status == 1
    assert "imds /latest/api/token: connect [::1]:1: " in mute.err
    assert max(silent.seconds, mute.seconds) < 1
