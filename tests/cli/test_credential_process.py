"""credential-process: the chain's credentials for other programs, in forms
that those programs read."""
import calendar
import json
import re
import shlex
import subprocess
import sys
import time

import pytest

from program import BINARY, REGION, SECRETS, SESSION_ENV, STATIC_ENV
from standin import aws as stand
from standin.container import (ECS_ADDRESS, ECS_PATH, EKS_ADDRESS, EKS_PATH,
                               Container)
from standin.imds import ADDRESS, ADDRESS_6, Imds

NAME = "credential-process"
EXPIRY = "2036-01-02T03:04:05Z"
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
NASTY = "a'b\"c$d`e;f\\g#h%i!j~k(l)"
STATIC_JSON = f'{{"Version":1,"AccessKeyId":"{stand.STATIC.id}",' \
    f'"SecretAccessKey":"{stand.SECRET}"}}\n'
SESSION_JSON = f'{{"Version":1,"AccessKeyId":"{stand.SESSION.id}",' \
    f'"SecretAccessKey":"{stand.SESSION_SECRET}",' \
    f'"SessionToken":"{stand.SESSION_TOKEN}",' \
    f'"Expiration":"{EXPIRY}","AccountId":"{stand.ACCOUNT}"}}\n'
EXPIRING = SESSION_ENV | {"AWS_CREDENTIAL_EXPIRATION": EXPIRY,
                          "AWS_ACCOUNT_ID": stand.ACCOUNT}
LINES = [("AWS_ACCESS_KEY_ID", stand.SESSION.id),
         ("AWS_SECRET_ACCESS_KEY", stand.SESSION_SECRET),
         ("AWS_SESSION_TOKEN", stand.SESSION_TOKEN),
         ("AWS_CREDENTIAL_EXPIRATION", EXPIRY)]


def ask(program, *args, **keywords):
    return program.run(NAME, *args, **keywords)


OUTPUTS = [
    ([], STATIC_ENV, STATIC_JSON),
    ([], EXPIRING, SESSION_JSON),
    (["--format", "json"], EXPIRING, SESSION_JSON),
    (["--format=env"], EXPIRING,
     "".join(f"export {name}={value}\n" for name, value in LINES)),
    (["--format", "env-no-export"], EXPIRING,
     "".join(f"{name}={value}\n" for name, value in LINES)),
    (["--format", "powershell"], EXPIRING,
     "".join(f"$Env:{name}='{value}'\n" for name, value in LINES)),
    (["--format", "ini"], EXPIRING, "[default]\n" +
     "".join(f"{name.lower()}={value}\n" for name, value in LINES)),
    (["--format", "ini"], STATIC_ENV, "[default]\n" +
     f"aws_access_key_id={stand.STATIC.id}\n"
     f"aws_secret_access_key={stand.SECRET}\n"),
]


@pytest.mark.parametrize("args, env, out", OUTPUTS)
def test_output(program, args, env, out):
    assert ask(program, *args, env=env).parts == (0, out, "")


FORMAT = "is not one of json, env, env-no-export, powershell and ini"
REFUSED = [
    (["--format", "xml"], 2, f"format 'xml' {FORMAT}"),
    (["--format", "JSON"], 2, f"format 'JSON' {FORMAT}"),
    (["--format", ""], 2, "option '--format': the value is empty"),
    (["--format"], 2, "option '--format' needs a value (FORMAT)"),
    (["x"], 2, "unexpected argument 'x'"),
    (["--nothing"], 2, "unknown option '--nothing'; --help lists them"),
    (["--profile", "nope"], 2, None),
    ([], 1, None),
]


@pytest.mark.parametrize("args, status, message", REFUSED)
def test_refused(program, args, status, message):
    done = ask(program, *args)
    assert (done.status, done.out) == (status, "")
    assert done.err.count("\n") == 1
    if message:
        assert done.err == f"{NAME}: {message}\n"


def test_no_credentials(program):
    done = ask(program)
    assert done.err.startswith(f"{NAME}: no credentials: env: ")


def test_stdout_full(program):
    with open("/dev/full", "wb") as full:
        done = ask(program, env=STATIC_ENV, stdout=full)
    assert done.status == 1 and done.err == \
        f"{NAME}: write to standard output: No space left on device\n"


@pytest.mark.parametrize("args", [[], ["--format", "env"]])
def test_verbose_shows_no_secret(program, args):
    done = ask(program, "-v", *args, env=EXPIRING)
    assert done.status == 0 and len(done.err.splitlines()) >= 1
    assert not any(secret in done.err for secret in SECRETS)


# What shells make of it, when a server hands out what no real key has.

@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/dash"])
@pytest.mark.parametrize("name", ["env", "env-no-export"])
def test_shell_quoting(program, shell, name):
    env = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": NASTY,
           "AWS_SESSION_TOKEN": "$(>oops)"}
    done = ask(program, "--format", name, env=env)
    script = 'eval "$1"; printf "%s\\n" "$AWS_SECRET_ACCESS_KEY" ' \
        '"$AWS_SESSION_TOKEN"'
    out = subprocess.run([shell, "-uc", script, "sh", done.out], env={},
                         cwd=program.directory, capture_output=True,
                         text=True, check=True).stdout
    assert out == f"{NASTY}\n$(>oops)\n"
    assert not (program.directory / "oops").exists()
    assert [shlex.split(line)[-1].partition("=")[2]
            for line in done.out.splitlines()] == list(env.values())


def test_each_byte_in_a_shell(program):
    for byte in map(chr, range(33, 127)):
        done = ask(program, "--format", "env", env={
            "AWS_ACCESS_KEY_ID": "AKIA",
            "AWS_SECRET_ACCESS_KEY": byte + "HOME" + byte})
        out = subprocess.run(
            ["/bin/dash", "-c",
             f'{done.out}printf %s "$AWS_SECRET_ACCESS_KEY"'],
            env={"HOME": "here"}, capture_output=True, text=True,
            check=True).stdout
        assert out == f"{byte}HOME{byte}"


def test_powershell_quoting(program):
    done = ask(program, "--format", "powershell", env={
        "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": NASTY})
    line = done.out.splitlines()[1]
    found = re.fullmatch(r"\$Env:AWS_SECRET_ACCESS_KEY='((?:''|[^'])*)'",
                         line)
    assert found[1].replace("''", "'") == NASTY


@pytest.mark.parametrize("secret", [NASTY, "#x", ";x", "=x", "[x]"])
def test_ini_is_read_back(program, secret):
    env = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": secret,
           "AWS_SESSION_TOKEN": "#"}
    first = ask(program, env=env)
    program.write(".aws/credentials",
                  ask(program, "--format", "ini", env=env).out)
    assert ask(program).parts == first.parts
    session = botocore_session(program.environment())
    assert json.loads(session)[1] == secret


def test_ini_names_the_profile(program):
    program.write(".aws/config", "[profile ci.prod]\naws_access_key_id=A\n"
                  "aws_secret_access_key=B\n")
    done = ask(program, "--format=ini", "--profile", "ci.prod")
    assert done.parts == (0, "[ci.prod]\naws_access_key_id=A\n"
                          "aws_secret_access_key=B\n", "")


# Sources.

def test_order_is_the_clis(program):
    program.write(".aws/config", "[default]\nsso_account_id=1\n"
                  "aws_access_key_id=A\naws_secret_access_key=B\n")
    done = ask(program)
    assert (done.status, done.out) == (2, "")
    assert "profile 'default' is one of IAM Identity Center" in done.err


def test_container(program, container):
    done = ask(program, env={
        FULL: f"http://127.0.0.1:{container.port}{ECS_PATH}"})
    assert (done.status, done.err) == (0, "")
    body = json.loads(done.out)
    assert list(body) == ["Version", "AccessKeyId", "SecretAccessKey",
                          "SessionToken", "Expiration"]
    assert body["Version"] == 1
    left = calendar.timegm(time.strptime(
        body["Expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()
    assert 6 * 3600 - 30 < left <= 6 * 3600


PLACES = [
    (Imds, ADDRESS, {}),
    (Imds, ADDRESS_6, {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}),
    (Container, ECS_ADDRESS,
     {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ECS_PATH}),
    (Container, EKS_ADDRESS, {FULL: f"http://{EKS_ADDRESS}{EKS_PATH}"}),
]


@pytest.mark.parametrize("service, address, env", PLACES)
def test_true_places(program, ns, service, address, env):
    with service() as there:
        there.listen(address, 80, ns=ns)
        done = ask(program, ns=ns,
                   env={"AWS_EC2_METADATA_DISABLED": None} | env)
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["AccessKeyId"] == stand.SESSION.id


def test_metadata_beyond_its_date(program, imds):
    """SDKs refuse what has expired, but the service's keys go on working:
    they are told to ask again soon."""
    imds.life = -3600
    done = ask(program)
    assert done.status == 0
    left = calendar.timegm(time.strptime(
        json.loads(done.out)["Expiration"], "%Y-%m-%dT%H:%M:%SZ")
    ) - time.time()
    assert 870 < left <= 900
    assert done.err.startswith(f"{NAME}: warning: credentials of imds expired")


def test_expired(program):
    done = ask(program, env=SESSION_ENV | {
        "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"})
    assert (done.status, done.out) == (1, "")
    assert "credentials of env expired at 2020-01-01T00:00:00Z" in done.err


# In a profile, where it must not call itself.

COMMAND = f"{BINARY} {NAME}"


@pytest.fixture
def calling(program, container, tmp_path):
    """A profile x that gets its credentials from us, by a name that we know
    ourselves by, and those are the container's."""
    box = tmp_path / "bin" / "ecrbox"
    box.parent.mkdir()
    box.symlink_to(BINARY)
    program.write(".aws/config", f"[profile x]\nregion = {REGION}\n"
                  f'credential_process = "{box}" {NAME}\n')
    program.env |= {
        "AWS_PROFILE": "x",
        FULL: f"http://127.0.0.1:{container.port}{ECS_PATH}"}
    return program


def test_profile_that_calls_us(calling, container):
    done = ask(calling)
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["AccessKeyId"] == stand.SESSION.id
    assert len(container.log) == 1


def test_login_with_a_profile_that_calls_us(calling, aws):
    assert calling.login("-p").status == 0


def test_profile_that_calls_another(program, container):
    program.write(".aws/config", "[profile x]\n"
                  "credential_process = /opt/tool credential-process\n")
    done = ask(program, env={
        "AWS_PROFILE": "x",
        FULL: f"http://127.0.0.1:{container.port}{ECS_PATH}"})
    assert done.parts == (
        2, "", f"{NAME}: credential_process of profile 'x': run '/opt/tool': "
        "No such file or directory\n") and not container.log


def test_guard(program):
    program.write(".aws/config", "[default]\ncredential_process = wrapper\n")
    done = ask(program, env={"ECRBOX_CREDENTIAL_PROCESS": "1"})
    assert done.parts == (
        2, "", f"{NAME}: profile 'default' uses credential_process, and "
        "ECRBOX_CREDENTIAL_PROCESS is set: that process leads back here; "
        "name another profile by --profile\n")


# Those who read it.

BOTOCORE = """
import json, sys
import botocore.session
found = botocore.session.get_session().get_credentials()
frozen = found.get_frozen_credentials()
print(json.dumps([frozen.access_key, frozen.secret_key, frozen.token,
                  found.method]))
"""


def botocore_session(env):
    return subprocess.run(
        [sys.executable, "-c", BOTOCORE], env=env, capture_output=True,
        text=True, check=True, timeout=60).stdout


def test_botocore_reads_it(calling):
    env = calling.environment()
    # It would ask the container itself, had it no profile.
    assert json.loads(botocore_session(env)) == [
        stand.SESSION.id, stand.SESSION_SECRET, stand.SESSION_TOKEN,
        "custom-process"]


@pytest.mark.parametrize("named", ["flag", "variable"])
def test_aws_cli_reads_it(calling, aws, named):
    args = ["--profile", "x"] if named == "flag" else []
    env = calling.environment({
        "AWS_PROFILE": None if args else "x", "AWS_PAGER": ""})
    done = subprocess.run(
        ["/usr/bin/aws", *args, "sts", "get-caller-identity",
         "--endpoint-url", aws.url, "--output", "json"], env=env,
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "UserId": stand.SESSION.id, "Account": stand.ACCOUNT,
        "Arn": stand.SESSION.arn}
    assert aws.verdicts() == ["ok"]


def test_aws_cli_shows_why_not(calling, aws, container):
    container.authorization = "something"
    done = subprocess.run(
        ["/usr/bin/aws", "sts", "get-caller-identity", "--endpoint-url",
         aws.url], env=calling.environment(), capture_output=True, text=True,
        timeout=60, check=False)
    assert done.returncode != 0
    assert f"{NAME}: credentials of container: 127.0.0.1: status 401" in \
        done.stderr
    assert not aws.log
