"""Running the program under test: clean environment, exact results."""
from __future__ import annotations

import base64
import ctypes
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Sequence

from standin import aws, hosts as private, proxy, signin, sso
from standin.netns import Netns

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("ECRBOX", ROOT / "build" / "ecrbox")).resolve()
# In the order of --list. A link with the name of another's program is made
# only when it is asked for by name.
APPLETS = [name.replace("_", "-") for name in re.findall(
    r"^APPLET\((\w+)\)$", (ROOT / "applets" / "applets.def").read_text(),
    re.M)]
NAMED = {"whoami", "ec2-metadata"}
LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1)    # its version
SANDBOX = os.environ.get("ECRBOX_SANDBOX")
if SANDBOX == "strict" and LANDLOCK < 1:
    SANDBOX = "on"      # which is what there is then
DYNAMIC = BINARY.exists() and b"/ld-linux" in BINARY.read_bytes()[:8192]

ACCOUNT, REGION = aws.ACCOUNT, aws.REGION
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
API = f"api.ecr.{REGION}.amazonaws.com"
PASSWORD = aws.PASSWORD
AUTH = base64.b64encode(b"AWS:" + PASSWORD.encode()).decode()
NOT_FOUND = "credentials not found in native keychain\n"
SUCCEEDED = "Login Succeeded\n"

STATIC_ENV = {
    "AWS_ACCESS_KEY_ID": aws.STATIC.id,
    "AWS_SECRET_ACCESS_KEY": aws.STATIC.secret,
    "AWS_REGION": REGION,
}
SESSION_ENV = {
    "AWS_ACCESS_KEY_ID": aws.SESSION.id,
    "AWS_SECRET_ACCESS_KEY": aws.SESSION.secret,
    "AWS_SESSION_TOKEN": aws.SESSION.token,
    "AWS_REGION": REGION,
}
SECRETS = [
    aws.SECRET, aws.SESSION_SECRET, aws.SESSION_TOKEN, PASSWORD, AUTH,
    "standinmetadatatoken", "Signature=", "web.identity.token",
    sso.ACCESS, sso.REFRESH, sso.CLIENT, signin.REFRESH,
    proxy.PASSWORD, base64.b64encode(
        f"{proxy.USER}:{proxy.PASSWORD}".encode()).decode(),
]
PRINTABLE = re.compile(r"[ -~\t\n]*")


@dataclass
class Result:
    status: int
    out: str
    err: str
    seconds: float

    @property
    def parts(self) -> tuple[int, str, str]:
        return self.status, self.out, self.err


class Program:
    """The binary with a home directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "home"
        self.home.mkdir()
        self.env = {"HOME": str(self.home), "PATH": "/usr/bin:/bin",
                    "AWS_EC2_METADATA_DISABLED": "true"}
        if SANDBOX:
            self.env["ECRBOX_SANDBOX"] = SANDBOX

    def environment(self, env: Optional[Mapping[str, Optional[str]]] = None
                    ) -> dict[str, str]:
        """The clean environment with changes; None removes a variable."""
        whole = {**self.env, **(env or {})}
        if DYNAMIC:
            # The program is not dumpable, so the leak check cannot attach;
            # and there is no malloc in it.
            whole["ASAN_OPTIONS"] = "detect_leaks=0"
            # Counts that cannot be kept, where the file system is another,
            # are not worth a word.
            whole["GCOV_ERROR_FILE"] = "/dev/null"
        return {k: v for k, v in whole.items() if v is not None}

    def command(self, *args: str, ns: Optional[Netns] = None,
                hosts: Optional[Path] = None, resolv: Optional[Path] = None,
                root: Optional[Path] = None,
                over: Optional[Mapping[str, str]] = None,
                pod: Optional[Path] = None,
                binary: Optional[Path] = None) -> list[str]:
        words = ns.prefix() if ns else []
        words += private.pod(pod) if pod else []
        if root:
            words += bare_prefix(root)
            binary = Path("/ecrbox")
        else:
            words += private.prefix(hosts, resolv, over)
        return [*words, str(binary or BINARY), *args]

    def run(self, *args: str,
            env: Optional[Mapping[str, Optional[str]]] = None,
            stdin: str | bytes = b"", timeout: float = 60, cwd=None,
            stdout=subprocess.PIPE, pass_fds: Sequence[int] = (),
            **where) -> Result:
        """Run it; the keywords of command() say where. What no run may do,
        whatever its case is about, is checked here."""
        start = time.monotonic()
        done = subprocess.run(
            self.command(*args, **where), env=self.environment(env),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdout=stdout, stderr=subprocess.PIPE, timeout=timeout,
            cwd=cwd or self.directory, pass_fds=pass_fds, check=False)
        seconds = time.monotonic() - start
        result = Result(done.returncode, (done.stdout or b"").decode(),
                        done.stderr.decode("latin-1"), seconds)
        check_errors(result.err)
        assert 0 <= result.status <= 2, result
        return result

    def login(self, *args: str, **keywords) -> Result:
        return self.run("ecr-login", *args, **keywords)

    def get(self, server: str = HOST, **keywords) -> Result:
        return self.run("docker-credential-ecr-login", "get", stdin=server,
                        **keywords)

    # Files in the home directory.

    @property
    def config(self) -> Path:
        return self.home / ".docker" / "config.json"

    @property
    def cache(self) -> Path:
        return self.home / ".cache" / "ecrbox"

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def link(self, name: str) -> Path:
        """A link of that name to the binary."""
        path = self.directory / "links" / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(BINARY)
        return path

    def bare_root(self, files: Optional[Mapping[str, str]] = None) -> Path:
        """A root directory that holds the binary and these files only (and,
        for a sanitized build, the libraries that it needs)."""
        root = self.directory / "root"
        root.mkdir()
        (root / "ecrbox").write_bytes(BINARY.read_bytes())
        (root / "ecrbox").chmod(0o755)
        for name, text in (files or {}).items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root


def bare_prefix(root: Path) -> list[str]:
    over = {}
    if DYNAMIC:
        for name in ("usr", "proc"):
            (root / name).mkdir(exist_ok=True)
            over[f"/{name}"] = str(root / name)
        for name in ("lib", "lib64"):
            if not (root / name).is_symlink():
                (root / name).symlink_to(f"usr/{name}")
    return [*private.prefix(over=over), "/usr/sbin/chroot", str(root)]


def check_errors(err: str) -> None:
    """Standard error never carries a secret, a control byte, or a
    sanitizer's report."""
    for secret in SECRETS:
        assert secret not in err
    assert "Sanitizer" not in err and "runtime error" not in err, err
    assert PRINTABLE.fullmatch(err), repr(err)


# What the chain says when no source but the metadata service could be one.
STORY = "no credentials: env: AWS_ACCESS_KEY_ID not set; profile: no profile " \
    "'default'; container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and " \
    "AWS_CONTAINER_CREDENTIALS_FULL_URI not set; "
SHORTER = [(re.compile(pattern), short) for pattern, short in (
    (r"^(ecr-login|docker-credential-ecr-login): ", ""),
    (r"('(?:127\.0\.0\.1|localhost|[a-z.]+\.example)):\d{4,5}'", r"\1'"),
    (r"after \d+ ms", "after N ms"),
    (r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME"),
    (r"'/\S*/trusted\.pem'", "'BUNDLE'"),
    (r"ecr GetAuthorizationToken at '[a-z0-9.]+': ", "ECR: "),
    (re.escape(STORY), "NONE: "),
    (re.escape("/latest/meta-data/iam/security-credentials/"), "ROLES/"),
)]


def brief(err: str) -> str:
    """The one line of an error, exactly, but for the program's name, for what
    differs from run to run (ports, times) and for what is always the same."""
    assert err.endswith("\n") and err.count("\n") == 1, err
    for pattern, short in SHORTER:
        err = pattern.sub(short, err)
    return err[:-1]


def answer(server: str = HOST, password: str = PASSWORD) -> str:
    """What the credential helper says when it knows."""
    return f'{{"ServerURL":"{server}","Username":"AWS",' \
        f'"Secret":"{password}"}}\n'


def entry(host: str = HOST, auth: str = AUTH) -> str:
    """config.json as docker writes it, with one entry."""
    return f'{{\n\t"auths": {{\n\t\t"{host}": {{\n\t\t\t"auth": "{auth}"' \
        '\n\t\t}\n\t}\n}'
