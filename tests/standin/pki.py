"""Certificates for the stand-in, good and bad, made by the openssl command.

Each is made when first asked for, in the directory given, and never again.
"""
from __future__ import annotations

import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

DAY = 86400
REGIONS = ["eu-west-1", "us-east-1", "us-gov-west-1"]
NAMES = [
    "localhost",
    *(name for r in REGIONS for name in (
        f"api.ecr.{r}.amazonaws.com", f"api.ecr-fips.{r}.amazonaws.com",
        f"ecr-fips.{r}.amazonaws.com", f"ecr.{r}.api.aws",
        f"ecr-fips.{r}.api.aws", f"sts.{r}.amazonaws.com",
        f"oidc.{r}.amazonaws.com", f"portal.sso.{r}.amazonaws.com",
        f"*.dkr.ecr.{r}.amazonaws.com")),
    "api.ecr.cn-north-1.amazonaws.com.cn",
    "api.ecr-public.us-east-1.amazonaws.com",
    "sts.amazonaws.com",
    "public.ecr.aws",
]

CA_CONFIG = """
[ca]
default_ca = it
[it]
database = {dir}/index
new_certs_dir = {dir}
rand_serial = yes
policy = any
unique_subject = no
[any]
commonName = supplied
"""
AUTHORITY = """
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


@dataclass(frozen=True)
class Leaf:
    """What is special about one server certificate."""
    key: str = "rsa:2048"
    authority: str = "rsa"
    names: Optional[list[str]] = None   # None: NAMES
    usage: str = "serverAuth"           # extended key usage; empty: none
    digest: str = "sha256"
    since: int = -DAY                   # seconds from now
    until: int = 30 * DAY
    whole: bool = True                  # send the intermediate too
    weak: bool = False                  # OpenSSL itself would refuse to serve


LEAVES = {
    "rsa": Leaf(),
    "rsa-4096": Leaf(key="rsa:4096"),
    "p256": Leaf(key="ec:P-256", authority="p256"),
    "no-usage": Leaf(usage=""),
    "both-usages": Leaf(usage="clientAuth,serverAuth"),
    "wrong-name": Leaf(names=["elsewhere.example"]),
    "expired": Leaf(since=-30 * DAY, until=-DAY),
    "not-yet-valid": Leaf(since=DAY),
    "rsa-1024": Leaf(key="rsa:1024", weak=True),
    "sha1": Leaf(digest="sha1", weak=True),
    "client-only": Leaf(usage="clientAuth"),
    "critical-usage": Leaf(usage="critical,serverAuth"),
    "unknown-ca": Leaf(authority="stranger"),
    "no-intermediate": Leaf(whole=False),
    # Of a cluster, whose authority nobody else believes.
    "kubernetes": Leaf(authority="cluster", names=[
        "kubernetes.default.svc", "kubernetes", "kubernetes.default",
        "kubernetes.default.svc.cluster.local"]),
    "kubelet": Leaf(authority="cluster", names=["node-1.cluster.local"]),
}
AUTHORITY_KEYS = {"rsa": "rsa:2048", "p256": "ec:P-256",
                  "stranger": "rsa:2048", "cluster": "rsa:2048"}
TRUSTED = ["rsa", "p256"]


class Pki:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "index").touch()
        (directory / "ca.cnf").write_text(CA_CONFIG.format(dir=directory))

    @property
    def bundle(self) -> Path:
        """The roots that a client is told to trust."""
        path = self.directory / "trusted.pem"
        if not path.exists():
            path.write_text("".join(
                self.root(name)[0].read_text() for name in TRUSTED))
        return path

    def leaf(self, name: str) -> tuple[Path, Path]:
        """Chain and key, PEM, of a row of LEAVES."""
        leaf = LEAVES[name]
        chain = self.directory / f"{name}.chain.pem"
        key = self.directory / f"{name}.key"
        if not chain.exists():
            issuer = self._intermediate(leaf.authority)
            names = NAMES if leaf.names is None else leaf.names
            extensions = "basicConstraints = CA:FALSE\n" \
                "keyUsage = digitalSignature,keyEncipherment\n" \
                "subjectAltName = " + ",".join("DNS:" + n for n in names)
            if leaf.usage:
                extensions += f"\nextendedKeyUsage = {leaf.usage}"
            cert = self._issue(name, leaf.key, names[0], issuer, extensions,
                               leaf.since, leaf.until, leaf.digest)
            chain.write_text(cert.read_text() + (
                issuer[0].read_text() if leaf.whole else ""))
        return chain, key

    def context(self, name: str = "rsa") -> ssl.SSLContext:
        """A server's context with that leaf."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if LEAVES[name].weak:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(*self.leaf(name))
        context.set_alpn_protocols(["http/1.1"])
        return context

    def root(self, name: str) -> tuple[Path, Path]:
        cert = self.directory / f"root-{name}.pem"
        key = self.directory / f"root-{name}.key"
        if not cert.exists():
            self._key(key, AUTHORITY_KEYS[name])
            self._openssl("req", "-x509", "-new", "-key", key, "-out", cert,
                          "-subj", f"/CN=Stand-in Root {name}", "-days",
                          "3650", "-addext", "keyUsage=critical,keyCertSign")
        return cert, key

    def _intermediate(self, name: str) -> tuple[Path, Path]:
        label = f"intermediate-{name}"
        cert = self.directory / f"{label}.pem"
        if not cert.exists():
            self._issue(label, AUTHORITY_KEYS[name],
                        f"Stand-in Intermediate {name}", self.root(name),
                        AUTHORITY, -40 * DAY, 300 * DAY, "sha256")
        return cert, self.directory / f"{label}.key"

    def _issue(self, label: str, kind: str, common_name: str,
               issuer: tuple[Path, Path], extensions: str, since: int,
               until: int, digest: str) -> Path:
        base = self.directory / label
        key, request, cert, extra = (
            base.with_name(label + end)
            for end in (".key", ".csr", ".pem", ".ext"))
        self._key(key, kind)
        extra.write_text(extensions + "\n")
        self._openssl("req", "-new", "-key", key, "-out", request,
                      "-subj", f"/CN={common_name[:64]}")
        self._openssl("ca", "-config", self.directory / "ca.cnf", "-batch",
                      "-notext", "-in", request, "-out", cert,
                      "-cert", issuer[0], "-keyfile", issuer[1],
                      "-md", digest, "-extfile", extra,
                      "-startdate", _date(since), "-enddate", _date(until))
        return cert

    def _key(self, path: Path, kind: str) -> None:
        if path.exists():
            return
        how, _, size = kind.partition(":")
        option = f"rsa_keygen_bits:{size}" if how == "rsa" \
            else f"ec_paramgen_curve:{size}"
        self._openssl("genpkey", "-algorithm", how, "-pkeyopt", option,
                      "-out", path)

    def _openssl(self, *args: object) -> None:
        done = subprocess.run(
            ["/usr/bin/openssl", *map(str, args)], capture_output=True,
            text=True, env={"PATH": "/usr/bin:/bin"}, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {args[0]}: {done.stderr}")


def _date(seconds_from_now: int) -> str:
    return time.strftime("%Y%m%d%H%M%SZ",
                         time.gmtime(time.time() + seconds_from_now))
