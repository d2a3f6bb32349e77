"""imds: metadata as the service has it, and all that can go wrong."""
import subprocess

import pytest

from program import check_errors
from standin import faults, netns
from standin.imds import (ADDRESS, ADDRESS_6, ROLES, TREE, Imds, expire,
                          token_lost)

ID = TREE["meta-data/instance-id"]
TOKEN = "PUT /latest/api/token"
GET_ID = "GET /latest/meta-data/instance-id"
DOCUMENT = "/latest/dynamic/instance-identity/document"


@pytest.fixture
def there(program, ns):
    """The service where it really is."""
    del program.env["AWS_EC2_METADATA_DISABLED"]
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        yield service


# What is asked for by a word, and what is printed.
PATHS = {
    "instance-id": (GET_ID, ID),
    "/instance-id": (GET_ID, ID),
    "meta-data/instance-id": (GET_ID, ID),
    "/meta-data//instance-id": (GET_ID, ID),
    "latest/meta-data/instance-id": (GET_ID, ID),
    "/latest/meta-data/instance-id": (GET_ID, ID),
    "2021-07-15/meta-data/instance-id":
        ("GET /2021-07-15/meta-data/instance-id", ID),
    "1.0/meta-data/instance-id": ("GET /1.0/meta-data/instance-id", ID),
    "user-data": ("GET /latest/user-data", TREE["user-data"]),
    "/user-data": ("GET /latest/user-data", TREE["user-data"]),
    "dynamic/instance-identity/signature":
        ("GET /latest/dynamic/instance-identity/signature",
         TREE["dynamic/instance-identity/signature"]),
    "spot/instance-action": ("GET /latest/meta-data/spot/instance-action",
                             TREE["meta-data/spot/instance-action"]),
    "tags/instance/": ("GET /latest/meta-data/tags/instance/", "Name\nteam"),
    "services/": ("GET /latest/meta-data/services/", "domain\npartition"),
    "latest": ("GET /latest", "dynamic/\nmeta-data/\nuser-data"),
    "/": ("GET /", "1.0\n2009-04-04\n2021-07-15\nlatest"),
    "iam/security-credentials/": (f"GET {ROLES}", "app-role"),
    "iam/info": ("GET /latest/meta-data/iam/info",
                 TREE["meta-data/iam/info"]),
    "identity-credentials/ec2/info":
        ("GET /latest/meta-data/identity-credentials/ec2/info",
         TREE["meta-data/identity-credentials/ec2/info"]),
}


@pytest.mark.parametrize("path", PATHS)
def test_path(program, imds, path):
    line, out = PATHS[path]
    assert program.run("imds", path).parts == (0, out, "")
    assert imds.lines() == [TOKEN, line] and imds.connections == 1


def test_blank_in_a_tag(program, imds):
    imds.tree["meta-data/tags/instance/Patch Group"] = "x y"
    done = program.run("imds", "tags/instance/Patch Group")
    assert done.parts == (0, "x y", "")


def test_bytes_as_they_are(program, imds):
    data = bytes(range(256)) * 60
    imds.tree["user-data"] = data
    done = subprocess.run(
        program.command("imds", "user-data"), env=program.environment(),
        capture_output=True, check=True)
    assert done.stdout == data and not done.stderr


def test_several_on_one_connection(program, there, ns):
    done = program.run("imds", "instance-id", "user-data", "placement/region",
                       ns=ns)
    assert done.parts == (0, f"{ID}\n{TREE['user-data']}eu-west-1\n", "")
    assert there.connections == 1
    # Not all servers take a PUT without it.
    assert there.log[0].headers["content-length"] == "0"
    assert [line.split("/")[-1] for line in there.lines()] == \
        ["token", "instance-id", "user-data", "region"]


def test_identity_document(program, imds):
    raw = program.run("imds", "dynamic/instance-identity/document")
    done = program.run("imds", "--json")
    assert done.parts == (0, raw.out + "\n", "")
    assert raw.out.startswith("{\n")


@pytest.mark.parametrize("body", ["<html>", "", '{"region":"a"', "{}{}"])
def test_identity_document_that_is_none(program, imds, body):
    imds.fail(faults.reply(body), on="document")
    done = program.run("imds", "--json")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"imds: '{DOCUMENT[1:]}': not json at byte ")


# Credentials.

KEYS = [
    "iam/security-credentials/app-role",
    "iam//security-credentials//app-role",
    "/latest/meta-data/iam/security-credentials/app-role",
    "2021-07-15/meta-data/iam/security-credentials/app-role",
    "iam/security-credentials-extended/app-role",
    "iam/Security-Credentials/app-role",
    "identity-credentials/ec2/security-credentials/ec2-instance",
]
STRANGE = [
    "iam/security%2Dcredentials/app-role", "iam/./security-credentials/",
    "iam/info/../security-credentials/app-role", "..", "latest/../x", "a%20b",
]


@pytest.mark.parametrize("path", KEYS)
def test_credentials_only_when_asked(program, imds, path):
    done = program.run("imds", "instance-id", path)
    assert (done.status, done.out) == (2, "") and not imds.log
    assert done.err.endswith(
        "holds credentials: give --credentials to print them\n")


def test_credentials_asked_for(program, imds):
    done = program.run("imds", "--credentials", KEYS[0])
    assert (done.status, done.err) == (0, "")
    assert imds.key.secret in done.out and not done.out.endswith("\n")


@pytest.mark.parametrize("option", ["--cred", "--credential", "-c"])
def test_credentials_by_the_full_name(program, imds, option):
    done = program.run("imds", option, KEYS[0])
    assert done.parts == (
        2, "", f"imds: unknown option '{option}'; --help lists them\n")
    assert not imds.log


@pytest.mark.parametrize("path", STRANGE)
@pytest.mark.parametrize("option", [[], ["--credentials"]])
def test_strange_path(program, imds, path, option):
    done = program.run("imds", *option, path)
    assert (done.status, done.out) == (2, "") and not imds.log
    assert done.err.endswith(": '.', '..' and '%' have no place in a path\n")


@pytest.mark.parametrize("args, message", [
    ([], "no path named"),
    (["--json", "x"], "--json takes no path"),
    (["--credentials"], "no path named"),
    (["instance-id", ""], "a path is empty"),
    (["--timeout", "0", "x"], "option '--timeout': '0' is not a number of "
     "seconds from 1 to 86400"),
    (["--region", "x"], "unknown option '--region'; --help lists them"),
    (["--profile", "none", "x"], "profile 'none' not found in "
     "'{home}/.aws/config' or '{home}/.aws/credentials'"),
])
def test_usage(program, imds, args, message):
    done = program.run("imds", *args)
    message = message.format(home=program.home)
    assert done.parts == (2, "", f"imds: {message}\n") and not imds.log


# What is not there, and what fails.

def test_absent(program, imds):
    done = program.run("imds", "nothing", "instance-id", "no\x1bthing")
    assert done.parts == (
        1, ID + "\n", "imds: 'latest/meta-data/nothing': not there\n"
        "imds: 'latest/meta-data/no?thing': not there\n")


FAULTS = {
    "503": (faults.status(503), "status 503"),
    "500": (faults.status(500), "status 500"),
    "403": (faults.status(403), "status 403, the metadata service is "
            "switched off or closed to us"),
    "redirect": (faults.redirect("http://127.0.0.1:1/"), "status 307"),
    "cut": (faults.cut(3), "http '169.254.169.254': truncated: 3 of 19 bytes "
            "of the body came"),
    "token lost for ever": (token_lost, "status 401, the token is refused"),
    "huge": (faults.reply("x" * 65537), "http '169.254.169.254': body of "
             "65537 bytes, at most 65536 are taken"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(program, there, ns, name):
    """Of one path; the others are printed."""
    fault, message = FAULTS[name]
    there.fail(fault, on=GET_ID, times=99)
    done = program.run("imds", "instance-id", "services/partition", ns=ns)
    assert done.parts == (
        1, "aws\n", f"imds: latest/meta-data/instance-id: {message}\n")


PASSING = {
    "503 once": (faults.status(503), GET_ID),
    "503 to the token": (faults.status(503), TOKEN),
    "429 once": (faults.status(429), GET_ID),
    "401 in the middle": (token_lost, "user-data"),
    "token that expires": (expire, GET_ID),
    "dropped": (faults.drop, "user-data"),
    "connection closed between": (faults.then_close, GET_ID),
    "chunked": (faults.chunked(), GET_ID),
}


@pytest.mark.parametrize("name", PASSING)
def test_passing_fault(program, there, ns, name):
    fault, on = PASSING[name]
    there.fail(fault, on=on)
    done = program.run("imds", "instance-id", "user-data", ns=ns)
    assert done.parts == (0, f"{ID}\n{TREE['user-data']}", "")


def test_new_token_once(program, there, ns):
    there.fail(expire, on=GET_ID)
    program.run("imds", "instance-id", "user-data", "services/partition",
                ns=ns)
    assert [line.split("/")[-1] for line in there.lines()] == \
        ["token", "instance-id", "user-data", "token", "user-data",
         "partition"]
    assert there.connections == 1


def test_version_1(program, imds):
    imds.v1, imds.v2 = True, False
    assert program.run("imds", "instance-id").parts == (0, ID, "")
    done = program.run("imds", "instance-id",
                       env={"AWS_EC2_METADATA_V1_DISABLED": "true"})
    assert done.parts == (
        1, "", "imds: /latest/api/token: status 404, and version 1 is "
        "forbidden by AWS_EC2_METADATA_V1_DISABLED\n")


# The network.

NOBODY = "imds: /latest/api/token: connect 169.254.169.254:80: {}\n"


@pytest.mark.parametrize("make, message, most", [
    (lambda ns: None, NOBODY.format("connection refused"), 0.6),
    (netns.Netns.unreachable, NOBODY.format("no route to host"), 0.6),
    (netns.Netns.silent, NOBODY.format("timed out after 1000 ms"), 2),
])
def test_nobody_there(program, ns, make, message, most):
    """Said once, however many paths there are."""
    make(ns)
    done = program.run("imds", "instance-id", "user-data", ns=ns,
                       env={"AWS_EC2_METADATA_DISABLED": None})
    assert done.parts == (1, "", message) and done.seconds < most


def test_silent_after_the_token(program, there, ns):
    there.fail(faults.stall, on="GET", times=99)
    done = program.run("imds", "instance-id", "user-data", ns=ns)
    assert (done.status, done.out) == (1, "") and done.seconds < 3
    assert [line.split(": ")[1] for line in done.err.splitlines()] == \
        ["latest/meta-data/instance-id", "latest/user-data"]


def test_hop_limit(program, namespaces):
    with netns.HopLimit() as hop, Imds() as service:
        service.listen(ADDRESS, 80, ns=hop.service)
        done = program.run("imds", "instance-id", ns=hop.pod,
                           env={"AWS_EC2_METADATA_DISABLED": None})
        assert set(service.lines()) == {TOKEN}
    assert (done.status, done.out) == (1, "") and done.seconds < 3
    assert done.err.endswith("in a container the instance's "
                             "HttpPutResponseHopLimit must be 2 or more\n")


def test_ipv6(program, ns):
    with Imds() as service:
        service.listen(ADDRESS_6, 80, ns=ns)
        done = program.run("imds", "instance-id", ns=ns, env={
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6",
            "AWS_EC2_METADATA_DISABLED": None})
        assert done.parts == (0, ID, "")
        assert service.log[0].headers["host"] == f"[{ADDRESS_6}]"


def test_bad_mode(program, ns):
    done = program.run("imds", "instance-id", ns=ns, env={
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5",
        "AWS_EC2_METADATA_DISABLED": None})
    assert done.parts == (
        2, "", "imds: AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE 'IPv5': neither "
        "IPv4 nor IPv6\n")


def test_switched_off(program, imds):
    done = program.run("imds", "instance-id",
                       env={"AWS_EC2_METADATA_DISABLED": "true"})
    assert done.parts == (
        1, "", "imds: switched off by AWS_EC2_METADATA_DISABLED\n")
    assert not imds.connections


def test_settings_of_a_profile(program, imds):
    program.write(".aws/config", "[profile box]\n"
                  f"ec2_metadata_service_endpoint = {imds.url}/\n")
    done = program.run("imds", "--profile", "box", "instance-id",
                       env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": None})
    assert done.parts == (0, ID, "")


# Time.

@pytest.mark.parametrize("variable", [None, "1"])
def test_timeout_is_longer(program, imds, variable):
    imds.fail(faults.delay(2.5), times=99, on="PUT")
    done = program.run("imds", "--timeout", "9", "instance-id",
                       env={"AWS_METADATA_SERVICE_TIMEOUT": variable})
    assert done.parts == (0, ID, "")


def test_timeout_is_shorter(program, imds):
    imds.fail(faults.stall, times=99)
    done = program.run("imds", "--timeout", "1", "instance-id",
                       env={"AWS_METADATA_SERVICE_TIMEOUT": "9"})
    assert done.status == 1 and done.seconds < 1.9


# Output.

def test_disk_full(program, imds):
    with open("/dev/full", "wb") as full:
        done = program.run("imds", "instance-id", "user-data", stdout=full)
    assert (done.status, done.err) == (
        1, "imds: write to standard output: No space left on device\n")
    assert imds.lines() == [TOKEN, GET_ID]


def test_verbose(program, imds):
    imds.fail(faults.status(503))
    done = program.run("imds", "-v", "--credentials", KEYS[0])
    assert "imds: status 503 (attempt 1 of 3, trying again)" in done.err
    check_errors(done.err)
