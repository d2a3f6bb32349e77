"""docker-credential-ecr-login: protocol and exit codes of the original, and
the differences that are meant."""
import json
import re

import pytest

from program import (ACCOUNT, API, AUTH, HOST, NOT_FOUND, PASSWORD, REGION,
                     STATIC_ENV, answer)
from standin import faults, hosts

NAME = "docker-credential-ecr-login"


def helper(program, *args, **keywords):
    return program.run(NAME, *args, **keywords)


# argv, what is on stdout, status. Errors of an action go to stdout.
COMMAND_LINES = [
    ([], f"Usage: {NAME} <store|get|erase|list|version>\n", 1),
    (["get", "x"], f"Usage: {NAME} <store|get|erase|list|version>\n", 1),
    (["foo"], f"{NAME}: unknown action: foo\n", 1),
    (["GET"], f"{NAME}: unknown action: GET\n", 1),
    ([""], f"{NAME}: unknown action: \n", 1),
    (["--", "foo"], f"{NAME}: unknown action: foo\n", 1),
]


@pytest.mark.parametrize("args, out, status", COMMAND_LINES)
def test_command_line(program, args, out, status):
    assert helper(program, *args).parts == (status, out, "")


@pytest.mark.parametrize("flag", ["--version", "-x", "--nothing", "-version"])
def test_unknown_flag(program, flag):
    done = helper(program, flag)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(
        f"flag provided but not defined: -{flag.lstrip('-')}\n"
        f"Usage of {NAME}:\n")


@pytest.mark.parametrize("value", ["", "yes", "tRUE", "2"])
def test_option_takes_go_s_truths_only(program, value):
    done = helper(program, f"-v={value}", "version")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"invalid boolean value '{value}' for -v\n")


@pytest.mark.parametrize("value", ["0", "f", "F", "false", "FALSE", "False"])
def test_option_switched_off(program, value):
    off = helper(program, f"-v={value}", "version")
    assert off.parts == helper(program, "version").parts


@pytest.mark.parametrize("flag", ["-h", "-help", "--help"])
def test_help_is_on_stderr(program, flag):
    done = helper(program, flag)
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith(f"Usage of {NAME}:\n")


@pytest.mark.parametrize("flag", ["-v", "--v", "-v=1", "--v=True"])
def test_version_flag(program, flag):
    done = helper(program, flag)
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(r"\S+\nVersion:    \S+\nGit commit: \S+\n", done.out)


def test_version_action(program):
    done = helper(program, "version")
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(NAME + r" \(\S+\) \S+\n", done.out)


# Input of get -> ServerURL in the answer.
SERVERS = [
    (HOST, HOST),
    (HOST + "\n", HOST),
    (f"  {HOST} \r\n", HOST),
    (HOST[:20] + "\n" + HOST[20:] + "\n", HOST),
    (f"https://{HOST}", f"https://{HOST}"),
    (f"https://{HOST}/v2/", f"https://{HOST}/v2/"),
    (f"{HOST}:443", f"{HOST}:443"),
    ("public.ecr.aws", "public.ecr.aws"),
    ("https://public.ecr.aws/", "https://public.ecr.aws/"),
]


@pytest.mark.parametrize("stdin, server", SERVERS)
def test_get(program, aws, stdin, server):
    done = program.get(stdin, env=STATIC_ENV)
    assert done.parts == (0, answer(server), "")
    assert aws.verdicts() == ["ok"]
    public = "public" in server
    assert json.loads(aws.log[0].body) == (
        {} if public else {"registryIds": [ACCOUNT]})
    assert f"/{'us-east-1' if public else REGION}/" in \
        aws.log[0].headers["authorization"]


def test_get_takes_the_region_from_the_name(program, aws):
    env = STATIC_ENV | {"AWS_REGION": "ap-south-1"}
    assert program.get(env=env).parts == (0, answer(), "")
    assert f"/{REGION}/ecr/" in aws.log[0].headers["authorization"]
    aws.forget()
    env["AWS_REGION"] = None
    assert program.get(env=env | {"AWS_ECR_DISABLE_CACHE": "1"}).parts == (
        0, answer(), "")


FOREIGN = [
    "docker.io", "https://index.docker.io/v1/", "registry.example", "gcr.io",
    f"http://{HOST}", f"{HOST}.evil.example", f"x{HOST}", "12345.dkr.ecr"
    ".eu-west-1.amazonaws.com", f"evil@{HOST}.example", "x", "ecr.aws",
    f"evil.example/{HOST}", "\x1b[31m", f"{ACCOUNT}.dkr.ecr.eu-west-1."
    "amazonaws.com.evil", f"{ACCOUNT}.dkr.ecr..amazonaws.com",
]


@pytest.mark.parametrize("server", FOREIGN)
def test_foreign_hosts_are_silent(program, aws, server):
    assert program.get(server, env=STATIC_ENV).parts == (1, NOT_FOUND, "")
    assert not aws.log


@pytest.mark.parametrize("stdin", ["", "\n", " \n \t\n"])
@pytest.mark.parametrize("action", ["get", "erase"])
def test_empty_input(program, action, stdin):
    assert helper(program, action, stdin=stdin).parts == (
        1, "no credentials server URL\n", "")


def test_input_without_end(program):
    done = helper(program, "get", stdin="x" * 70000)
    assert done.status == 1 and len(done.out) < 200


# What goes wrong -> the line on stderr; the magic string is on stdout.
def test_cause_is_on_stderr(program, aws):
    aws.fail(faults.error("AccessDeniedException", "not for you"))
    done = program.get(env=STATIC_ENV)
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert done.err.startswith(f"{NAME}: ")
    assert "AccessDeniedException" in done.err and "not for you" in done.err
    assert done.err.count("\n") == 1


def test_no_credentials(program, aws):
    done = program.get()
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert done.err.startswith(f"{NAME}: no credentials: env: ")
    assert done.err.count("\n") == 1
    assert not aws.log


def test_profile_that_is_not_there(program, aws):
    done = program.get(env={"AWS_PROFILE": "nope"})
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert "'nope'" in done.err and done.err.count("\n") == 1


def test_verbose_by_environment(program, aws):
    done = program.get(env=STATIC_ENV | {"ECRBOX_VERBOSE": "1"})
    assert (done.status, done.out) == (0, answer())
    assert all(line.startswith(f"{NAME}: ")
               for line in done.err.splitlines())
    assert len(done.err.splitlines()) >= 2


def test_stdout_full(program, aws):
    with open("/dev/full", "wb") as full:
        done = program.get(env=STATIC_ENV, stdout=full)
    assert done.status == 1 and "No space left on device" in done.err


# store

STORE = [
    ({"ServerURL": HOST, "Username": "AWS", "Secret": "x"}, 0, ""),
    ({"ServerURL": "docker.io", "Username": "me", "Secret": "x"}, 0, ""),
    ({"ServerURL": "", "Username": "AWS", "Secret": "x"}, 1,
     "no credentials server URL\n"),
    ({"Username": "AWS", "Secret": "x"}, 1, "no credentials server URL\n"),
    ({"ServerURL": HOST, "Username": "", "Secret": "x"}, 1,
     "no credentials username\n"),
    ({"ServerURL": HOST, "Secret": "x"}, 1, "no credentials username\n"),
]


@pytest.mark.parametrize("body, status, out", STORE)
def test_store(program, body, status, out):
    assert helper(program, "store", stdin=json.dumps(body)).parts == (
        status, out, "")
    assert not program.cache.exists() and not program.config.exists()


@pytest.mark.parametrize("stdin", ["", "x", "[]", "{", '{"ServerURL":1}'])
def test_store_bad_input(program, stdin):
    done = helper(program, "store", stdin=stdin)
    assert done.status == 1 and done.out.endswith("\n") and not done.err


# erase and list

def test_erase_of_nothing(program):
    for server in (HOST, "docker.io"):
        assert helper(program, "erase", stdin=server,
                      env=STATIC_ENV).parts == (0, "", "")


def test_erase_removes_the_token(program, aws):
    program.get(env=STATIC_ENV)
    assert len(list(program.cache.iterdir())) == 1
    assert helper(program, "erase", stdin=HOST, env=STATIC_ENV).parts == (
        0, "", "")
    assert not list(program.cache.iterdir())
    assert program.get(env=STATIC_ENV).status == 0
    assert len(aws.log) == 2


def test_erase_without_credentials(program):
    assert helper(program, "erase", stdin=HOST).parts == (0, "", "")


def test_list_needs_no_network_and_no_region(program, namespaces, ns):
    done = helper(program, "list", ns=ns,
                  env={"AWS_EC2_METADATA_DISABLED": None})
    assert done.parts == (0, "{}\n", "")
    assert done.seconds < 1


def test_list_of_cached(program, aws):
    program.get(env=STATIC_ENV)
    aws.forget()
    done = helper(program, "list", env=STATIC_ENV)
    assert done.parts == (0, f'{{"https://{HOST}":"AWS"}}\n', "")
    assert not aws.log


# Endpoints that the original got wrong.

ENDPOINTS = [
    (HOST, API),
    (f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com",
     "api.ecr-fips.us-east-1.amazonaws.com"),
    (f"{ACCOUNT}.dkr-ecr.eu-west-1.on.aws", "ecr.eu-west-1.api.aws"),
    (f"{ACCOUNT}.dkr-ecr-fips.us-east-1.on.aws",
     "ecr-fips.us-east-1.api.aws"),
    ("public.ecr.aws", "api.ecr-public.us-east-1.amazonaws.com"),
]


@pytest.mark.parametrize("registry, api", ENDPOINTS)
def test_endpoint_follows_the_host(program, aws, pki, ns, tmp_path, registry,
                                   api):
    aws.listen(port=443, tls=pki.context(), ns=ns)
    names = hosts.write(tmp_path / "hosts", {api: "127.0.0.1"})
    done = program.get(registry, ns=ns, hosts=names, env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": None, "AWS_CA_BUNDLE": str(pki.bundle)})
    assert done.parts == (0, answer(registry), "")
    assert [r.headers["host"] for r in aws.log] == [api]


# The chain in Go's order.

def test_web_identity_variables_are_not_passed_over(program, aws):
    """A provider that is configured but not in this program must not make it
    another identity in silence."""
    done = program.get(env={
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent"})
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert "web identity" in done.err.lower() or \
        "AWS_WEB_IDENTITY_TOKEN_FILE" in done.err
    assert not aws.log


def test_password_with_a_colon(program, aws):
    aws.password = "a:b:c"
    assert program.get(env=STATIC_ENV).parts == (
        0, answer(password="a:b:c"), "")


def test_password_is_quoted(program, aws):
    aws.password = 'a"b\\c<>&/'
    done = program.get(env=STATIC_ENV)
    assert done.status == 0
    assert json.loads(done.out)["Secret"] == aws.password


def test_answer_is_one_object_on_one_line(program, aws):
    done = program.get(env=STATIC_ENV)
    assert done.out.count("\n") == 1
    assert json.loads(done.out) == {
        "ServerURL": HOST, "Username": "AWS", "Secret": PASSWORD}
    assert AUTH not in done.out
