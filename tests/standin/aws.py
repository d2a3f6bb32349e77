"""ECR, ECR Public and STS, as far as a login goes."""
from __future__ import annotations

import base64
import itertools
import json
import random
import re
import time
import uuid
from typing import Optional
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from . import signature
from .server import Answer, Request, Standin
from .signature import Key, Refused

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HOUR = 3600

# What the tests may look for where it must not be.
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSTANDINKEY"
SESSION_SECRET = "sessionSecret/K7MDENG+bPxRfiCYSTANDINKEY"
SESSION_TOKEN = "FwoGZXIvYXdzEPT//////////wEa+session+token/" + "Q" * 400 + "=="
STATIC = Key("AKIASTANDINSTATICKEY", SECRET)
SESSION = Key("ASIASTANDINSESSIONKY", SESSION_SECRET, SESSION_TOKEN,
              arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app-role/i-0abc")

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
# STS has other names, and other status codes, for the same refusals.
STS_CODES = {
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
}
STS_XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"


class Aws(Standin):
    """Set the attributes to change what is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = {key.id: key for key in (STATIC, SESSION)}
        self.password = PASSWORD
        self.token_life: float = 12 * HOUR
        self.web_token = "web.identity.token"
        self.sts_json = True
        self._serial = itertools.count(1)

    def answer(self, request: Request) -> Answer:
        service, region = self._service(request)
        try:
            if request.target != "/" or request.method != "POST":
                raise Refused("UnknownOperationException", "")
            if service == "sts":
                return self._sts(request, region)
            return self._ecr(request, service, region)
        except Refused as refused:
            if service == "sts":
                return self._sts_error(request, refused)
            return _json_error(refused)

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

    # ECR

    def _ecr(self, request: Request, service: str,
             region: Optional[str]) -> Answer:
        if request.headers.get("content-type") != "application/x-amz-json-1.1":
            raise Refused("UnknownOperationException", "")
        prefix, _, operation = \
            request.headers.get("x-amz-target", "").partition(".")
        if TARGETS.get(prefix) != service or \
                operation != "GetAuthorizationToken":
            raise Refused("UnknownOperationException", "")
        key = signature.check(
            request, self.keys, self.now(), service,
            "us-east-1" if service == "ecr-public" else region,
            ["content-type", "x-amz-target"])
        try:
            body = json.loads(request.body)
        except ValueError:
            raise Refused("SerializationException", "") from None
        scope = request.headers["authorization"].split("/")
        return self._token(body, key, service, region or scope[2],
                           request.headers["host"])

    def _token(self, body: dict, key: Key, service: str, region: str,
               api_host: str) -> Answer:
        entry = {
            "authorizationToken": base64.b64encode(
                b"AWS:" + self.password.encode()).decode(),
            "expiresAt": round(self.now() + self.token_life, 3),
        }
        if service == "ecr-public":
            if body:
                raise Refused("InvalidParameterException",
                              "Invalid parameter")
            return _json({"authorizationData": entry})
        ids = body.get("registryIds", [key.account])
        if set(body) - {"registryIds"} or not 1 <= len(ids) <= 10 or \
                not all(re.fullmatch(r"\d{12}", i) for i in ids):
            raise Refused("InvalidParameterException",
                          "Invalid parameter at 'registryIds' failed to "
                          "satisfy constraint: 'must be 12 digits'")
        suffix = "amazonaws.com.cn" if region.startswith("cn-") \
            else "amazonaws.com"
        fips = "-fips" if "-fips." in api_host else ""
        return _json({"authorizationData": [
            entry | {"proxyEndpoint":
                     f"https://{i}.dkr.ecr{fips}.{region}.{suffix}"}
            for i in ids]})

    # STS

    def _sts(self, request: Request, region: Optional[str]) -> Answer:
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind != "application/x-www-form-urlencoded":
            raise Refused("MissingAction", "Missing Action")
        form = {name: values[0] for name, values in
                parse_qs(request.body.decode(), keep_blank_values=True,
                         strict_parsing=True).items()}
        action = form.get("Action", "")
        if form.get("Version") != "2011-06-15":
            raise Refused("InvalidAction", f"Could not find operation {action}"
                          f" for version {form.get('Version')}")
        if action == "AssumeRoleWithWebIdentity":
            if form.get("WebIdentityToken") != self.web_token:
                raise Refused("InvalidIdentityToken",
                              "No OpenIDConnect provider found in your "
                              "account")
            result = self._assume(form)
            result["SubjectFromWebIdentityToken"] = "system:serviceaccount:x:y"
        elif action in ("AssumeRole", "GetCallerIdentity"):
            key = signature.check(request, self.keys, self.now(), "sts",
                                  region, ["content-type"])
            result = self._assume(form) if action == "AssumeRole" else {
                "Account": key.account, "Arn": key.arn, "UserId": key.id}
        else:
            raise Refused("InvalidAction",
                          f"Could not find operation {action} for version "
                          "2011-06-15")
        return self._sts_result(request, action, result)

    def _assume(self, form: dict[str, str]) -> dict:
        role, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
        found = re.fullmatch(r"arn:[a-z-]+:iam::(\d{12}):role/(\S+)", role)
        if not found or not re.fullmatch(r"[\w+=,.@-]{2,64}", name):
            raise Refused("ValidationError",
                          "1 validation error detected: Value at 'roleArn' "
                          "failed to satisfy constraint")
        life = int(form.get("DurationSeconds", HOUR))
        arn = f"arn:aws:sts::{found[1]}:assumed-role/{found[2]}/{name}"
        number = next(self._serial)
        key = Key(f"ASIASTANDINROLE{number:05}", SESSION_SECRET,
                  SESSION_TOKEN + str(number), found[1], arn,
                  self.now() + life)
        self.keys[key.id] = key
        return {
            "Credentials": {
                "AccessKeyId": key.id, "SecretAccessKey": key.secret,
                "SessionToken": key.token, "Expiration": int(key.expires)},
            "AssumedRoleUser": {"AssumedRoleId": f"AROASTANDIN:{name}",
                                "Arn": arn},
        }

    def _wants_json(self, request: Request) -> bool:
        return self.sts_json and \
            request.headers.get("accept") == "application/json"

    def _sts_result(self, request: Request, action: str,
                    result: dict) -> Answer:
        meta = {"RequestId": str(uuid.uuid4())}
        if self._wants_json(request):
            return _json({f"{action}Response": {
                f"{action}Result": result, "ResponseMetadata": meta}},
                "application/json")
        if "Credentials" in result:
            credentials = result["Credentials"]
            credentials["Expiration"] = time.strftime(
                "%Y-%m-%dT%H:%M:%SZ", time.gmtime(credentials["Expiration"]))
        return _xml(200, f"{action}Response", {
            f"{action}Result": result, "ResponseMetadata": meta})

    def _sts_error(self, request: Request, refused: Refused) -> Answer:
        code = STS_CODES.get(refused.code, refused.code)
        status = 403 if code in STS_CODES.values() else 400
        about = {"Type": "Sender", "Code": code, "Message": refused.text}
        verdict = f"{code}: {refused.text}"
        if self._wants_json(request):
            answer = _json({"Error": about, "RequestId": str(uuid.uuid4())},
                           "application/json")
        else:
            answer = _xml(status, "ErrorResponse", {
                "Error": about, "RequestId": str(uuid.uuid4())})
        answer.status, answer.verdict = status, verdict
        return answer


def _json(body: dict, kind: str = "application/x-amz-json-1.1") -> Answer:
    return Answer(200, json.dumps(body, separators=(",", ":")).encode(),
                  {"Content-Type": kind,
                   "x-amzn-RequestId": str(uuid.uuid4())})


def _json_error(refused: Refused) -> Answer:
    answer = _json({"__type": f"com.amazon.coral.service#{refused.code}",
                    "message": refused.text})
    answer.status, answer.verdict = 400, f"{refused.code}: {refused.text}"
    return answer


def _elements(value) -> str:
    if not isinstance(value, dict):
        return escape(str(value))
    return "".join(f"<{name}>{_elements(inner)}</{name}>\n"
                   for name, inner in value.items())


def _xml(status: int, root: str, body: dict) -> Answer:
    text = f'<{root} xmlns="{STS_XMLNS}">\n{_elements(body)}</{root}>\n'
    return Answer(status, text.encode(), {"Content-Type": "text/xml"})
