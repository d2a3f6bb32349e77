"""IAM Identity Center, portal and OIDC: name, text = aws.sso.cached("my") is a
file for ~/.aws/sso/cache of a login that is good for an hour (life=, refresh=,
registered= say otherwise); aws.sso.pending = 2 lets a device wait two polls."""
from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import parse_qsl, urlsplit

from .answers import json_answer, refusal, utc
from .keys import HOUR, REGION, Keys
from .server import Answer, Request

START_URL = "https://standin.awsapps.com/start"
SCOPE = "sso:account:access"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
# Prefixes of what the tests may look for where it must not be.
ACCESS, REFRESH, CLIENT = "aoaStandinAccess", "aorStandinRefresh", \
    "standinClientSecret"


class Bad(Exception):
    """error is OAuth's word, name the exception in x-amzn-ErrorType."""

    def __init__(self, error: str, name: str, text: str,
                 status: int = 400) -> None:
        super().__init__(text)
        self.error, self.name, self.text = error, name, text
        self.status = status


@dataclass
class Client:
    """A registration."""
    secret: str
    scopes: list[str]
    expires: float


@dataclass
class Device:
    client: str
    user_code: str
    expires: float
    pending: int


@dataclass
class Issued:
    """What a token request gave."""
    at: float
    grant: str
    connection: int
    members: dict = field(default_factory=dict)


class Sso:
    """Part of aws.Aws; set the attributes to change what is answered."""

    def __init__(self, keys: Keys, now) -> None:
        self.keys, self.now = keys, now
        self.life_s: float = HOUR           # of access tokens
        self.role_life_s: float = HOUR      # of role credentials
        self.pending = 0                    # polls that a device has to wait
        self.interval = 1
        self.rotate = True      # a refresh token is good for one use
        self.forget_refresh = False         # answers name no new one
        self.denied: set[tuple[str, str]] = set()   # (account, role)
        self.clients: dict[str, Client] = {}
        self.devices: dict[str, Device] = {}
        self.access: dict[str, float] = {}  # token -> its end
        self.refresh: dict[str, str] = {}   # token -> client id
        self.issued: list[Issued] = []
        self._serial = itertools.count(1)

    # For tests.

    def cached(self, session: str = "", start_url: str = START_URL, *,
               life: Optional[float] = None, refresh: bool = True,
               registered: float = 90 * 24 * HOUR,
               region: str = REGION) -> tuple[str, str]:
        """Name and content of the token's cache file; session empty: the
        legacy form, named by the start URL and without a refresh token."""
        life = self.life_s if life is None else life
        body = {"startUrl": start_url, "region": region,
                "accessToken": self._access(life),
                "expiresAt": utc(self.now() + life)}
        if session and refresh:
            client = self._client([SCOPE], registered)
            body |= {"clientId": client,
                     "clientSecret": self.clients[client].secret,
                     "registrationExpiresAt": utc(self.now() + registered),
                     "refreshToken": self._refresh(client)}
        name = hashlib.sha1((session or start_url).encode()).hexdigest()
        return name + ".json", json.dumps(body)

    def refreshed(self) -> int:
        """How many refresh tokens were used with success."""
        return sum(i.grant == "refresh_token" for i in self.issued)

    # Tokens.

    def _access(self, life: float) -> str:
        token = f"{ACCESS}{next(self._serial):05}"
        self.access[token] = self.now() + life
        return token

    def _refresh(self, client: str) -> str:
        token = f"{REFRESH}{next(self._serial):05}"
        self.refresh[token] = client
        return token

    def _client(self, scopes: list[str], life: float) -> str:
        name = f"standinClient{next(self._serial):05}"
        self.clients[name] = Client(CLIENT + name, scopes, self.now() + life)
        return name

    # The portal.

    def portal(self, request: Request) -> Answer:
        at = urlsplit(request.target)
        query = dict(parse_qsl(at.query, keep_blank_values=True))
        request.action = "sso:" + {
            "/federation/credentials": "GetRoleCredentials",
            "/logout": "Logout"}[at.path]
        bearer = request.headers.get("x-amz-sso_bearer_token", "")
        if self.access.get(bearer, 0) <= self.now():
            return _rest_error(401, "UnauthorizedException",
                               "Session token not found or invalid")
        if "authorization" in request.headers:
            return _rest_error(400, "InvalidRequestException", "signed")
        if at.path == "/logout":
            answer = Answer(200)
            answer.commit = lambda: self.access.pop(bearer)
            return answer
        account, role = query.get("account_id"), query.get("role_name")
        if request.method != "GET" or not account or not role or \
                set(query) != {"account_id", "role_name"}:
            return _rest_error(400, "InvalidRequestException",
                               "Request is invalid")
        if (account, role) in self.denied:
            return _rest_error(403, "ForbiddenException", "No access")
        key = self.keys.issue(
            "SSO", f"sso {account}/{role}", account,
            f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{role}/me",
            self.role_life_s)
        return json_answer({"roleCredentials": {
            "accessKeyId": key.id, "secretAccessKey": key.secret,
            "sessionToken": key.token,
            "expiration": int(key.expires * 1000)}})

    # OIDC.

    def oidc(self, request: Request) -> Answer:
        acts = {"/client/register": ("RegisterClient", self._register),
                "/device_authorization": ("StartDeviceAuthorization",
                                          self._authorize),
                "/token": ("CreateToken", self._token)}
        name, act = acts[request.target]
        request.action = f"sso-oidc:{name}"
        try:
            kind = request.headers.get("content-type", "")
            if request.method != "POST" or "authorization" in \
                    request.headers or kind != "application/json":
                raise _invalid("wants an unsigned POST of JSON")
            body = json.loads(request.body)
            return act(request, body)
        except Bad as bad:
            answer = json_answer({"error": bad.error,
                                  "error_description": bad.text},
                                 status=bad.status)
            answer.headers["x-amzn-ErrorType"] = bad.name
            return refusal(answer, bad.error, bad.text)
        except (ValueError, KeyError) as trouble:
            answer = json_answer({"error": "invalid_request",
                                  "error_description": repr(trouble)},
                                 status=400)
            return refusal(answer, "invalid_request", repr(trouble))

    def _register(self, _request: Request, body: dict) -> Answer:
        if set(body) - {"clientName", "clientType", "scopes", "grantTypes",
                        "redirectUris", "issuerUrl"} or \
                body["clientType"] != "public" or not body["clientName"]:
            raise _invalid("client")
        life = 90 * 24 * HOUR
        name = self._client(body.get("scopes", []), life)
        return json_answer({
            "clientId": name, "clientSecret": self.clients[name].secret,
            "clientIdIssuedAt": int(self.now()),
            "clientSecretExpiresAt": int(self.now() + life)})

    def _known(self, body: dict) -> str:
        client = self.clients.get(body["clientId"])
        if not client or client.secret != body["clientSecret"] or \
                client.expires <= self.now():
            raise Bad("invalid_client", "InvalidClientException",
                      "Invalid client provided", 401)
        return body["clientId"]

    def _authorize(self, request: Request, body: dict) -> Answer:
        client = self._known(body)
        if set(body) != {"clientId", "clientSecret", "startUrl"} or \
                not body["startUrl"].startswith("https://"):
            raise _invalid("start URL")
        number = next(self._serial)
        code, user = f"deviceCode{number:05}", f"WXYZ-{number:04}"
        self.devices[code] = Device(client, user, self.now() + 600,
                                    self.pending)
        page = "https://device.sso.standin.example/"
        return json_answer({
            "deviceCode": code, "userCode": user, "verificationUri": page,
            "verificationUriComplete": f"{page}?user_code={user}",
            "expiresIn": 600, "interval": self.interval})

    def _token(self, request: Request, body: dict) -> Answer:
        client = self._known(body)
        grant = body["grantType"]
        if grant == DEVICE_CODE:
            used = self._device(client, body["deviceCode"])
        elif grant == "refresh_token":
            used = body["refreshToken"]
            if self.refresh.get(used) != client:
                raise Bad("invalid_grant", "InvalidGrantException",
                          "Invalid refresh token provided")
        else:
            raise Bad("unsupported_grant_type",
                      "UnsupportedGrantTypeException", "Unsupported grant")
        return self._grant(request, client, grant, used)

    def _device(self, client: str, code: str) -> str:
        device = self.devices.get(code)
        if not device or device.client != client:
            raise Bad("invalid_grant", "InvalidGrantException",
                      "Invalid device code provided")
        if device.expires <= self.now():
            raise Bad("expired_token", "ExpiredTokenException",
                      "Device code expired")
        if device.pending > 0:
            device.pending -= 1
            raise Bad("authorization_pending",
                      "AuthorizationPendingException", "")
        return code

    def _grant(self, request: Request, client: str, grant: str,
               used: str) -> Answer:
        members = {"accessToken": self._access(self.life_s),
                   "tokenType": "Bearer", "expiresIn": int(self.life_s)}
        again = grant == "refresh_token"
        renew = self.rotate and not self.forget_refresh if again else \
            SCOPE in self.clients[client].scopes
        if renew:
            members["refreshToken"] = self._refresh(client)
        answer = json_answer(members)

        def commit() -> None:
            self.devices.pop(used, None)
            if again and self.rotate:
                self.refresh.pop(used)
            self.issued.append(Issued(self.now(), grant, request.connection,
                                      members))
        answer.commit = commit
        return answer


def _invalid(text: str) -> Bad:
    return Bad("invalid_request", "InvalidRequestException", text)


def _rest_error(status: int, name: str, text: str) -> Answer:
    answer = json_answer({"message": text}, status=status)
    answer.headers["x-amzn-ErrorType"] = name + ":http://internal.example/"
    return refusal(answer, name, text)
