"""TLS: who is refused, and with which words."""
import ssl
import time

import pytest

from program import API, PASSWORD, STATIC_ENV, answer
from standin import hosts, pki as pki_standin

GOOD = ["rsa", "rsa-4096", "p256", "no-usage", "both-usages"]

# Leaf -> words of the message.
REFUSED = {
    "wrong-name": ["localhost", "name"],
    "unknown-ca": ["authority"],
    "expired": ["expired"],
    "not-yet-valid": ["not yet valid"],
    "rsa-1024": ["1024"],
    "sha1": ["SHA-1"],
    "client-only": ["serverAuth"],
    "critical-usage": ["critical"],
    "no-intermediate": ["authority"],
}


def secure_env(port, pki, **more):
    return STATIC_ENV | {"AWS_ENDPOINT_URL": f"https://localhost:{port}",
                         "AWS_CA_BUNDLE": str(pki.bundle)} | more


@pytest.mark.parametrize("leaf", GOOD)
def test_accepted(program, aws, pki, leaf):
    port = aws.listen(tls=pki.context(leaf))
    done = program.login("-p", env=secure_env(port, pki))
    assert done.parts == (0, PASSWORD + "\n", "")
    assert aws.verdicts() == ["ok"] and not aws.errors


@pytest.mark.parametrize("leaf", REFUSED)
def test_refused(program, aws, pki, leaf):
    port = aws.listen(tls=pki.context(leaf))
    done = program.login("-p", env=secure_env(port, pki))
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("ecr-login: ") and done.err.count("\n") == 1
    for word in REFUSED[leaf]:
        assert word.lower() in done.err.lower(), done.err
    # Not a byte of the request, and no second attempt.
    assert not aws.log and aws.connections == 1


def test_every_leaf_is_judged():
    assert set(GOOD) | set(REFUSED) == set(pki_standin.LEAVES)


def test_wrong_clock_is_told_apart(program, aws, pki):
    """The certificate is in order; the machine's clock is before the day of
    the build. Needs a clock of its own, so: by the certificate's dates the
    other way round, an expired one is not blamed on the clock."""
    port = aws.listen(tls=pki.context("expired"))
    done = program.login("-p", env=secure_env(port, pki))
    assert "clock" not in done.err


def versions(pki, low, high):
    context = pki.context()
    context.minimum_version, context.maximum_version = low, high
    return context


def test_tls_13_only(program, aws, pki):
    port = aws.listen(tls=versions(pki, ssl.TLSVersion.TLSv1_3,
                                   ssl.TLSVersion.TLSv1_3))
    done = program.login("-p", env=secure_env(port, pki))
    assert (done.status, done.out) == (1, "")
    assert "TLS 1.3" in done.err or "TLS 1.2" in done.err
    assert not aws.log


def test_tls_11_only(program, aws, pki):
    context = pki.context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    port = aws.listen(tls=context)
    done = program.login("-p", env=secure_env(port, pki))
    assert (done.status, done.out) == (1, "") and not aws.log


SUITES = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
          "ECDHE-RSA-CHACHA20-POLY1305"]


@pytest.mark.parametrize("suite", SUITES)
def test_suites(program, aws, pki, suite):
    context = versions(pki, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(suite)
    port = aws.listen(tls=context)
    assert program.login("-p", env=secure_env(port, pki)).status == 0


@pytest.mark.parametrize("suite", ["AES128-SHA", "AES128-GCM-SHA256"])
def test_suites_without_forward_secrecy(program, aws, pki, suite):
    context = versions(pki, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(suite)
    port = aws.listen(tls=context)
    assert program.login("-p", env=secure_env(port, pki)).status == 1


def test_plain_http_server(program, aws, pki):
    done = program.login("-p", env=secure_env(aws.port, pki))
    assert (done.status, done.out) == (1, "")
    assert "TLS" in done.err and done.err.count("\n") == 1


def test_address_cannot_be_verified(program, aws, pki):
    port = aws.listen(tls=pki.context())
    done = program.login("-p", env=secure_env(
        port, pki, AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}"))
    assert done.status in (1, 2) and "127.0.0.1" in done.err
    assert not aws.log


def test_name_apart_from_address(program, aws, pki, ns, tmp_path):
    aws.listen("127.0.0.2", 443, tls=pki.context(), ns=ns)
    names = hosts.write(tmp_path / "hosts", {API: "127.0.0.2"})
    env = secure_env(0, pki, AWS_ENDPOINT_URL=None)
    done = program.get(ns=ns, hosts=names, env=env)
    assert done.parts == (0, answer(), "")


# Where trust comes from.

def test_ssl_cert_file(program, aws, pki):
    port = aws.listen(tls=pki.context())
    env = secure_env(port, pki, AWS_CA_BUNDLE=None,
                     SSL_CERT_FILE=str(pki.bundle))
    assert program.login("-p", env=env).status == 0


def test_ca_bundle_of_profile(program, aws, pki):
    port = aws.listen(tls=pki.context())
    program.write(".aws/config", f"[default]\nca_bundle = {pki.bundle}\n")
    env = secure_env(port, pki, AWS_CA_BUNDLE=None)
    assert program.login("-p", env=env).status == 0


def test_embedded_roots_alone_do_not_know_us(program, aws, pki):
    port = aws.listen(tls=pki.context())
    done = program.login("-p", env=secure_env(port, pki, AWS_CA_BUNDLE=None))
    assert done.status == 1 and "authority" in done.err
    assert "AWS_CA_BUNDLE" in done.err
    assert not aws.log


def test_system_bundle_is_read_when_needed(program, aws, pki, namespaces):
    port = aws.listen(tls=pki.context())
    env = secure_env(port, pki, AWS_CA_BUNDLE=None)
    done = program.login("-p", env=env, over={
        str(pki.bundle): "/etc/ssl/certs/ca-certificates.crt"})
    assert done.status == 0


@pytest.mark.parametrize("make", [
    lambda path: None,
    lambda path: path.write_text(""),
    lambda path: path.write_text("no certificates here\n"),
    lambda path: path.mkdir(),
    lambda path: path.write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
])
def test_bad_bundle_is_an_error(program, aws, pki, tmp_path, make):
    path = tmp_path / "bundle.pem"
    make(path)
    port = aws.listen(tls=pki.context())
    done = program.login("-p", env=secure_env(port, pki,
                                              AWS_CA_BUNDLE=str(path)))
    assert done.status in (1, 2) and done.out == ""
    assert str(path) in done.err and done.err.count("\n") == 1
    assert not aws.log


def test_bundle_replaces(program, aws, pki, namespaces):
    """Even where the system would trust the server."""
    port = aws.listen(tls=pki.context())
    root, _ = pki.root("stranger")
    done = program.login("-p", env=secure_env(port, pki,
                                              AWS_CA_BUNDLE=str(root)),
                         over={str(pki.bundle):
                               "/etc/ssl/certs/ca-certificates.crt"})
    assert done.status == 1 and "authority" in done.err


def test_large_bundle_is_no_burden(program, aws, pki, tmp_path):
    whole = tmp_path / "whole.pem"
    system = "/etc/ssl/certs/ca-certificates.crt"
    with open(system, encoding="ascii") as file:
        whole.write_text(file.read() + pki.bundle.read_text())
    port = aws.listen(tls=pki.context())
    start = time.monotonic()
    done = program.login("-p", env=secure_env(port, pki,
                                              AWS_CA_BUNDLE=str(whole)))
    assert done.status == 0 and time.monotonic() - start < 2


def test_handshake_that_hangs(program, aws, pki):
    import socket
    with socket.create_server(("127.0.0.1", 0)) as mute:
        done = program.login("-p", "--timeout", "1", env=secure_env(
            mute.getsockname()[1], pki))
    assert done.status == 1 and "timed out" in done.err
    assert done.seconds < 2
