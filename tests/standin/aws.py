"""AWS behind one port or under its own names: ECR and ECR Public here, the
rest in sts.py, sso.py and signin.py, as the members of those names."""
from __future__ import annotations

import base64
import json
import random
import re
from typing import Optional
from urllib.parse import urlsplit

from . import signature
from .answers import json_answer, refusal
from .keys import (  # noqa: F401 (tests take them from here)
    ACCOUNT, HOUR, REGION, SECRET, SESSION, SESSION_SECRET, SESSION_TOKEN,
    STATIC, Keys)
from .server import Answer, Request, Standin
from .signature import Key, Refused
from .signin import SignIn
from .sso import Sso
from .sts import Sts

_random = random.Random(20150830)
PASSWORD = "eyJwYXlsb2FkIjoi" + "".join(_random.choices(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    k=2000)) + "=="

# Host name -> service, and the region in it.
HOSTS = [
    (re.compile(r"(?:api\.ecr|api\.ecr-fips|ecr-fips|ecr)\.([a-z0-9-]+)\.\S+"),
     "ecr"),
    (re.compile(r"(?:api\.)?ecr-public(?:-fips)?\.([a-z0-9-]+)\.\S+"),
     "ecr-public"),
    (re.compile(r"sts(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.\S+"), "sts"),
]
TARGETS = {
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "SpencerFrontendService": "ecr-public",
}
JSON_11 = "application/x-amz-json-1.1"
# Where there is one port for all, the path tells which service is meant.
PORTAL = {"/federation/credentials", "/logout"}
OIDC = {"/client/register", "/device_authorization", "/token"}
SIGN_IN = "/v1/token"


class Aws(Standin):
    """Set the attributes to change what is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = Keys(self.now)
        self.sts = Sts(self.keys)
        self.sso = Sso(self.keys, self.now)
        self.signin = SignIn(self.keys, self.now)
        self.password = PASSWORD
        self.token_life: float = 12 * HOUR
        self.fresh = False      # True: another password with each call
        self.issued: list[str] = []     # passwords, when fresh
        # Of each call that was not refused: region and registryIds.
        self.asked: list[tuple[str, list[str]]] = []
        self.unknown: set[str] = set()  # registryIds that are refused

    def forget(self) -> None:
        super().forget()
        self.sts.log.clear()
        self.asked.clear()

    def actions(self) -> list[str]:
        """The requests so far, as "sts:AssumeRole"."""
        return [request.action for request in self.log]

    def reached(self) -> list[str]:
        """Who came to ECR: the paths of the keys, see keys.py."""
        return [request.by for request in self.log
                if request.action.startswith("ecr")]

    def answer(self, request: Request) -> Answer:
        path = urlsplit(request.target).path
        if path in PORTAL:
            return self.sso.portal(request)
        if path in OIDC:
            return self.sso.oidc(request)
        if path == SIGN_IN:
            return self.signin.answer(request)
        service, region = self._service(request)
        if service == "sts":
            return self.sts.answer(request, region, self.now())
        try:
            if request.target != "/" or request.method != "POST":
                raise Refused("UnknownOperationException", "")
            return self._ecr(request, service, region)
        except Refused as refused:
            return refusal(json_answer(
                {"__type": f"com.amazon.coral.service#{refused.code}",
                 "message": refused.text}, JSON_11, 400),
                refused.code, refused.text)

    def _service(self, request: Request) -> tuple[str, Optional[str]]:
        host = request.headers.get("host", "").partition(":")[0]
        if host == "sts.amazonaws.com":
            return "sts", "us-east-1"
        for pattern, service in HOSTS:
            found = pattern.fullmatch(host)
            if found:
                return service, found[1]
        target = request.headers.get("x-amz-target", "").partition(".")[0]
        return TARGETS.get(target, "sts"), None

    def _ecr(self, request: Request, service: str,
             region: Optional[str]) -> Answer:
        if request.headers.get("content-type") != JSON_11:
            raise Refused("UnknownOperationException", "")
        prefix, _, operation = \
            request.headers.get("x-amz-target", "").partition(".")
        request.action = f"{service}:{operation}"
        if TARGETS.get(prefix) != service or \
                operation != "GetAuthorizationToken":
            raise Refused("UnknownOperationException", "")
        key = signature.check(
            request, self.keys, self.now(), service,
            "us-east-1" if service == "ecr-public" else region,
            ["content-type", "x-amz-target"])
        request.by = key.path
        try:
            body = json.loads(request.body)
        except ValueError:
            raise Refused("SerializationException", "") from None
        scope = request.headers["authorization"].split("/")
        return self._token(body, key, service, region or scope[2],
                           request.headers["host"])

    def _token(self, body: dict, key: Key, service: str, region: str,
               api_host: str) -> Answer:
        if self.fresh:
            self.issued.append(f"{PASSWORD}{len(self.issued) + 1:06}")
            self.password = self.issued[-1]
        entry = {
            "authorizationToken": base64.b64encode(
                b"AWS:" + self.password.encode()).decode(),
            "expiresAt": round(self.now() + self.token_life, 3),
        }
        if service == "ecr-public":
            if body:
                raise Refused("InvalidParameterException",
                              "Invalid parameter")
            return json_answer({"authorizationData": entry}, JSON_11)
        ids = body.get("registryIds", [key.account])
        if set(body) - {"registryIds"} or not 1 <= len(ids) <= 10 or \
                not all(re.fullmatch(r"\d{12}", i) for i in ids):
            raise Refused("InvalidParameterException",
                          "Invalid parameter at 'registryIds' failed to "
                          "satisfy constraint: 'must be 12 digits'")
        if self.unknown & set(ids):
            raise Refused("InvalidParameterException", "Invalid parameter at "
                          "'registryIds': no such registry")
        self.asked.append((region, ids))
        suffix = "amazonaws.com.cn" if region.startswith("cn-") \
            else "amazonaws.com"
        fips = "-fips" if "-fips." in api_host else ""
        return json_answer({"authorizationData": [
            entry | {"proxyEndpoint":
                     f"https://{i}.dkr.ecr{fips}.{region}.{suffix}"}
            for i in ids]}, JSON_11)
