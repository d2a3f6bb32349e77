"""Roles of profiles: chains, sources, MFA devices at a terminal, and one
cache for the AWS CLI and us."""
import json
import os
import shutil
import stat
import time

import pytest

from person import Person
from program import ACCOUNT, REGION, STATIC_ENV, HOST, answer, check_errors
from standin import hosts
from standin.aws import Aws
from standin.container import ECS_PATH
from standin.sts import Role

NAME = "credential-process"
HELPER = "docker-credential-ecr-login"
OTHER = "999988887777"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/user"
QUESTION = f"Enter MFA code for {SERIAL}: ".encode()


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def keys(key) -> str:
    return f"aws_access_key_id = {key.id}\n" \
        f"aws_secret_access_key = {key.secret}\n" + (
            f"aws_session_token = {key.token}\n" if key.token else "")


class Roles:
    """Profiles, and who comes out of one."""

    def __init__(self, program, aws) -> None:
        self.program, self.aws = program, aws
        self.sections: list[str] = []
        self.base = aws.keys.user("base")

    def profile(self, name: str, *lines: str) -> None:
        self.sections.append(f"[profile {name}]\nregion = {REGION}\n" +
                             "".join(f"{line}\n" for line in lines))
        self.program.write(".aws/config", "\n".join(self.sections))

    def role(self, name: str, source: str, *lines: str,
             account: str = ACCOUNT) -> None:
        self.profile(name, f"role_arn = {arn(name, account)}",
                     f"source_profile = {source}", *lines)

    def run(self, profile: str, *args: str, **keywords):
        return self.program.run(NAME, "--profile", profile, *args, **keywords)

    def key(self, profile: str, **keywords):
        done = self.run(profile, **keywords)
        assert (done.status, done.err) == (0, ""), done
        return self.aws.keys[json.loads(done.out)["AccessKeyId"]]

    def error(self, profile: str, status: int = 2, **keywords) -> str:
        done = self.run(profile, **keywords)
        assert (done.status, done.out) == (status, ""), done
        start = f"{NAME}: "
        assert done.err.startswith(start) and done.err.count("\n") == 1
        return done.err[len(start):-1]


@pytest.fixture
def roles(program, aws):
    made = Roles(program, aws)
    made.profile("base", keys(made.base))
    return made


# Chains.

def test_one(roles):
    roles.role("one", "base")
    key = roles.key("one")
    assert key.path == f"{roles.base.id} > {ACCOUNT}/one"
    call, = roles.aws.sts.calls("AssumeRole")
    assert (call.by, call.region) == (roles.base.id, REGION)
    assert set(call.form) == {"Action", "Version", "RoleArn",
                              "RoleSessionName"}
    word, _, second = call.form["RoleSessionName"].partition("-")
    assert word == "ecrbox" and abs(int(second) - time.time()) < 60


def test_chain_on_one_connection(roles):
    roles.role("two", "one", "external_id = x/1", "duration_seconds = 3600",
               account=OTHER)
    roles.role("one", "base", "role_session_name = me@here",
               "duration_seconds = 7200")
    roles.aws.sts.roles[arn("two", OTHER)] = Role(
        external_id="x/1", trusts={f"{roles.base.id} > {ACCOUNT}/one"})
    done = roles.run("two", "-v")
    assert done.status == 0
    key = roles.aws.keys[json.loads(done.out)["AccessKeyId"]]
    assert key.path == f"{roles.base.id} > {ACCOUNT}/one > {OTHER}/two"
    assert json.loads(done.out)["AccountId"] == OTHER
    first, second = roles.aws.sts.calls("AssumeRole")
    assert first.form["RoleSessionName"] == "me@here"
    assert first.form["DurationSeconds"] == "7200"
    assert second.form["DurationSeconds"] == "3600"
    assert len(roles.aws.sts.connections()) == 1
    # The way, and a line for each role.
    assert f"{NAME}: roles: 'two' -> 'one' -> 'base'\n" in done.err
    assert done.err.count(f"role '{arn('one')}' taken as 'me@here': key ") == 1
    assert done.err.count(f"role '{arn('two', OTHER)}' taken as 'ecrbox-") == 1


def test_chain_on_one_tls_connection(roles, pki):
    roles.role("two", "one")
    roles.role("one", "base")
    port = roles.aws.listen(tls=pki.context())
    roles.key("two", env={"AWS_ENDPOINT_URL": f"https://localhost:{port}",
                          "AWS_CA_BUNDLE": str(pki.bundle)})
    assert [request.secure for request in roles.aws.log] == [True, True]
    assert len(roles.aws.sts.connections()) == 1


def test_login_by_chain(roles):
    """All the way to a password; ECR is asked as the last role."""
    roles.role("two", "one")
    roles.role("one", "base")
    done = roles.program.get(env={"AWS_PROFILE": "two"})
    assert done.parts == (0, answer(), "")
    path = f"{roles.base.id} > {ACCOUNT}/one > {ACCOUNT}/two"
    assert roles.aws.reached() == [path]
    # The password is kept, the roles are not.
    assert roles.program.get(env={"AWS_PROFILE": "two"}).status == 0
    assert len(roles.aws.log) == 3
    assert not (roles.program.home / ".aws" / "cli").exists()
    # Another external id is another identity.
    roles.sections.clear()
    roles.profile("base", keys(roles.base))
    roles.role("one", "base")
    roles.role("two", "one", "external_id = y")
    assert roles.program.get(env={"AWS_PROFILE": "two"}).status == 0
    assert len(roles.aws.log) == 6


def test_eight(roles):
    for i in range(1, 9):
        roles.role(f"r{i}", f"r{i + 1}" if i < 8 else "base")
    assert roles.key("r1").path.count(" > ") == 8
    roles.role("r0", "r1")
    assert roles.error("r0", 1) == \
        "profile 'r0': more than 8 roles one after the other"


def test_self(roles):
    roles.role("own", "own", keys(roles.base))
    assert roles.key("own").path == f"{roles.base.id} > {ACCOUNT}/own"


def test_static_source_with_a_role(roles):
    roles.role("one", "both")
    roles.role("both", "base", keys(roles.aws.keys.user("static")))
    assert roles.key("one").path == \
        f"{roles.aws.keys.user('static').id} > {ACCOUNT}/one"


# Sources by name.

def test_environment(roles):
    """With --profile too, which otherwise puts it aside."""
    roles.profile("e", f"role_arn = {arn('e')}",
                  "credential_source = Environment")
    assert roles.key("e", env=STATIC_ENV).path == \
        f"{STATIC_ENV['AWS_ACCESS_KEY_ID']} > {ACCOUNT}/e"


def test_instance(roles, imds):
    imds.key = roles.aws.keys.user("machine", token="m")
    roles.profile("i", f"role_arn = {arn('i')}",
                  "credential_source = Ec2InstanceMetadata")
    assert roles.key("i").path == f"{imds.key.path} > {ACCOUNT}/i"


def test_container(roles, container):
    container.key = roles.aws.keys.user("task", token="t")
    roles.profile("c", f"role_arn = {arn('c')}",
                  "credential_source = EcsContainer")
    assert roles.key("c", env={
        "AWS_CONTAINER_CREDENTIALS_FULL_URI":
            f"http://127.0.0.1:{container.port}{ECS_PATH}"}).path == \
        f"{container.key.path} > {ACCOUNT}/c"


# Refusals: the lines of profile p besides its role; what is said.
NO_SOURCE = "profile 'p' has role_arn, but neither source_profile nor " \
    "credential_source to take it with"
REFUSED = [
    ([], NO_SOURCE),
    (["source_profile = nobody"], "source_profile of 'p': profile 'nobody' "
     "not found in 'HOME/config' or 'HOME/credentials'"),
    (["source_profile = empty"], "source_profile 'empty' of profile 'p': no "
     "credentials: profile: 'empty' has no aws_access_key_id"),
    (["source_profile = half"], "profile 'half' in 'HOME/config' has "
     "aws_access_key_id without aws_secret_access_key; keep both in one "
     "file"),
    (["source_profile = p"], "source_profile leads round in a circle: 'p' -> "
     "'p'; name a profile that has credentials itself"),
    (["source_profile = q"], "source_profile leads round in a circle: 'p' -> "
     "'q' -> 'r' -> 'q'; name a profile that has credentials itself"),
    (["source_profile = base", "credential_source = Environment"],
     "profile 'p' has both source_profile and credential_source; keep one"),
    (["credential_source = environment"], "profile 'p': credential_source "
     "'environment' is none of Environment, Ec2InstanceMetadata and "
     "EcsContainer"),
    (["credential_source = Environment"], "credential_source Environment of "
     "profile 'p': AWS_ACCESS_KEY_ID not set"),
    (["credential_source = EcsContainer"], "credential_source EcsContainer of "
     "profile 'p': AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
     "AWS_CONTAINER_CREDENTIALS_FULL_URI not set"),
    (["credential_source = Ec2InstanceMetadata"], "credential_source "
     "Ec2InstanceMetadata of profile 'p': switched off by "
     "AWS_EC2_METADATA_DISABLED"),
    (["source_profile = base", "role_session_name = a b"], "profile 'p': "
     "role_session_name 'a b' is not 2 to 64 of [A-Za-z0-9_+=,.@-]"),
    (["source_profile = base", "external_id = a b"], "profile 'p': "
     "external_id has a blank or a byte that is not printable ASCII"),
]


@pytest.mark.parametrize("lines, message", REFUSED)
def test_refused(roles, lines, message):
    roles.profile("p", f"role_arn = {arn('p')}", *lines)
    roles.profile("empty")
    roles.profile("half", "aws_access_key_id = AKIAHALF")
    roles.role("q", "r")
    roles.role("r", "q")
    assert roles.error("p") == message.replace(
        "HOME", str(roles.program.home / ".aws"))
    assert not roles.aws.log


# By the Go SDK's order, in its own helper.
GO = [
    ([f"role_arn = {arn('p')}", "KEYS"], None),
    ([f"role_arn = {arn('p')}"], NO_SOURCE + ": no credentials: profile: 'p' "
     "has no aws_access_key_id"),
    (["source_profile = base", "KEYS"], "profile 'p' has source_profile, but "
     "no role_arn to take with it"),
    ([f"role_arn = {arn('p')}", "source_profile = base",
      "credential_process = /bin/false"], "profile 'p' has both "
     "source_profile and credential_process; keep one"),
]


@pytest.mark.parametrize("lines, message", GO)
def test_go_order(roles, lines, message):
    roles.profile("p", *(keys(roles.base) if line == "KEYS" else line
                         for line in lines))
    done = roles.program.get(env={"AWS_PROFILE": "p"})
    if message is None:
        assert done.parts == (0, answer(), "")
        assert roles.aws.reached() == [f"{roles.base.id} > {ACCOUNT}/p"]
    else:
        assert done.status == 1 and done.err == f"{HELPER}: {message}\n"
        assert not roles.aws.log


def test_go_asks_where_the_registry_is(roles):
    """The region of the signature; the CLI's order takes the run's."""
    roles.role("p", "base")
    env = {"AWS_PROFILE": "p", "AWS_REGION": "ap-south-1"}
    assert roles.program.get(HOST, env=env).status == 0
    shutil.rmtree(roles.program.cache)
    assert roles.program.login(HOST, env=env).status == 0
    assert [call.region for call in roles.aws.sts.log] == \
        [REGION, "ap-south-1"]


@pytest.mark.parametrize("value", ["1h", "-900", "900.5"])
def test_odd_duration(roles, value):
    roles.role("p", "base", f"duration_seconds = {value}")
    done = roles.run("p", "-v")
    assert done.status == 0
    assert f"duration_seconds '{value}' is no number; left out\n" in done.err
    assert "DurationSeconds" not in roles.aws.sts.log[0].form


# MFA devices.

@pytest.fixture
def device(roles):
    roles.role("mfa", "base", f"mfa_serial = {SERIAL}")
    roles.aws.sts.roles[arn("mfa")] = Role(serial=SERIAL, code="042042")
    return roles


def at_terminal(roles, *args) -> Person:
    return Person(roles.program.command(*args), roles.program.environment())


def entry(roles):
    path, = (roles.program.home / ".aws/cli/cache").glob("*.json")
    return path


def test_code(device):
    with at_terminal(device, NAME, "--profile", "mfa") as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0
        assert b"042042" not in person.seen
    call, = device.aws.sts.calls("AssumeRole")
    assert call.form["SerialNumber"] == SERIAL
    # Kept for whoever comes next, without a terminal.
    assert device.key("mfa").path == f"{device.base.id} > {ACCOUNT}/mfa"
    assert len(device.aws.log) == 1
    path = entry(device)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for part in ("cache", "."):
        mode = (path.parent.parent / part).stat().st_mode
        assert stat.S_IMODE(mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_code_for_the_role_below(device):
    device.role("top", "mfa")
    with at_terminal(device, NAME, "--profile", "top") as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0
    assert device.key("top").path == \
        f"{device.base.id} > {ACCOUNT}/mfa > {ACCOUNT}/top"
    assert device.aws.actions() == ["sts:AssumeRole"] * 3
    entry(device)


def test_code_while_the_connection_is_opened(device):
    """The helper asks for credentials in a child of its own."""
    device.program.env["AWS_PROFILE"] = "mfa"
    with at_terminal(device, "ecr-login", HOST) as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0, person.seen
    assert device.aws.reached() == [f"{device.base.id} > {ACCOUNT}/mfa"]
    entry(device)


NOT_A_CODE = f"role '{arn('mfa')}': an MFA code has 6 digits"


@pytest.mark.parametrize("typed, message, calls", [
    (b"", NOT_A_CODE, 0),
    (b"90909", NOT_A_CODE, 0),
    (b"9090909", NOT_A_CODE, 0),
    (b"9090a9", NOT_A_CODE, 0),
    (b"999999", "AccessDenied: MultiFactorAuthentication failed with invalid "
     "MFA one time pass code", 1),
])
def test_wrong_code(device, typed, message, calls):
    with at_terminal(device, NAME, "--profile", "mfa") as person:
        person.answer(QUESTION, typed)
        assert person.wait() in (1, 2)
    assert message.encode() in person.seen
    assert not typed or typed not in person.seen
    assert len(device.aws.log) == calls
    assert not (device.program.home / ".aws/cli").exists()


def test_no_terminal(device):
    assert device.error("mfa", 1) == \
        f"role '{arn('mfa')}' needs a code of MFA device '{SERIAL}', and " \
        "there is no terminal to ask for it at; run 'aws sts " \
        "get-caller-identity --profile mfa' at one: the session it gets is " \
        "used here too"
    assert not device.aws.log


def test_entry_that_ends_soon(device):
    device.aws.sts.roles[arn("mfa")].life_s = 900
    with at_terminal(device, NAME, "--profile", "mfa") as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0
    time.sleep(1)
    assert "no terminal" in device.error("mfa", 1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Credentials": 1}'])
def test_entry_that_is_none(device, text):
    with at_terminal(device, NAME, "--profile", "mfa") as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0
    path = entry(device)
    whole = path.read_text()
    path.write_text(text)
    done = device.run("mfa", "-v")
    assert done.status == 1 and f"'{path}' not used: " in done.err
    check_errors(done.err)
    path.write_text(whole)
    device.key("mfa")


def test_cache_that_cannot_be_written(device):
    device.program.write(".aws/cli", "in the way")
    with at_terminal(device, NAME, "--profile", "mfa") as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0
    assert f"role '{arn('mfa')}' not kept for the next run: ".encode() in \
        person.seen


def test_two_at_once(device):
    """Both ask, both get one, and the entry is whole."""
    with at_terminal(device, NAME, "--profile", "mfa") as one, \
            at_terminal(device, NAME, "--profile", "mfa") as two:
        one.expect(QUESTION)
        two.expect(QUESTION)
        one.answer(QUESTION, b"042042")
        two.answer(QUESTION, b"042042")
        assert (one.wait(), two.wait()) == (0, 0)
    assert len(device.aws.log) == 2
    device.key("mfa")
    assert len(device.aws.log) == 2


# The AWS CLI, which knows no other endpoint for this than AWS's own.

@pytest.fixture
def cli(ns, program, pki):
    with Aws() as aws:
        aws.listen(port=443, tls=pki.context(), ns=ns)
        made = Roles(program, aws)
        made.profile("base", keys(made.base))
        made.role("mfa", "base", f"mfa_serial = {SERIAL}",
                  "external_id = x/1", "duration_seconds = 1800",
                  "role_session_name = me@here")
        aws.sts.roles[arn("mfa")] = Role(serial=SERIAL, code="042042",
                                         external_id="x/1")
        program.env |= {"AWS_PROFILE": "mfa", "AWS_PAGER": "",
                        "AWS_CA_BUNDLE": str(pki.bundle)}
        table = hosts.write(program.directory / "hosts", {
            f"{name}.{REGION}.amazonaws.com": "127.0.0.1"
            for name in ("sts", "api.ecr")})
        made.where = {"ns": ns, "hosts": table}
        yield made


THEIRS = ("sts", "get-caller-identity", "--output", "json")


def converse(cli, *args, **where) -> None:
    command = cli.program.command(*args, **cli.where, **where)
    with Person(command, cli.program.environment()) as person:
        person.answer(QUESTION, b"042042")
        assert person.wait() == 0, person.seen


def test_their_session_is_ours(cli):
    converse(cli, *THEIRS, binary="/usr/bin/aws")
    theirs, = cli.aws.sts.calls("AssumeRole")
    path = entry(cli)
    before = path.read_bytes()
    key = cli.key("mfa", **cli.where)
    assert key.path == f"{cli.base.id} > {ACCOUNT}/mfa"
    assert cli.aws.sts.calls("AssumeRole") == [theirs]
    assert path.read_bytes() == before


def test_our_session_is_theirs(cli):
    converse(cli, NAME)
    ours, = cli.aws.sts.calls("AssumeRole")
    entry(cli)
    command = cli.program.command(*THEIRS, binary="/usr/bin/aws",
                                  **cli.where)
    with Person(command, cli.program.environment()) as person:
        assert person.wait() == 0, person.seen
    assert QUESTION not in person.seen
    assert cli.aws.sts.calls("AssumeRole") == [ours]
    assert cli.aws.sts.log[-1].action == "GetCallerIdentity"
    assert cli.aws.sts.log[-1].by == f"{cli.base.id} > {ACCOUNT}/mfa"


def test_the_same_call(cli):
    """What we ask STS is what they ask it."""
    converse(cli, *THEIRS, binary="/usr/bin/aws")
    entry(cli).unlink()
    converse(cli, NAME)
    theirs, ours = cli.aws.sts.calls("AssumeRole")
    assert ours.form == theirs.form
    assert (ours.by, ours.region) == (theirs.by, theirs.region)
    assert os.listdir(entry(cli).parent) == [entry(cli).name]
