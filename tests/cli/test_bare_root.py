"""A root directory that holds only the binary, as in an image FROM scratch."""
import pytest

from program import (API, DYNAMIC, HOST, NOT_FOUND, PASSWORD, REGION,
                     STATIC_ENV, SUCCEEDED, answer)
from standin.dns import Dns
from standin.imds import Imds

RESOLVER = "169.254.169.253"


@pytest.fixture
def inside(program, namespaces):
    """program, and a place in the empty root to call home."""
    program.env["HOME"] = "/root"
    return program


def test_version(inside):
    done = inside.run("--version", root=inside.bare_root())
    assert done.status == 0 and done.out.startswith("ecrbox ")


def test_without_proc(inside):
    if DYNAMIC:
        pytest.skip("a sanitized build needs /proc")
    root = inside.bare_root()
    assert not (root / "proc").exists()
    assert inside.run("--list", root=root).status == 0


def test_the_whole_way(inside, aws, pki, ns):
    """Metadata, the VPC's resolver, TLS, config.json: with one file."""
    root = inside.bare_root({"/ca.pem": pki.bundle.read_text()})
    aws.listen(port=443, tls=pki.context(), ns=ns)
    env = {"AWS_ENDPOINT_URL": None, "AWS_EC2_METADATA_DISABLED": None,
           "AWS_CA_BUNDLE": "/ca.pem"}
    with Imds() as imds, Dns(ns, {API: ["127.0.0.1"]}, RESOLVER):
        imds.listen("169.254.169.254", 80, ns=ns)
        done = inside.login(ns=ns, root=root, env=env)
        assert done.parts == (0, SUCCEEDED, "")
        done = inside.get(ns=ns, root=root, env=env)
        assert done.parts == (0, answer(), "")
    assert HOST in (root / "root/.docker/config.json").read_text()


def test_note_about_the_resolver(inside, aws, pki, ns):
    root = inside.bare_root({"/ca.pem": pki.bundle.read_text()})
    aws.listen(port=443, tls=pki.context(), ns=ns)
    with Dns(ns, {API: ["127.0.0.1"]}, RESOLVER):
        done = inside.login("-p", "-v", ns=ns, root=root, env=STATIC_ENV | {
            "AWS_ENDPOINT_URL": None, "AWS_CA_BUNDLE": "/ca.pem"})
    assert (done.status, done.out) == (0, PASSWORD + "\n")
    assert RESOLVER in done.err and "resolv.conf" in done.err


def test_localhost_without_a_file(inside, aws, ns):
    port = aws.listen(ns=ns)
    done = inside.login("-p", ns=ns, root=inside.bare_root(),
                        env=STATIC_ENV | {
                            "AWS_ENDPOINT_URL": f"http://localhost:{port}"})
    assert done.parts == (0, PASSWORD + "\n", "")


def test_nothing_there_at_all(inside, ns):
    done = inside.get(ns=ns, root=inside.bare_root(), env={
        "AWS_EC2_METADATA_DISABLED": None})
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert "no credentials: env: " in done.err and done.seconds < 3


def test_without_any_environment(inside, ns):
    inside.env.clear()
    done = inside.get(ns=ns, root=inside.bare_root())
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert done.seconds < 3


def test_resolver_that_does_not_answer(inside, ns):
    ns.iptables("-A", "INPUT", "-d", RESOLVER, "-j", "DROP")
    done = inside.login("--timeout", "3", "--region", REGION, ns=ns,
                        root=inside.bare_root(), env=STATIC_ENV)
    assert done.status == 1 and RESOLVER in done.err
    assert API in done.err and done.seconds < 4
