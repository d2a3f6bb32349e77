"""TLS: who is refused, and with which words."""
import ssl
import time

import pytest

from program import API, PASSWORD, STATIC_ENV, answer, brief
from standin import hosts, pki as pki_standin

GOOD = ["rsa", "rsa-4096", "p256", "no-usage", "both-usages"]

# Leaf -> message (see program.brief).
REFUSED = {
    "wrong-name":
        "ECR: tls 'localhost': certificate is not for 'localhost' but for "
        "'elsewhere.example'",
    "unknown-ca":
        "ECR: tls 'localhost': issued by 'Stand-in Root stranger', which is "
        "not in ca bundle 'BUNDLE'",
    "expired":
        "ECR: tls 'localhost': certificate expired at TIME; the clock says "
        "TIME",
    "not-yet-valid":
        "ECR: tls 'localhost': certificate is not valid before TIME; the "
        "clock says TIME",
    "rsa-1024":
        "ECR: tls 'localhost': certificate has an RSA key of 1024 bits, at "
        "least 2048 wanted",
    "sha1":
        "ECR: tls 'localhost': certificate is signed with SHA-1, which is "
        "not safe",
    "client-only":
        "ECR: tls 'localhost': certificate is not for servers (extended key "
        "usage)",
    "critical-usage":
        "ECR: tls 'localhost': certificate has a critical extended key "
        "usage, which this build cannot check",
    "no-intermediate":
        "ECR: tls 'localhost': issued by 'Stand-in Intermediate rsa', which "
        "is not in ca bundle 'BUNDLE'",
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
    assert brief(done.err) == REFUSED[leaf]
    # Not a byte of the request, and no second attempt.
    assert not aws.log and aws.connections == 1


def test_every_leaf_is_judged():
    """But a cluster's own, which no AWS has."""
    assert set(GOOD) | set(REFUSED) == {
        name for name, leaf in pki_standin.LEAVES.items()
        if leaf.authority != "cluster"}


def versions(pki, low, high):
    context = pki.context()
    context.minimum_version, context.maximum_version = low, high
    return context


def test_tls_13_only(program, aws, pki):
    port = aws.listen(tls=versions(pki, ssl.TLSVersion.TLSv1_3,
                                   ssl.TLSVersion.TLSv1_3))
    done = program.login("-p", env=secure_env(port, pki))
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == "ECR: tls 'localhost': server refused with " \
        "protocol_version: it offers no TLS 1.2"
    assert not aws.log


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
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
    assert brief(done.err) == "ECR: tls 'localhost': server does not speak " \
        "TLS"


def test_address_cannot_be_verified(program, aws, pki):
    port = aws.listen(tls=pki.context())
    done = program.login("-p", env=secure_env(
        port, pki, AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}"))
    assert (done.status, done.out, brief(done.err)) == (
        2, "", "ECR: tls: '127.0.0.1' is an address; a certificate is checked"
        " by host name")
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
    assert (done.status, done.out, brief(done.err)) == (
        1, "", "ECR: tls 'localhost': issued by 'Stand-in Root rsa', an "
        "authority not known here; if it is yours, name a file with its "
        "certificate by AWS_CA_BUNDLE or --ca-bundle")
    assert not aws.log


def test_system_bundle_is_read_when_needed(program, aws, pki, namespaces):
    port = aws.listen(tls=pki.context())
    env = secure_env(port, pki, AWS_CA_BUNDLE=None)
    done = program.login("-p", env=env, over={
        str(pki.bundle): "/etc/ssl/certs/ca-certificates.crt"})
    assert done.status == 0


BAD_BUNDLES = {
    "absent": (lambda path: None,
               "open '{path}': No such file or directory"),
    "empty": (lambda path: path.write_text(""),
              "no certificate in '{path}'"),
    "text": (lambda path: path.write_text("no certificates here\n"),
             "no certificate in '{path}'"),
    "directory": (lambda path: path.mkdir(),
                  "read '{path}': Is a directory"),
    "no DER": (lambda path: path.write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        "no certificate in '{path}'"),
}


@pytest.mark.parametrize("name", BAD_BUNDLES)
def test_bad_bundle_is_an_error(program, aws, pki, tmp_path, name):
    make, message = BAD_BUNDLES[name]
    path = tmp_path / "bundle.pem"
    make(path)
    port = aws.listen(tls=pki.context())
    done = program.login("-p", env=secure_env(port, pki,
                                              AWS_CA_BUNDLE=str(path)))
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == "ECR: tls 'localhost': ca bundle: " + \
        message.format(path=path)
    assert not aws.log


def test_bundle_replaces(program, aws, pki, namespaces):
    """Even where the system would trust the server."""
    port = aws.listen(tls=pki.context())
    root, _ = pki.root("stranger")
    done = program.login("-p", env=secure_env(port, pki,
                                              AWS_CA_BUNDLE=str(root)),
                         over={str(pki.bundle):
                               "/etc/ssl/certs/ca-certificates.crt"})
    assert done.status == 1
    assert "issued by 'Stand-in Root rsa', which is not in ca bundle " in \
        done.err


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
    assert brief(done.err) == "ECR: tls 'localhost': handshake: timed out " \
        "after N ms in all"
    assert done.status == 1 and done.seconds < 2
