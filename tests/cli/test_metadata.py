"""The metadata service at its true addresses, and everything that can be
wrong with it. Each case ends inside the budget, and says what was tried."""
import json

import pytest

from program import (ACCOUNT, NOT_FOUND, PASSWORD, REGION, STATIC_ENV, answer,
                     brief)
from standin import faults, netns
from standin.imds import (ADDRESS, ADDRESS_6, EXTENDED, ROLES, Imds, expire,
                          rename_role, token_lost)
from standin.server import Standin

PRINTED = (0, PASSWORD + "\n", "")
ROLE = ROLES + "app-role"
CALLS = ["PUT /latest/api/token", f"GET {ROLES}", f"GET {ROLE}"]

# ecr-login wants a region too; the helper has it from the name.
LOGIN = ["-p", "--region", REGION]


@pytest.fixture
def there(ns):
    """The service where it really is."""
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        yield service


@pytest.fixture
def real(program, aws, ns):
    """ECR inside the namespace; metadata not switched off."""
    port = aws.listen(ns=ns)
    program.env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    del program.env["AWS_EC2_METADATA_DISABLED"]
    return program


def test_three_calls_one_connection(real, there, aws, ns):
    assert real.login(*LOGIN, ns=ns).parts == PRINTED
    assert there.lines() == CALLS and there.connections == 1
    assert there.verdicts() == ["ok"] * 3
    assert aws.verdicts() == ["ok"]


def test_region_too(real, there, ns):
    assert real.login("-p", ns=ns).parts == PRINTED
    assert there.connections == 1 and len(there.log) == 4
    assert "GET /latest/meta-data/placement/region" in there.lines()


def test_region_of_an_old_instance(real, there, ns):
    there.placement = False
    assert real.login("-p", ns=ns).parts == PRINTED
    assert "GET /latest/dynamic/instance-identity/document" in there.lines()


@pytest.mark.parametrize("mode", ["IPv6", "ipv6"])
def test_ipv6(real, aws, ns, mode):
    with Imds() as service:
        service.listen(ADDRESS_6, 80, ns=ns)
        done = real.login(*LOGIN, ns=ns, env={
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": mode})
        assert done.parts == PRINTED and len(service.log) == 3
        assert service.log[0].headers["host"] == f"[{ADDRESS_6}]"


@pytest.mark.parametrize("value", ["IPv5", "4", "::1"])
def test_bad_mode(real, ns, value):
    done = real.login(*LOGIN, ns=ns, env={
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": value})
    assert done.parts == (
        2, "", "ecr-login: imds: AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE "
        f"'{value}': neither IPv4 nor IPv6\n")


def test_endpoint_variable(program, aws, imds):
    for url in (imds.url, imds.url + "/"):
        imds.forget()
        done = program.login(*LOGIN, env={
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
            "AWS_ECR_DISABLE_CACHE": "1"})
        assert done.parts == PRINTED and imds.lines() == CALLS


@pytest.mark.parametrize("value", ["true", "TRUE", "True"])
def test_switched_off(program, aws, imds, value):
    done = program.login(*LOGIN, env={"AWS_EC2_METADATA_DISABLED": value})
    assert done.status == 1 and brief(done.err) == \
        "NONE: imds: switched off by AWS_EC2_METADATA_DISABLED"
    assert not imds.connections


# Faults of the network: what makes it, message, seconds at most.

NETWORK = {
    "nobody listens": (lambda ns: None,
        "NONE: imds /latest/api/token: connect 169.254.169.254:80: "
        "connection refused", 0.6),
    "refused": (lambda ns: ns.refused(),
        "NONE: imds /latest/api/token: connect 169.254.169.254:80: "
        "connection refused", 0.6),
    "unreachable": (lambda ns: ns.unreachable(),
        "NONE: imds /latest/api/token: connect 169.254.169.254:80: no "
        "route to host", 0.6),
    "silently dropped": (lambda ns: ns.silent(),
        "NONE: imds /latest/api/token: connect 169.254.169.254:80: timed "
        "out after N ms", 3),
}
# Connections stand, but nothing comes back.
LOST = {
    "response lost": (lambda ns: ns.response_lost(),
        "NONE: imds /latest/api/token: http '169.254.169.254': receive: "
        "timed out after N ms in all; in a container the instance's "
        "HttpPutResponseHopLimit must be 2 or more", 3),
    "reset in the request": (lambda ns: ns.reset_in_request(),
        "imds /latest/api/token: http '169.254.169.254': receive: "
        "connection reset by peer", 3),
}


@pytest.mark.parametrize("name", [*NETWORK, *LOST])
def test_network_fault(real, ns, name):
    make, message, most = (NETWORK | LOST)[name]
    with Imds() as service:
        if name in LOST:
            service.listen(ADDRESS, 80, ns=ns)
        make(ns)
        done = real.get(ns=ns)
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == message
    assert done.seconds < most


def test_no_region_and_silence(real, ns):
    """Region and credentials share one budget."""
    ns.silent()
    done = real.login("-p", ns=ns)
    assert brief(done.err) == "no region: give --region, or set AWS_REGION " \
        "or the profile's region; imds /latest/api/token: connect " \
        f"{ADDRESS}:80: timed out after N ms"
    assert done.status == 1 and done.seconds < 3


def test_hop_limit(program, aws, namespaces):
    with netns.HopLimit() as hop, Imds() as service:
        service.listen(ADDRESS, 80, ns=hop.service)
        port = aws.listen(ns=hop.pod)
        done = program.get(ns=hop.pod, env={
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_EC2_METADATA_DISABLED": None})
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == LOST["response lost"][1]
    # The token was asked for, and nothing else: no version 1.
    assert set(service.lines()) == {CALLS[0]}
    assert done.seconds < 3


# Faults of the service: fault, on which call, how often, message, seconds.

EACH = [call + "$" for call in CALLS]
FAULTS = {
    "403 to the token": (faults.status(403), EACH[0], 99,
        "no role of the instance: imds ROLES/: status 401, version 1 is "
        "refused, and no token for version 2 was given", 3),
    "400 to the token": (faults.status(400), EACH[0], 99,
        "imds /latest/api/token: status 400", 1),
    "500 to everything": (faults.status(500), "", 99,
        "imds /latest/api/token: status 500", 3),
    "503 to everything": (faults.status(503), "", 99,
        "imds /latest/api/token: status 503", 3),
    "redirect": (faults.redirect("http://127.0.0.1:1/"), EACH[0], 99,
        "imds /latest/api/token: status 307", 3),
    "no answer": (faults.stall, EACH[0], 99,
        "NONE: imds /latest/api/token: http '127.0.0.1': receive: timed "
        "out after N ms in all; in a container the instance's "
        "HttpPutResponseHopLimit must be 2 or more", 3),
    "no answer to a GET": (faults.stall, EACH[1], 99,
        "NONE: imds: no role of the instance: imds ROLES/: http "
        "'127.0.0.1': receive: timed out after N ms in all", 3),
    "drip": (faults.drip(0.1), "", 99,
        "NONE: imds /latest/api/token: http '127.0.0.1': receive: timed "
        "out after N ms in all; in a container the instance's "
        "HttpPutResponseHopLimit must be 2 or more", 3),
    "dropped": (faults.drop, "", 99,
        "imds /latest/api/token: http '127.0.0.1': connection closed "
        "before an answer came", 3),
    "token with a newline": (faults.reply("a\r\nX: y"), EACH[0], 99,
        "imds /latest/api/token: the answer is no token", 1),
    "empty token": (faults.reply(""), EACH[0], 99,
        "imds /latest/api/token: the answer is no token", 1),
    "huge token": (faults.reply("x" * 100000), EACH[0], 99,
        "imds /latest/api/token: http '127.0.0.1': body of 100000 bytes, "
        "at most 65536 are taken", 3),
    "token lost for ever": (token_lost, "GET", 99,
        "no role of the instance: imds ROLES/: status 401, the token is "
        "refused", 3),
    "role with a slash": (faults.reply("../../x y"), EACH[1], 99,
        "NONE: imds: role '../../x y': imds ROLES/..%2F..%2Fx%20y: not "
        "there (status 404)", 1),
    "role with escapes": (faults.reply("\x1b[31m"), EACH[1], 99,
        "NONE: imds: role '?[31m': imds ROLES/%1B%5B31m: not there "
        "(status 404)", 1),
    "long role": (faults.reply("x" * 3000), EACH[1], 99,
        "metadata service: role name of 3000 bytes, at most 256", 1),
    "no role": (faults.status(404), EACH[1], 99,
        "NONE: imds: no role of the instance: imds ROLES/: not there "
        "(status 404)", 1),
    "empty role": (faults.reply(""), EACH[1], 99,
        "NONE: imds: the instance has no role", 1),
    "page for credentials": (faults.html(200), EACH[2], 99,
        "metadata service: role 'app-role': not json at byte 0: value "
        "expected", 3),
    "half of the credentials": (faults.cut(20), EACH[2], 99,
        "role 'app-role': imds ROLES/app-role: http '127.0.0.1': "
        "truncated: 20 of 692 bytes of the body came", 3),
    "no secret": (faults.reply('{"Code":"Success","AccessKeyId":"A"}'),
                  EACH[2], 99,
        "metadata service: role 'app-role': no 'SecretAccessKey'", 3),
    "key with a newline": (faults.reply(
        '{"Code":"Success","AccessKeyId":"A\\n","SecretAccessKey":"b",'
        '"Token":"c","Expiration":"2099-01-01T00:00:00Z"}'), EACH[2], 99,
        "imds: the access key id has a blank or a byte that is not "
        "printable ASCII", 3),
}


@pytest.mark.parametrize("name", FAULTS)
def test_service_fault(program, aws, imds, name):
    fault, on, times, message, most = FAULTS[name]
    imds.fail(fault, times=times, on=on)
    done = program.get()
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == message
    assert done.seconds < most
    assert not aws.log


PASSING = {
    "503 once": (faults.status(503), "", 1),
    "503 twice": (faults.status(503), EACH[1], 2),
    "429 once": (faults.status(429), EACH[0], 1),
    "token lost before the role": (token_lost, EACH[1], 1),
    "token that expires": (expire, EACH[1], 1),
    "role that changes its name": (rename_role, EACH[2], 1),
    "token lost before the credentials": (token_lost, EACH[2], 1),
    "dropped once": (faults.drop, EACH[1], 1),
    "chunked": (faults.chunked(), EACH[2], 1),
    "until close": (faults.until_close(), EACH[2], 1),
    "late but in time": (faults.delay(0.3), EACH[0], 1),
    "role with a newline": (faults.reply("app-role\n"), EACH[1], 1),
    "two roles": (faults.reply("app-role\nother\n"), EACH[1], 1),
}


@pytest.mark.parametrize("name", PASSING)
def test_passing_fault(real, there, ns, name):
    fault, on, times = PASSING[name]
    there.fail(fault, times=times, on=on)
    assert real.get(ns=ns).parts == (0, answer(), "")


def test_role_that_cannot_be_assumed(program, aws, imds):
    imds.code = "AssumeRoleUnauthorizedAccess"
    done = program.get()
    assert done.status == 1
    assert brief(done.err) == "metadata service: role 'app-role': " \
        "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role"


def test_credentials_that_have_expired_are_used(program, aws, imds):
    imds.life = -600
    done = program.get()
    assert (done.status, done.out) == (0, answer())
    assert brief(done.err) == "warning: credentials of imds expired at " \
        "TIME; using them all the same, as AWS may have extended them"


# Version 1.

def test_version_1_when_there_is_no_2(program, aws, imds):
    imds.v1, imds.v2 = True, False
    assert program.get().parts == (0, answer(), "")
    assert imds.lines() == CALLS
    assert "x-aws-ec2-metadata-token" not in imds.log[1].headers


@pytest.mark.parametrize("env, profile", [
    ({"AWS_EC2_METADATA_V1_DISABLED": "true"}, ""),
    ({}, "[default]\nec2_metadata_v1_disabled = true\n"),
])
def test_version_1_forbidden(program, aws, imds, env, profile):
    imds.v1, imds.v2 = True, False
    program.write(".aws/config", profile)
    done = program.get(env=env)
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert set(imds.lines()) == {CALLS[0]}


def test_version_1_never_after_a_time_out(program, aws, imds):
    imds.v1 = True
    imds.fail(faults.stall, times=99, on="PUT")
    assert program.get().status == 1
    assert set(imds.lines()) == {CALLS[0]}


# What the user may set.

def test_instance_profile_name(program, aws, imds):
    done = program.get(env={"AWS_EC2_INSTANCE_PROFILE_NAME": "app-role"})
    assert done.parts == (0, answer(), "")
    assert imds.lines() == [CALLS[0], CALLS[2]]


# The account id, which only the extended path knows. Extended, environment,
# what is asked after the token.

@pytest.mark.parametrize("extended, name, asked", [
    (True, None, [EXTENDED, EXTENDED + "app-role"]),
    (False, None, [EXTENDED, ROLES, ROLE]),
    (True, "app-role", [EXTENDED + "app-role"]),
    (False, "app-role", [EXTENDED + "app-role", ROLE]),
])
def test_account_id(program, imds, extended, name, asked):
    imds.extended = extended
    done = program.run("credential-process", env={
        "AWS_EC2_INSTANCE_PROFILE_NAME": name})
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out).get("AccountId") == \
        (ACCOUNT if extended else None)
    assert imds.lines() == [CALLS[0], *(f"GET {path}" for path in asked)]
    assert imds.connections == 1


def test_account_id_that_nobody_wants(program, aws, imds):
    imds.extended = True
    assert program.get().status == 0
    assert imds.lines() == CALLS


def test_role_that_changes_its_name_extended(program, imds):
    imds.extended = True
    imds.fail(rename_role, on=EXTENDED + "app-role$")
    done = program.run("credential-process")
    assert json.loads(done.out)["AccountId"] == ACCOUNT
    assert imds.lines()[1:] == [f"GET {EXTENDED}{name}" for name in (
        "", "app-role", "", "other-role")]


def test_time_out_replaces_the_budget(program, aws, imds):
    imds.fail(faults.stall, times=99)
    done = program.get(env={"AWS_METADATA_SERVICE_TIMEOUT": "1",
                            "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"})
    assert done.status == 1 and done.seconds < 1.9


def test_longer_time_out(program, aws, imds):
    imds.fail(faults.delay(2.5), on="PUT")
    done = program.get(env={"AWS_METADATA_SERVICE_TIMEOUT": "4"})
    assert done.parts == (0, answer(), "")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY",
                                  "https_proxy"])
def test_never_through_a_proxy(real, there, aws, ns, name):
    proxy = Count()
    with proxy:
        port = proxy.listen(ns=ns)
        done = real.login(*LOGIN, ns=ns, env={
            name: f"http://127.0.0.1:{port}"})
        assert done.parts == PRINTED and not proxy.connections


class Count(Standin):
    """Somebody who should not be asked."""

    def answer(self, request):
        return faults.Answer(502)


def test_other_sources_come_first(program, aws, imds):
    assert program.get(env=STATIC_ENV).status == 0
    assert not imds.connections
