"""Web identity: IAM roles for service accounts as EKS sets them up, and
profiles with a token."""
import base64
import json

import pytest

from program import ACCOUNT, HOST, REGION, STATIC_ENV, answer
from standin import hosts
from standin.aws import Aws

NAME = "credential-process"
HELPER = "docker-credential-ecr-login"
SUBJECT = "system:serviceaccount:prod:app"
FILE = "AWS_WEB_IDENTITY_TOKEN_FILE"


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def path(name: str) -> str:
    return f"web {SUBJECT} > {ACCOUNT}/{name}"


def jwt(serial: int, **claims) -> str:
    parts = ({"alg": "RS256"}, {"iss": "https://oidc.example", "sub": SUBJECT,
                                "exp": serial} | claims)
    return ".".join(base64.urlsafe_b64encode(
        json.dumps(part).encode()).decode().rstrip("=")
        for part in parts) + ".c2lnbmF0dXJl"


class Issuer:
    """Writes tokens that AWS believes, as the kubelet does."""

    def __init__(self, program, aws) -> None:
        self.program, self.aws = program, aws
        aws.sts.web_tokens.clear()
        self.serial = 0
        self.issue()
        self.env = {FILE: str(self.file), "AWS_ROLE_ARN": arn("pod"),
                    "AWS_REGION": REGION}

    def issue(self, end: str = "", **claims) -> str:
        self.serial += 1
        token = jwt(self.serial, **claims)
        self.aws.sts.web_tokens[token] = claims.get("sub", SUBJECT)
        self.file = self.program.write("token", token + end)
        return token

    def profile(self, *lines: str, name: str = "p") -> None:
        self.program.write(".aws/config", f"[profile {name}]\n" + "".join(
            f"{line}\n" for line in lines))

    def ask(self, *args, env=None):
        return self.program.run(NAME, *args, env=self.env | (env or {}))

    def key(self, *args, env=None):
        done = self.ask(*args, env=env)
        assert (done.status, done.err) == (0, ""), done
        return self.aws.keys[json.loads(done.out)["AccessKeyId"]]


@pytest.fixture
def issuer(program, aws):
    return Issuer(program, aws)


def test_pod(issuer):
    """EKS's variables, by our own applet and by the helper."""
    env = issuer.env | {"AWS_DEFAULT_REGION": REGION,
                        "AWS_STS_REGIONAL_ENDPOINTS": "regional"}
    assert issuer.program.login(HOST, env=env).status == 0
    assert issuer.program.get(env=env).parts == (0, answer(), "")
    assert issuer.aws.reached() == [path("pod")]
    call, = issuer.aws.sts.calls()
    assert call.action == "AssumeRoleWithWebIdentity" and not call.signed
    assert set(call.form) == {"Action", "Version", "RoleArn",
                              "RoleSessionName", "WebIdentityToken"}
    assert call.form["RoleSessionName"].startswith("ecrbox-")


def test_session_name(issuer):
    issuer.key(env={"AWS_ROLE_SESSION_NAME": "pod@1"})
    assert issuer.aws.sts.log[0].form["RoleSessionName"] == "pod@1"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r"])
def test_line_end(issuer, end):
    token = issuer.issue(end)
    issuer.key()
    assert issuer.aws.sts.log[0].form["WebIdentityToken"] == token


def test_read_anew(issuer):
    """A token that was replaced is the one that is sent; its owner stays the
    same, and so does the cached password."""
    issuer.key()
    first = issuer.aws.sts.log[0].form["WebIdentityToken"]
    second = issuer.issue()
    issuer.key()
    assert [call.form["WebIdentityToken"] for call in issuer.aws.sts.log] == \
        [first, second]
    assert issuer.program.get(env=issuer.env).status == 0
    issuer.issue()
    assert issuer.program.get(env=issuer.env).status == 0
    assert len(issuer.aws.reached()) == 1
    # Somebody else's at the same path is not.
    issuer.issue(sub="system:serviceaccount:prod:other")
    assert issuer.program.get(env=issuer.env).status == 0
    assert len(issuer.aws.reached()) == 2


# Who wins: the lines of profile p, what is set besides, the paths that the
# AWS CLI's order and that of the Go SDK's find; None: as the first.
BASE = "[profile base]\naws_access_key_id = {AWS_ACCESS_KEY_ID}\n" \
    "aws_secret_access_key = {AWS_SECRET_ACCESS_KEY}".format_map(STATIC_ENV)
STATIC = STATIC_ENV["AWS_ACCESS_KEY_ID"]
WINS = [
    ([], {}, path("pod"), None),
    ([], STATIC_ENV, STATIC, None),
    ([f"role_arn = {arn('p')}", "source_profile = base", BASE], {},
     f"{STATIC} > {ACCOUNT}/p", path("pod")),
    (BASE.splitlines()[1:], {}, path("pod"), None),
    ([f"role_arn = {arn('p')}", "web_identity_token_file = ~/token"], {},
     path("pod"), None),
    ([f"role_arn = {arn('p')}", "web_identity_token_file = ~/token"],
     {"AWS_ROLE_ARN": None, FILE: None}, path("p"), None),
    ([f"role_arn = {arn('p')}", "web_identity_token_file = /nowhere"],
     {"AWS_ROLE_ARN": None}, path("p"), "error"),
    (["web_identity_token_file = ~/token"], {FILE: None}, path("pod"),
     "error"),
    ([f"role_arn = {arn('p')}", "source_profile = web", "[profile web]",
      f"role_arn = {arn('web')}", "web_identity_token_file = ~/token"],
     {FILE: None}, f"{path('web')} > {ACCOUNT}/p", None),
]


@pytest.mark.parametrize("lines, env, cli, go", WINS)
def test_who_wins(issuer, lines, env, cli, go):
    issuer.profile(*lines)
    env = issuer.env | {"AWS_PROFILE": "p"} | env
    assert issuer.key(env=env).path == cli
    issuer.aws.forget()
    done = issuer.program.get(env=env)
    if go == "error":
        assert done.status == 1 and not issuer.aws.log
    else:
        assert issuer.aws.reached() == [go or cli]


def test_explicit_profile(issuer):
    """--profile puts the environment aside, part by part."""
    issuer.profile("web_identity_token_file = ~/token")
    done = issuer.ask("--profile", "p")
    assert (done.status, done.err) == (2, f"{NAME}: profile 'p' has "
                                       "web_identity_token_file, but no "
                                       "role_arn to take with it\n")
    issuer.profile(f"role_arn = {arn('p')}",
                   "web_identity_token_file = ~/token",
                   "role_session_name = mine")
    env = {FILE: "/nowhere", "AWS_ROLE_SESSION_NAME": "theirs"}
    assert issuer.key("--profile", "p", env=env).path == path("p")
    assert issuer.aws.sts.log[0].form["RoleSessionName"] == "mine"


NO_ROLE = f"{FILE} is set, but AWS_ROLE_ARN"
REFUSED = [
    ({"AWS_ROLE_ARN": None},
     f"{NO_ROLE} and the profile's role_arn are not; set both or neither",
     f"{NO_ROLE} is not; set both or neither"),
    ({FILE: "/nowhere"},
     "web identity token: open '/nowhere': No such file or directory", None),
    ({FILE: "/"}, "web identity token: read '/': Is a directory", None),
    ({FILE: "/dev/null"}, "web identity token: '/dev/null' is empty", None),
    ({"AWS_ROLE_SESSION_NAME": "a/b"}, "web identity: session name 'a/b' is "
     "not 2 to 64 of [A-Za-z0-9_+=,.@-]", None),
]


@pytest.mark.parametrize("env, cli, go", REFUSED)
def test_refused(issuer, env, cli, go):
    """An error, though the container's agent would have an answer."""
    env = env | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"}
    done = issuer.ask(env=env)
    assert done.status in (1, 2) and done.err == f"{NAME}: {cli}\n"
    done = issuer.program.get(env=issuer.env | env)
    assert done.status == 1 and done.err == f"{HELPER}: {go or cli}\n"
    assert not issuer.aws.log


def test_verbose(issuer):
    done = issuer.ask("-v")
    key = json.loads(done.out)["AccessKeyId"]
    assert f"{NAME}: role '{arn('pod')}' taken as 'ecrbox-" in done.err
    assert f"' with the token in '{issuer.file}': key {key} until " in \
        done.err
    assert issuer.file.read_text() not in done.err


@pytest.mark.parametrize("region, host", [
    (REGION, f"sts.{REGION}.amazonaws.com"), (None, "sts.amazonaws.com")])
def test_true_names(program, ns, pki, region, host):
    """Under AWS's own names; without a region the global endpoint."""
    with Aws() as service:
        service.listen(port=443, tls=pki.context(), ns=ns)
        issuer = Issuer(program, service)
        table = hosts.write(program.directory / "hosts", {host: "127.0.0.1"})
        done = program.run(NAME, env=issuer.env | {
            "AWS_REGION": region, "AWS_CA_BUNDLE": str(pki.bundle)},
            ns=ns, hosts=table)
        assert done.status == 0, done
        assert [call.host for call in service.sts.log] == [host]
