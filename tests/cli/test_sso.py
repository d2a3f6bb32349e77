"""IAM Identity Center: the AWS CLI's tokens, used and renewed in its cache."""
import json
import os
import signal
import subprocess
import time

import pytest

from program import ACCOUNT, BINARY, PASSWORD, REGION, answer, check_errors
from standin import faults, hosts, netns, sso
from standin.aws import Aws

ROLE = "Pull only"
KEYS = f"sso_account_id = {ACCOUNT}\nsso_role_name = {ROLE}\n" \
    f"region = {REGION}\n"
WHERE = f"sso_start_url = {sso.START_URL}\nsso_region = {REGION}\n"
LEGACY = f"[profile p]\n{KEYS}{WHERE}"
SESSION = f"[profile p]\nsso_session = my\n{KEYS}[sso-session my]\n{WHERE}"
GET, RENEW = "sso:GetRoleCredentials", "sso-oidc:CreateToken"
TOKEN = "ecr:GetAuthorizationToken"
PATH = f"sso {ACCOUNT}/{ROLE}"
LOGIN = "; run: aws sso login --sso-session my"
LOGIN_OLD = "; run: aws sso login --profile p"


class Session:
    """A profile with a login's token in the cache."""

    def __init__(self, program, aws, name="my", **how) -> None:
        self.program, self.aws = program, aws
        program.env["AWS_PROFILE"] = "p"
        program.write(".aws/config", SESSION if name else LEGACY)
        file, text = aws.sso.cached(name, **how)
        self.path = program.write(f".aws/sso/cache/{file}", text)
        self.old = self.now

    @property
    def now(self) -> dict:
        return json.loads(self.path.read_text())

    def spoil(self, **members) -> None:
        """Change the file; None takes a member out."""
        self.old = {k: v for k, v in (self.old | members).items()
                    if v is not None}
        self.path.write_text(json.dumps(self.old))

    def get(self, **keywords):
        return self.program.run("credential-process", **keywords)

    def good(self, **keywords) -> dict:
        done = self.get(**keywords)
        assert (done.status, done.err) == (0, "")
        return json.loads(done.out)

    def error(self, **keywords) -> str:
        """The message, with what differs from run to run taken out."""
        done = self.get(**keywords)
        assert (done.status, done.out) == (1, "")
        start, end = "credential-process: ", "\n"
        assert done.err.startswith(start) and done.err.endswith(end)
        text = done.err[len(start):-len(end)]
        port = self.aws.port
        return text.replace(f"127.0.0.1:{port}", "AWS") \
            .replace(str(self.path), "FILE") \
            .replace(self.old.get("expiresAt") or "?", "TIME")


@pytest.mark.parametrize("name", ["", "my"])
def test_both_forms(program, aws, name):
    session = Session(program, aws, name)
    before = os.stat(session.path)
    got = session.good()
    key = aws.keys[got["AccessKeyId"]]
    assert key.path == PATH
    assert (got["SecretAccessKey"], got["SessionToken"]) == \
        (key.secret, key.token)
    assert aws.actions() == [GET]
    after = os.stat(session.path)
    assert (before.st_mtime_ns, before.st_ino) == \
        (after.st_mtime_ns, after.st_ino)
    aws.forget()
    assert program.get().parts == (0, answer(password=PASSWORD), "")
    assert aws.actions() == [GET, TOKEN] and aws.reached() == [PATH]


@pytest.mark.parametrize("life", [600, 1, -100000])
@pytest.mark.parametrize("rotate, forget", [
    (True, False), (True, True), (False, False)])
def test_refresh(program, aws, life, rotate, forget):
    """expiresAt is the service's time; what is not known stays."""
    aws.sso.rotate, aws.sso.forget_refresh = rotate, forget
    session = Session(program, aws, life=life)
    session.spoil(later={"x": [1, None]}, expiresAt=session.old["expiresAt"]
                  .replace("Z", "UTC"))
    session.path.chmod(0o640)
    start = time.time()
    session.good()
    now, given = session.now, aws.sso.issued[-1].members
    assert now == session.old | {
        "accessToken": given["accessToken"], "expiresAt": now["expiresAt"],
        "refreshToken": given.get("refreshToken",
                                  session.old["refreshToken"])}
    assert list(now) == list(session.old)
    ends = time.mktime(time.strptime(now["expiresAt"],
                                     "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 0 <= ends - (int(start) + aws.sso.life_s) <= 5
    assert session.path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(session.path.parent) == [session.path.name]
    assert aws.actions() == [RENEW, GET]
    session.good()
    assert aws.actions() == [RENEW, GET, GET]


# Arguments of cached(), members changed, and the message.
ENDED = {
    "legacy": ({"name": "", "life": -1}, {}, "sso session of profile 'p' has "
               f"ended: its token expired at TIME{LOGIN_OLD}"),
    "no refresh token": (
        {"refresh": False, "life": -1}, {},
        f"sso session 'my' has ended: its token expired at TIME{LOGIN}"),
    "no registration": (
        {"life": -1}, {"clientSecret": None},
        f"sso session 'my' has ended: its token expired at TIME{LOGIN}"),
    "registration expired": (
        {"life": -1, "registered": -1}, {},
        f"sso session 'my' has ended: its token expired at TIME{LOGIN}"),
    "refresh token used": (
        {"life": -1}, {"refreshToken": "used"},
        "sso session 'my' has ended: sso-oidc CreateToken at 'AWS': "
        f"InvalidGrantException: Invalid refresh token provided{LOGIN}"),
    "registration refused": (
        {"life": -1}, {"clientSecret": "another"},
        "sso session 'my' has ended: sso-oidc CreateToken at 'AWS': "
        f"InvalidClientException: Invalid client provided{LOGIN}"),
    "access token refused": (
        {}, {"accessToken": "another"},
        "sso session 'my' has ended: sso GetRoleCredentials at 'AWS': "
        "UnauthorizedException: Session token not found or invalid" + LOGIN),
    "access token refused, legacy": (
        {"name": ""}, {"accessToken": "another"},
        "sso session of profile 'p' has ended: sso GetRoleCredentials at "
        "'AWS': UnauthorizedException: Session token not found or invalid" +
        LOGIN_OLD),
    "no access token": ({}, {"accessToken": None}, "sso session 'my': 'FILE':"
                        f" no 'accessToken'{LOGIN}"),
    "no end": ({}, {"expiresAt": None},
               f"sso session 'my': 'FILE': no 'expiresAt'{LOGIN}"),
    "strange end": ({}, {"expiresAt": "soon"},
                    "sso session 'my': 'FILE': 'expiresAt' is 'TIME', which "
                    f"is no ISO 8601 time{LOGIN}"),
    "line break": ({}, {"accessToken": "a\r\nX: y"},
                   "sso session 'my': 'FILE': 'accessToken' cannot be sent: "
                   f"it is empty, or not all printable ASCII{LOGIN}"),
}


@pytest.mark.parametrize("name", ENDED)
def test_ended(program, aws, name):
    how, members, message = ENDED[name]
    session = Session(program, aws, **how)
    session.spoil(**members)
    assert session.error() == message
    assert session.now == session.old
    assert aws.sso.issued == []


def test_not_logged_in(program, aws):
    for name, what, run in (("my", "'my'", LOGIN),
                            ("", "of profile 'p'", LOGIN_OLD)):
        session = Session(program, aws, name)
        session.path.unlink()
        assert session.error() == f"sso session {what}: not logged in: open " \
            f"'FILE': No such file or directory{run}"
    assert not aws.log


def test_half_a_file(program, aws):
    """The CLI writes in place; what stays like that is named."""
    session = Session(program, aws)
    session.path.write_text(session.path.read_text()[:40])
    assert session.error() == "sso session 'my': 'FILE': not json at byte " \
        f"40, the end: string without an end{LOGIN}"
    assert not aws.log


def test_role_refused(program, aws):
    aws.sso.denied.add((ACCOUNT, ROLE))
    assert Session(program, aws).error() == \
        "sso GetRoleCredentials at 'AWS': ForbiddenException: No access; is " \
        f"role '{ROLE}' in account '{ACCOUNT}' assigned to this user?"


SETTINGS = {
    "no section": (f"[profile p]\nsso_session = my\n{KEYS}", "profile 'p': "
                   "there is no section [sso-session my]"),
    "nothing else": (f"[profile p]\n{KEYS}", "profile 'p' is one of IAM "
                     "Identity Center, but has no sso_start_url, sso_region"),
    "no account": (LEGACY.replace("sso_account_id", "x"), "profile 'p' is one "
                   "of IAM Identity Center, but has no sso_account_id"),
    "two regions": (SESSION.replace("my\n", "my\nsso_region = us-east-1\n", 1),
                    "profile 'p': its sso_region is 'us-east-1', but that of "
                    f"[sso-session my] is '{REGION}'; take one of them out"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_refused(program, aws, name):
    config, message = SETTINGS[name]
    session = Session(program, aws)
    program.write(".aws/config", config)
    done = session.get()
    assert done.parts[1:] == ("", f"credential-process: {message}\n")
    assert done.status != 0 and not aws.log


# Fault, where, attempts, and the message once the token has expired.
NOT_RENEWED = "sso session 'my': not renewed: sso-oidc CreateToken at 'AWS': "
GET_AT = "sso GetRoleCredentials at 'AWS': "
TROUBLE = {
    "renew 503": (faults.status(503), RENEW, 3, NOT_RENEWED +
                  "status 503 without an error of AWS's"),
    "renew page": (faults.html(), RENEW, 3, NOT_RENEWED +
                   "status 502 without an error of AWS's, but a web page"),
    "renew no json": (faults.reply("<"), RENEW, 1, NOT_RENEWED +
                      "not json at byte 0: value expected"),
    "renew throttled": (
        faults.rest_error("TooManyRequestsException", "Rate", 429), RENEW, 3,
        NOT_RENEWED + "TooManyRequestsException: Rate"),
    "renew refused": (
        faults.oauth_error("invalid_scope", "Scope"), RENEW, 1,
        NOT_RENEWED + "invalid_scope: Scope"),
    "get throttled": (
        faults.rest_error("TooManyRequestsException", "Rate", 429), GET, 3,
        GET_AT + "TooManyRequestsException: Rate"),
    "get 500": (faults.status(500), GET, 3, GET_AT +
                "status 500 without an error of AWS's"),
    "get nothing": (faults.rest_error("ResourceNotFoundException", "No", 404),
                    GET, 1, GET_AT + "ResourceNotFoundException: No; is role "
                    f"'{ROLE}' in account '{ACCOUNT}' assigned to this user?"),
    "get no json": (faults.reply("{}"), GET, 1,
                    GET_AT + "no 'roleCredentials'"),
    "get redirect": (faults.redirect("https://x.example/"), GET, 1, GET_AT +
                     "redirected (status 307) to 'https://x.example/': not "
                     "followed, check the endpoint"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble(program, aws, name):
    fault, on, attempts, message = TROUBLE[name]
    session = Session(program, aws, life=-1 if on == RENEW else 3600)
    aws.fail(fault, times=99, on=on)
    assert session.error() == message
    assert aws.actions() == [on] * attempts and session.now == session.old


def test_trouble_passes(program, aws):
    session = Session(program, aws, life=-1)
    for on in (RENEW, GET):
        aws.fail(faults.status(503), times=2, on=on)
    session.good()
    assert aws.actions() == [RENEW] * 3 + [GET] * 3
    assert aws.sso.refreshed() == 1


@pytest.mark.parametrize("why", ["trouble", "refusal"])
def test_old_token_while_it_is_good(program, aws, why):
    session = Session(program, aws, life=500)
    if why == "refusal":
        session.spoil(refreshToken="used")
    else:
        aws.fail(faults.reply("<"), on=RENEW)
    done = session.get()
    assert done.status == 0 and aws.keys[json.loads(done.out)[
        "AccessKeyId"]].path == PATH
    what = {"trouble": ": not renewed: sso-oidc CreateToken at 'AWS': not "
                       "json at byte 0: value expected",
            "refusal": " has ended: sso-oidc CreateToken at 'AWS': "
                       "InvalidGrantException: Invalid refresh token "
                       f"provided{LOGIN}"}[why]
    assert done.err.replace(f"127.0.0.1:{aws.port}", "AWS") == \
        f"credential-process: warning: sso session 'my'{what} (its token is " \
        f"good until {session.old['expiresAt']})\n"
    assert session.now == session.old


@pytest.mark.parametrize("count", [8])
@pytest.mark.parametrize("life", [-60, 300])
def test_many_at_once(program, aws, count, life):
    """One of them renews, and the others use what it was given: the refresh
    token is good for one use."""
    session = Session(program, aws, life=life)
    aws.fail(faults.delay(0.5), on=RENEW)
    many = [subprocess.Popen(
        program.command("credential-process"), env=program.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True) for _ in range(count)]
    for one in many:
        out, err = one.communicate(timeout=60)
        assert (one.returncode, err) == (0, "")
        assert aws.keys[json.loads(out)["AccessKeyId"]].path == PATH
    assert aws.sso.refreshed() == 1
    assert sorted(aws.actions()) == [RENEW] + [GET] * count
    given = aws.sso.issued[-1].members
    assert session.now == session.old | {
        "accessToken": given["accessToken"],
        "refreshToken": given["refreshToken"],
        "expiresAt": session.now["expiresAt"]}


@pytest.mark.parametrize("after", [0.05, 0.15, 0.2, 0.202, 0.204, 0.206,
                                   0.208, 0.21, 0.22, 0.25])
def test_killed(program, aws, after):
    """The file is the old or the new one, and the lock is free again. (What
    was granted to who is killed before it writes is lost; so the refresh
    token is good for many uses here.)"""
    aws.sso.rotate = False
    session = Session(program, aws, life=-60)
    aws.fail(faults.delay(0.2), on=RENEW)
    with subprocess.Popen(
            program.command("credential-process"), env=program.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as one:
        for _ in range(500):
            if aws.log:
                break
            time.sleep(0.001)
        time.sleep(after)
        one.send_signal(signal.SIGKILL)
    now = session.now
    new = [i.members["accessToken"] for i in aws.sso.issued]
    assert now == session.old or now == session.old | {
        "accessToken": new[0], "expiresAt": now["expiresAt"]}
    session.good()
    assert session.now["accessToken"] == aws.sso.issued[-1].members[
        "accessToken"]


READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"
"""


@pytest.mark.parametrize("rotate", [True, False])
def test_read_only(program, aws, namespaces, rotate):
    """What was renewed is used, and the warning says what that means."""
    aws.sso.rotate = rotate
    session = Session(program, aws, life=-60)
    done = subprocess.run(
        ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh",
         "-c", READ_ONLY, "ro", str(session.path.parent), str(BINARY),
         "credential-process"], env=program.environment(),
        capture_output=True, text=True, timeout=60, check=False)
    check_errors(done.stderr)
    assert done.returncode == 0, done.stderr
    assert aws.keys[json.loads(done.stdout)["AccessKeyId"]].path == PATH
    assert session.now == session.old
    assert done.stderr == "credential-process: warning: sso session 'my': " \
        f"renewed, but not kept: write '{session.path}': Read-only file " \
        "system" + (f"{LOGIN} (the AWS CLI's session is out of date now)"
                    if rotate else "") + "\n"
    assert session.get().status == (1 if rotate else 0)


# The AWS CLI itself, under AWS's own names: it takes no other endpoint for
# single sign-on.

@pytest.fixture
def cli(namespaces, program, pki):
    with netns.Netns() as ns, Aws() as aws:
        aws.listen(port=443, tls=pki.context(), ns=ns)
        program.env |= {"AWS_PROFILE": "p", "AWS_PAGER": "",
                        "AWS_CA_BUNDLE": str(pki.bundle)}
        table = hosts.write(program.directory / "hosts", {
            f"{name}.{REGION}.amazonaws.com": "127.0.0.1"
            for name in ("portal.sso", "oidc", "sts", "api.ecr")})
        yield Cli(program, aws, ns, table)


class Cli:
    def __init__(self, program, aws, ns, table) -> None:
        self.program, self.aws = program, aws
        self.where = {"ns": ns, "hosts": table}

    def run(self, *args) -> str:
        done = subprocess.run(
            self.program.command(*args, binary="/usr/bin/aws", **self.where),
            env=self.program.environment(), capture_output=True, text=True,
            timeout=60, check=False, cwd=self.program.directory)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def who(self) -> str:
        """The path of the key that it comes with, freshly fetched."""
        cache = self.program.home / ".aws" / "cli" / "cache"
        for path in cache.glob("*.json"):
            path.unlink()
        arn = json.loads(self.run("sts", "get-caller-identity", "--output",
                                  "json"))["Arn"]
        assert ROLE in arn
        return self.aws.log[-1].by

    def ours(self) -> str:
        done = self.program.run("credential-process", **self.where)
        assert (done.status, done.err) == (0, "")
        return self.aws.keys.path(json.loads(done.out)["AccessKeyId"])

    def file(self, name: str) -> dict:
        path = self.program.home / ".aws/sso/cache" / \
            sso.Sso(self.aws.keys, self.aws.now).cached(name)[0]
        return json.loads(path.read_text())

    def bearer(self) -> str:
        """The token with which the last role was asked for."""
        return [r for r in self.aws.log if r.action == GET][-1].headers[
            "x-amz-sso_bearer_token"]


def test_cli_logs_in(cli):
    """Legacy form: the token is used until it ends, by both."""
    cli.program.write(".aws/config", LEGACY)
    cli.aws.sso.pending = 1
    cli.run("sso", "login", "--no-browser")
    made = cli.file("")
    assert "refreshToken" not in made
    assert cli.ours() == PATH and cli.bearer() == made["accessToken"]
    assert cli.who() == PATH and cli.bearer() == made["accessToken"]
    assert cli.file("") == made


def test_cli_and_we_take_turns(cli):
    """Session form: each renews what the other has left, with a refresh token
    that is good for one use."""
    cli.program.write(".aws/config", SESSION +
                      f"sso_registration_scopes = {sso.SCOPE}\n")
    cli.aws.sso.life_s = 600
    cli.run("sso", "login", "--no-browser")
    files = [cli.file("my")]
    for ask in (cli.ours, cli.who, cli.ours, cli.ours, cli.who):
        assert ask() == PATH
        files.append(cli.file("my"))
        assert cli.bearer() == files[-1]["accessToken"]
        assert set(files[-1]) == set(files[0])
    for member in ("accessToken", "refreshToken"):
        assert len({file[member] for file in files}) == len(files)
    cli.aws.sso.life_s = 3600
    assert cli.ours() == PATH
    last = cli.file("my")
    assert cli.who() == PATH and cli.ours() == PATH
    assert cli.file("my") == last and cli.bearer() == last["accessToken"]
    assert cli.aws.sso.refreshed() == len(files)
