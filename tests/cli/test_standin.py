"""The stand-in, judged by botocore: what AWS's own client can do there, and
what is refused."""
import base64
import json
import urllib.error
import urllib.request

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import \
    decode_dss_signature

from program import ACCOUNT, REGION
from standin import faults, sso
from standin.aws import STATIC
from standin.sts import Role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"


def client(aws, service, key=STATIC):
    session = botocore.session.Session()
    return session.create_client(
        service, REGION, endpoint_url=aws.url,
        aws_access_key_id=key.id if key else None,
        aws_secret_access_key=key.secret if key else None,
        aws_session_token=(key.token or None) if key else None,
        config=Config(retries={"max_attempts": 0}, proxies={},
                      signature_version=None if key else UNSIGNED))


def assume(aws, key=STATIC, role=ROLE, **more):
    answer = client(aws, "sts", key).assume_role(
        RoleArn=role, RoleSessionName="me", **more)
    return aws.keys[answer["Credentials"]["AccessKeyId"]]


def post(aws, path, body, headers=None):
    request = urllib.request.Request(
        aws.url + path, json.dumps(body).encode(),
        {"Content-Type": "application/json", **(headers or {})})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_roles(aws):
    first = assume(aws)
    second = assume(aws, first, ROLE + "2", DurationSeconds=900)
    who = client(aws, "sts", second).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/app2/me"
    client(aws, "ecr", second).get_authorization_token()
    path = f"{STATIC.id} > {ACCOUNT}/app > {ACCOUNT}/app2"
    assert aws.reached() == [path] and second.path == path
    assert [c.by for c in aws.sts.calls("AssumeRole")] == \
        [STATIC.id, first.path]
    assert aws.actions() == ["sts:AssumeRole", "sts:AssumeRole",
                             "sts:GetCallerIdentity",
                             "ecr:GetAuthorizationToken"]


def test_web_identity(aws):
    answer = client(aws, "sts", None).assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="me",
        WebIdentityToken="web.identity.token")
    key = answer["Credentials"]["AccessKeyId"]
    assert aws.keys.path(key) == f"web system:serviceaccount:x:y > " \
        f"{ACCOUNT}/app"
    assert not aws.sts.log[0].signed


SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/me"
DENIED = "An error occurred (AccessDenied) when calling the AssumeRole " \
    f"operation: User: {STATIC.arn} is not authorized to perform: " \
    f"sts:AssumeRole on resource: {ROLE}"


@pytest.mark.parametrize("role, more, says", [
    (Role(external_id="x"), {"ExternalId": "xy"}, DENIED),
    (Role(external_id="x"), {}, DENIED),
    (Role(trusts=set()), {}, DENIED),
    (Role(serial=SERIAL), {}, DENIED),
    (Role(serial=SERIAL), {"SerialNumber": SERIAL, "TokenCode": "000000"},
     "MultiFactorAuthentication failed"),
    (Role(serial=SERIAL), {"SerialNumber": SERIAL + "2",
                           "TokenCode": "123456"},
     "MultiFactorAuthentication failed"),
    (Role(serial=SERIAL), {"SerialNumber": SERIAL, "TokenCode": "12345x"},
     "'tokenCode'"),
    (Role(), {"DurationSeconds": 901, "RoleSessionName": "??"}, "'roleArn'"),
    (Role(), {"DurationSeconds": 43201}, "'durationSeconds'"),
    (Role(longest_s=3600), {"DurationSeconds": 3601}, "MaxSessionDuration"),
])
def test_role_refused(aws, role, more, says):
    aws.sts.roles[ROLE] = role
    with pytest.raises(ClientError) as refused:
        client(aws, "sts").assume_role(**{
            "RoleArn": ROLE, "RoleSessionName": "me", **more})
    assert says in str(refused.value)
    assert aws.sts.log[0].verdict != "ok"


def test_role_granted(aws):
    aws.sts.roles[ROLE] = Role("ext", SERIAL, trusts={STATIC.id})
    assume(aws, ExternalId="ext", SerialNumber=SERIAL, TokenCode="123456")
    with pytest.raises(ClientError, match="1 hour session limit"):
        assume(aws, assume(aws, role=ROLE + "2"), ROLE + "3",
               DurationSeconds=3601)


def test_faults_by_action(aws):
    aws.fail(faults.query_error("Throttling", "Rate exceeded"),
             on="sts:AssumeRole")
    client(aws, "ecr").get_authorization_token()
    with pytest.raises(ClientError, match="Throttling"):
        assume(aws)
    assume(aws)


def test_single_sign_on(aws):
    aws.sso.pending = 1
    oidc, portal = client(aws, "sso-oidc", None), client(aws, "sso", None)
    it = oidc.register_client(clientName="x", clientType="public",
                              scopes=[sso.SCOPE])
    who = {name: it[name] for name in ("clientId", "clientSecret")}
    device = oidc.start_device_authorization(**who, startUrl=sso.START_URL)
    ask = {**who, "grantType": sso.DEVICE_CODE,
           "deviceCode": device["deviceCode"]}
    with pytest.raises(oidc.exceptions.AuthorizationPendingException):
        oidc.create_token(**ask)
    first = oidc.create_token(**ask)
    again = {**who, "grantType": "refresh_token",
             "refreshToken": first["refreshToken"]}
    second = oidc.create_token(**again)
    with pytest.raises(oidc.exceptions.InvalidGrantException):
        oidc.create_token(**again)
    assert second["refreshToken"] != first["refreshToken"]
    assert aws.sso.refreshed() == 1
    bearer = {"accessToken": second["accessToken"]}
    got = portal.get_role_credentials(**bearer, accountId=ACCOUNT,
                                      roleName="a b")["roleCredentials"]
    assert aws.keys.path(got["accessKeyId"]) == f"sso {ACCOUNT}/a b"
    portal.logout(**bearer)
    with pytest.raises(portal.exceptions.UnauthorizedException):
        portal.logout(**bearer)


def test_lost_refresh_leaves_the_token_good(aws):
    """A refusal before the service has acted, unlike a lost answer."""
    _, text = aws.sso.cached("my")
    cached = json.loads(text)
    body = {"clientId": cached["clientId"],
            "clientSecret": cached["clientSecret"],
            "grantType": "refresh_token",
            "refreshToken": cached["refreshToken"]}
    aws.fail(faults.status(503), on="sso-oidc:CreateToken")
    aws.fail(faults.edit(lambda answer: answer), on="sso-oidc:CreateToken")
    with pytest.raises(ValueError):
        post(aws, "/token", body)
    assert post(aws, "/token", body)[0] == 200
    assert post(aws, "/token", body) == (400, {
        "error": "invalid_grant",
        "error_description": "Invalid refresh token provided"})


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def proof(key, url, **change):
    numbers = key.public_key().public_numbers()
    head = {"typ": "dpop+jwt", "alg": change.get("alg", "ES256"), "jwk": {
        "kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big"))}}
    claims = {"htm": "POST", "htu": change.get("htu", url + "/v1/token"),
              "iat": int(change.get("iat", 0)),
              "jti": change.get("jti", "01234567-0000-4000-8000-000000000000")}
    text = ".".join(b64(json.dumps(x).encode()) for x in (head, claims))
    r, s = decode_dss_signature(key.sign(
        text.encode(), ec.ECDSA(hashes.SHA256())))
    return text + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


@pytest.mark.parametrize("change, status, error", [
    ({}, 200, None),
    ({"alg": "none"}, 400, "INVALID_REQUEST"),
    ({"htu": "http://127.0.0.1/v1/token"}, 400, "INVALID_REQUEST"),
    ({"late": 301}, 400, "INVALID_REQUEST"),
    ({"jti": "01234567-0000-1000-8000-000000000000"}, 400,
     "INVALID_REQUEST"),
    ({"other": True}, 403, "TOKEN_EXPIRED"),
    ({"spoil": True}, 400, "INVALID_REQUEST"),
    ({"token": "none"}, 403, "TOKEN_EXPIRED"),
    ({"client": "none"}, 403, "TOKEN_EXPIRED"),
])
def test_sign_in(aws, change, status, error):
    _, text = aws.signin.cached()
    cached = json.loads(text)
    key = ec.generate_private_key(ec.SECP256R1()) if "other" in change else \
        serialization.load_pem_private_key(cached["dpopKey"].encode(), None)
    change["iat"] = aws.now() - change.get("late", 0)
    jws = proof(key, aws.url, **change)
    if "spoil" in change:
        jws = jws[:-8] + ("A" * 8)
    got = post(aws, "/v1/token", {
        "clientId": change.get("client", cached["clientId"]),
        "grantType": "refresh_token",
        "refreshToken": change.get("token", cached["refreshToken"])},
        {"DPoP": jws})
    assert (got[0], got[1].get("error")) == (status, error)
    if status == 200:
        assert aws.keys.path(got[1]["accessToken"]["accessKeyId"]).startswith(
            "login arn:aws:sts::")
        assert got[1]["refreshToken"] != cached["refreshToken"]
        assert len(aws.signin.proofs) == 1


def test_tokens(aws):
    """Life, freshness and refusals on demand; who was asked for is kept."""
    aws.token_life, aws.fresh = 5, True
    ecr = client(aws, "ecr")
    ids = [ACCOUNT, "210987654321"]
    first, = ecr.get_authorization_token(
        registryIds=ids[:1])["authorizationData"]
    assert 0 < first["expiresAt"].timestamp() - aws.now() <= 5
    both = ecr.get_authorization_token(registryIds=ids)["authorizationData"]
    assert {base64.b64decode(entry["authorizationToken"]).decode()
            for entry in both} == {"AWS:" + aws.issued[1]}
    assert len(set(aws.issued)) == 2
    aws.unknown.add(ids[1])
    with pytest.raises(ClientError, match="no such registry"):
        ecr.get_authorization_token(registryIds=ids)
    assert aws.asked == [(REGION, ids[:1]), (REGION, ids)]
