"""What can go wrong with STS, and what is said then: roles and web identity
tokens, whose calls the stand-in judges as AWS does."""
import json
import re

import pytest

from program import ACCOUNT, REGION, SESSION_ENV, STATIC_ENV
from standin import faults
from standin.sts import Role

TOKEN = "web.identity.token"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pull"
HOP = f"arn:aws:iam::{ACCOUNT}:role/hop"
KEYS = "aws_access_key_id = {AWS_ACCESS_KEY_ID}\n" \
    "aws_secret_access_key = {AWS_SECRET_ACCESS_KEY}\n"
ASSUME, WEB = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"
NOTHING = f"role '{ROLE}': sts AssumeRole at 'AWS': "
WEB_NOTHING = f"role '{ROLE}': sts AssumeRoleWithWebIdentity at 'AWS': "


class Way:
    """To ask STS: by a role of a profile, or with a token."""

    def __init__(self, program, aws, env) -> None:
        self.program, self.aws, self.env = program, aws, env

    def run(self, *args, **env):
        return self.program.run("credential-process", *args,
                                env=self.env | env)

    def key(self, **env):
        """The key that comes out, and what is said on the way."""
        done = self.run(**env)
        assert done.status == 0, done
        return self.aws.keys[json.loads(done.out)["AccessKeyId"]], done.err

    def error(self, **env) -> str:
        done = self.run(**env)
        assert (done.status, done.out) == (1, ""), done
        start, end = "credential-process: ", "\n"
        assert done.err.startswith(start) and done.err.count("\n") == 1
        assert done.err.endswith(end)
        text = done.err[len(start):-1]
        return text.replace(f"127.0.0.1:{self.aws.port}", "AWS")


@pytest.fixture
def role(program, aws):
    program.write(".aws/config", "[profile p]\nsource_profile = base\n"
                  f"role_arn = {ROLE}\nregion = {REGION}\n"
                  f"[profile base]\n{KEYS.format_map(STATIC_ENV)}")
    return Way(program, aws, {"AWS_PROFILE": "p"})


@pytest.fixture
def web(program, aws):
    return Way(program, aws, {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(program.write("token", TOKEN)),
        "AWS_ROLE_ARN": ROLE, "AWS_REGION": REGION})


def in_json(code, message, status=400):
    """An error of STS's, for who asked for JSON."""
    return faults.reply(json.dumps({
        "Error": {"Code": code, "Message": message, "Type": "Sender"},
        "RequestId": "00000000-0000-4000-8000-000000000000"}), status,
        {"Content-Type": "application/json"})


@pytest.fixture(params=[in_json, faults.query_error])
def refusal(request):
    return request.param


def test_both_ways(role, web):
    for way, action in ((role, ASSUME), (web, WEB)):
        for way.aws.sts.json in (True, False):
            key, err = way.key()
            assert key.arn.startswith(
                f"arn:aws:sts::{ACCOUNT}:assumed-role/pull/") and err == ""
        assert way.aws.actions()[-2:] == [action] * 2
    assert [call.signed for call in role.aws.sts.log] == [True] * 2 + \
        [False] * 2


# What is tried again, by the words AWS has for it.
AGAIN = {
    "Throttling": ("Throttling", "Rate exceeded", 400),
    "ThrottlingException": ("ThrottlingException", "Rate exceeded", 400),
    "RequestLimitExceeded": ("RequestLimitExceeded", "Rate exceeded.", 503),
    "InternalFailure": ("InternalFailure", "Oh", 500),
    "ServiceUnavailable": ("ServiceUnavailable", "Later", 503),
}
ONCE_AGAIN = {
    "500": faults.status(500),
    "502": faults.html(502),
    "503": faults.status(503),
    "504": faults.status(504),
    "dropped": faults.drop,
    "reset": faults.reset,
    "cut": faults.cut(5),
}


@pytest.mark.parametrize("way", ["role", "web"])
@pytest.mark.parametrize("name", AGAIN)
def test_tried_again(request, aws, refusal, way, name):
    code, message, status = AGAIN[name]
    way = request.getfixturevalue(way)
    aws.fail(refusal(code, message, status))
    way.key()
    assert len(aws.log) == 2

    aws.forget()
    aws.fail(refusal(code, message, status), times=9)
    start = NOTHING if way.env.get("AWS_PROFILE") else WEB_NOTHING
    assert way.error(AWS_MAX_ATTEMPTS="2") == \
        f"{start}{code}: {message.rstrip('.')}"
    assert len(aws.log) == 2


@pytest.mark.parametrize("way", ["role", "web"])
@pytest.mark.parametrize("name", ONCE_AGAIN)
def test_tried_again_without_words(request, aws, way, name):
    aws.fail(ONCE_AGAIN[name], times=2)
    request.getfixturevalue(way).key()
    assert len(aws.log) == 3


@pytest.mark.parametrize("fault, message", [
    (faults.status(500), "status 500 without an error of AWS's"),
    (faults.html(502),
     "status 502 without an error of AWS's, but a web page"),
    (faults.reply("upstream down", 503),
     "status 503 without an error of AWS's: upstream down"),
])
def test_service_that_stays_away(role, aws, fault, message):
    aws.fail(fault, times=9)
    assert role.error() == NOTHING + message
    assert len(aws.log) == 3


DENIED = {
    "AccessDenied": (
        f"User: arn:aws:iam::{ACCOUNT}:user/u is not authorized to perform: "
        f"sts:AssumeRole on resource: {ROLE}", 403,
        "; the role's trust policy must allow this identity, which needs the "
        "permission sts:AssumeRole"),
    "ExpiredToken": (
        "The security token included in the request is expired", 403,
        "; get new credentials"),
    "InvalidClientTokenId": (
        "The security token included in the request is invalid.", 403,
        "; the access key does not exist, belongs to another partition, or "
        f"region '{REGION}' is not enabled for the account"),
    "SignatureDoesNotMatch": (
        "The request signature we calculated does not match the signature "
        "you provided.", 403,
        "; is the secret access key the one of this access key id?"),
    "RegionDisabledException": (
        "STS is not activated in this region for account:123456789012. Your "
        "account administrator can activate STS in this region using the IAM "
        "Console.", 403,
        f"; region '{REGION}' must be enabled for the account first"),
    "ValidationError": (
        "The requested DurationSeconds exceeds the MaxSessionDuration set "
        "for this role.", 400, ""),
    "MalformedPolicyDocument": ("Bad", 400, ""),
}


@pytest.mark.parametrize("code", DENIED)
def test_role_denied(role, aws, refusal, code):
    message, status, hint = DENIED[code]
    aws.fail(refusal(code, message, status), times=9)
    assert role.error() == f"{NOTHING}{code}: {message.rstrip('.')}{hint}"
    assert len(aws.log) == 1


PROVIDER = "; the role's account needs an IAM identity provider for the " \
    "token's issuer and audience"
# Of the identity provider: code -> text, status, attempts, what is said.
IDP = {
    "IDPCommunicationError": (
        "The identity provider did not respond.", 400, 3, ""),
    "IDPRejectedClaim": (
        "The web identity token was revoked.", 403, 1, ""),
    "InvalidIdentityToken": (
        "Incorrect token audience", 400, 3, PROVIDER),
    "ExpiredTokenException": (
        "Token expired: current date/time 1 must be before the expiration "
        "date/time 0", 400, 1, "; the token in the file is too old"),
    "AccessDenied": (
        "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403, 1,
        "; the role's trust policy must allow this token's issuer, audience "
        "and subject"),
    "RegionDisabledException": (
        "STS is not activated in this region", 403, 1,
        f"; region '{REGION}' must be enabled for the account first"),
    "PackedPolicyTooLarge": ("Too large", 400, 1, ""),
}


@pytest.mark.parametrize("code", IDP)
def test_web_identity_denied(web, aws, refusal, code):
    message, status, attempts, hint = IDP[code]
    aws.fail(refusal(code, message, status), times=9)
    assert web.error() == f"{WEB_NOTHING}{code}: {message.rstrip('.')}{hint}"
    assert len(aws.log) == attempts


@pytest.mark.parametrize("code", ["IDPCommunicationError",
                                  "InvalidIdentityToken"])
def test_provider_that_comes_back(web, aws, refusal, code):
    """STS may not have heard of a new provider yet."""
    aws.fail(refusal(code, IDP[code][0]), times=2)
    web.key()
    assert aws.actions() == [WEB] * 3


def test_token_is_not_shown(web, aws, refusal):
    aws.fail(refusal("ValidationError", f"Value '{TOKEN}' failed"), times=9)
    assert web.error() == f"{WEB_NOTHING}ValidationError: Value '"


def test_tokens_that_the_standin_judges(web, aws):
    aws.sts.expired_web_tokens.add(TOKEN)
    assert web.error() == f"{WEB_NOTHING}ExpiredTokenException: Token " \
        "expired: current date/time must be before the expiration " \
        "date/time; the token in the file is too old"
    aws.sts.expired_web_tokens.clear()
    aws.sts.web_tokens.clear()
    assert web.error() == f"{WEB_NOTHING}InvalidIdentityToken: No " \
        f"OpenIDConnect provider found in your account{PROVIDER}"


def test_keys_that_have_expired(role, aws, program):
    """Temporary keys in a file say nothing of their end: AWS does."""
    config = program.home / ".aws" / "config"
    config.write_text(config.read_text().split("[profile base]")[0] +
                      "[profile base]\n" + KEYS.format_map(SESSION_ENV) +
                      f"aws_session_token = "
                      f"{SESSION_ENV['AWS_SESSION_TOKEN']}\n")
    role.key()
    aws.keys[SESSION_ENV["AWS_ACCESS_KEY_ID"]].expires = 1
    try:
        assert role.error() == f"{NOTHING}ExpiredToken: The security token " \
            "included in the request is expired; get new credentials"
    finally:
        aws.keys[SESSION_ENV["AWS_ACCESS_KEY_ID"]].expires = 0


def test_role_that_does_not_trust_us(role, aws):
    aws.sts.roles[ROLE] = Role(trusts=set())
    hint = DENIED["AccessDenied"][2]
    assert role.error() == f"{NOTHING}AccessDenied: User: " \
        f"arn:aws:iam::{ACCOUNT}:user/tester is not authorized to perform: " \
        f"sts:AssumeRole on resource: {ROLE}{hint}"


def test_answer_that_is_none(role, web, aws):
    for body, why in (("{}", "no 'AccessKeyId'"),
                      ("<x/>", "no 'AccessKeyId'"),
                      ("<x>", "not XML at byte 3: ")):
        aws.fail(faults.reply(body), times=2)
        for way, start in (role, NOTHING), (web, WEB_NOTHING):
            assert way.error().startswith(start + why)


# The clock: AWS's minus ours.

WARNING = re.compile(r"credential-process: warning: this machine's clock is "
                     r"(\d+) s (ahead of|behind) AWS's; signing with AWS's "
                     r"time\n")


@pytest.mark.parametrize("way, calls", [("role", 2), ("web", 1)])
@pytest.mark.parametrize("offset", [7200, -7200])
def test_clock_is_corrected(request, aws, way, calls, offset):
    """And what comes out is not thought expired."""
    aws.offset = offset
    _, err = request.getfixturevalue(way).key()
    said = WARNING.fullmatch(err)
    assert said and abs(int(said[1]) - 7200) <= 2
    assert said[2] == ("behind" if offset > 0 else "ahead of")
    assert len(aws.log) == calls


def test_clock_is_corrected_once(role, aws, program):
    """For all calls that follow."""
    aws.offset = 7200
    done = program.login("-p", env=role.env)
    assert done.status == 0 and done.err.count("clock") == 1
    assert [verdict.partition(":")[0] for verdict in aws.verdicts()] == \
        ["SignatureDoesNotMatch", "ok", "ok"]


@pytest.mark.parametrize("offset, text, side", [
    (7200, "Signature expired: ", "behind"),
    (-7200, "Signature not yet current: ", "ahead of")])
def test_clock_that_cannot_be_corrected(role, aws, offset, text, side):
    aws.offset = offset
    error = role.error(AWS_MAX_ATTEMPTS="1")
    assert error.startswith(f"{NOTHING}SignatureDoesNotMatch: {text}")
    assert re.search(rf"; this machine's clock is 7[12]\d\d s {side} AWS's$",
                     error)
    assert len(aws.log) == 1


def test_small_difference_is_nothing(role, web, aws):
    aws.offset = 200
    assert role.key()[1] == web.key()[1] == ""


# Connections.

@pytest.mark.parametrize("form", [True, False])
def test_roles_share_a_connection(role, aws, program, form):
    config = program.home / ".aws" / "config"
    config.write_text(config.read_text().replace(
        "source_profile = base\n", "source_profile = hop\n") +
        f"[profile hop]\nrole_arn = {HOP}\nsource_profile = base\n")
    aws.sts.json = form
    key, _ = role.key()
    assert key.path == f"{STATIC_ENV['AWS_ACCESS_KEY_ID']} > " \
        f"{ACCOUNT}/hop > {ACCOUNT}/pull"
    assert aws.actions() == [ASSUME] * 2
    assert aws.connections == 1

    aws.forget()
    aws.fail(faults.status(503), on=ASSUME)
    role.key()
    assert len(aws.log) == 3 and aws.connections == 1
