"""The Security Token Service: aws.sts.roles[ARN] = Role(external_id="x") (any
other role may be assumed by everybody); aws.sts.calls("AssumeRole") lists what
was asked, by whom, on which connection; aws.sts.json = False answers XML."""
from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Optional
from urllib.parse import parse_qs

from . import signature
from .answers import json_answer, refusal, utc, xml_answer
from .keys import HOUR, Keys
from .server import Answer, Request
from .signature import Key, Refused

VERSION = "2011-06-15"
KIND = "application/x-www-form-urlencoded"
ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/(\S+)")
# STS has other names, and other status codes, for the same refusals.
CODES = {
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
}
FORBIDDEN = {*CODES.values(), "AccessDenied", "IDPRejectedClaim",
             "RegionDisabledException"}
COMMON = {"Action", "Version", "RoleArn", "RoleSessionName",
          "DurationSeconds", "Policy"}
MEMBERS = {
    "AssumeRole": COMMON | {"ExternalId", "SerialNumber", "TokenCode",
                            "SourceIdentity"},
    "AssumeRoleWithWebIdentity": COMMON | {"WebIdentityToken", "ProviderId"},
    "GetCallerIdentity": {"Action", "Version"},
}


@dataclass
class Role:
    """Who may assume a role, and how."""
    external_id: str = ""
    serial: str = ""            # of the MFA device that is needed
    code: str = "123456"        # what the device shows
    trusts: Optional[set[str]] = None   # paths of keys; None: everybody
    longest_s: int = 12 * HOUR
    life_s: int = HOUR          # when the caller does not say


@dataclass
class Call:
    """One request that got as far as its action."""
    action: str
    form: dict[str, str]
    connection: int
    host: str
    accept: str
    signed: bool
    by: str = ""                # the path of the key that signed it
    region: str = ""            # in its signature
    verdict: str = "ok"


class Sts:
    """Part of aws.Aws; set the attributes to change what is answered."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.json = True        # when it is asked for
        self.roles: dict[str, Role] = {}
        # What an identity provider issued, and to whom.
        self.web_tokens = {"web.identity.token": "system:serviceaccount:x:y"}
        self.expired_web_tokens: set[str] = set()
        self.log: list[Call] = []

    def calls(self, action: str = "") -> list[Call]:
        return [c for c in self.log if action in ("", c.action)]

    def connections(self) -> set[int]:
        return {call.connection for call in self.log}

    def answer(self, request: Request, region: Optional[str],
               now: float) -> Answer:
        call = None
        try:
            form = self._form(request)
            action = form.get("Action", "")
            request.action = f"sts:{action}"
            call = Call(action, form, request.connection,
                        request.headers.get("host", ""),
                        request.headers.get("accept", ""),
                        "authorization" in request.headers)
            self.log.append(call)
            return self._result(request, action,
                                self._act(request, call, region, now))
        except Refused as refused:
            answer = self._error(request, refused)
            if call:
                call.verdict = answer.verdict
            return answer

    def _form(self, request: Request) -> dict[str, str]:
        kind = request.headers.get("content-type", "").partition(";")[0]
        if request.target != "/" or request.method != "POST" or kind != KIND:
            raise Refused("MissingAction", "Missing Action")
        try:
            parsed = parse_qs(request.body.decode(), keep_blank_values=True,
                              strict_parsing=True)
        except ValueError:
            raise Refused("MalformedInput", "Malformed Input") from None
        if any(len(values) > 1 for values in parsed.values()):
            raise Refused("MalformedInput", "Duplicate parameter")
        return {name: values[0] for name, values in parsed.items()}

    def _act(self, request: Request, call: Call, region: Optional[str],
             now: float) -> dict:
        form, action = call.form, call.action
        if form.get("Version") != VERSION or action not in MEMBERS:
            raise Refused("InvalidAction", f"Could not find operation {action}"
                          f" for version {form.get('Version')}")
        key = None
        if action != "AssumeRoleWithWebIdentity":
            key = signature.check(request, self.keys, now, "sts", region,
                                  ["content-type"])
            call.by = request.by = key.path
            call.region = request.headers["authorization"].split("/")[2]
        if set(form) - MEMBERS[action] or "" in form.values():
            raise Refused("MalformedInput", "Unexpected or empty: " + ", ".join(
                sorted(n for n in form
                       if n not in MEMBERS[action] or not form[n])))
        if action == "GetCallerIdentity":
            return {"Arn": key.arn, "UserId": key.id, "Account": key.account}
        if action == "AssumeRole":
            return self._assume(form, key, key.path)
        subject = self._subject(form.get("WebIdentityToken", ""))
        return self._assume(form, None, f"web {subject}") | {
            "SubjectFromWebIdentityToken": subject, "Audience": "sts"}

    def _subject(self, token: str) -> str:
        if token in self.expired_web_tokens:
            raise Refused("ExpiredTokenException",
                          "Token expired: current date/time must be before "
                          "the expiration date/time")
        if token not in self.web_tokens:
            raise Refused("InvalidIdentityToken", "No OpenIDConnect provider "
                          "found in your account")
        return self.web_tokens[token]

    def _assume(self, form: dict[str, str], by: Optional[Key],
                path: str) -> dict:
        arn, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
        found = ROLE.fullmatch(arn)
        if not found or not re.fullmatch(r"[\w+=,.@-]{2,64}", name):
            raise Refused("ValidationError",
                          "1 validation error detected: Value at 'roleArn' "
                          "failed to satisfy constraint")
        role = self.roles.get(arn, Role())
        if by:
            self._permit(role, arn, form, by)
        life = self._life(role, form, by)
        session = f"arn:aws:sts::{found[1]}:assumed-role/" \
            f"{found[2].rpartition('/')[2]}/{name}"
        key = self.keys.issue("ROLE", f"{path} > {found[1]}/{found[2]}",
                              found[1], session, life)
        return {
            "Credentials": {
                "AccessKeyId": key.id, "SecretAccessKey": key.secret,
                "SessionToken": key.token, "Expiration": int(key.expires)},
            "AssumedRoleUser": {"AssumedRoleId": f"AROASTANDIN:{name}",
                                "Arn": session},
            "PackedPolicySize": 6,
        }

    @staticmethod
    def _permit(role: Role, arn: str, form: dict[str, str], by: Key) -> None:
        denied = Refused("AccessDenied", f"User: {by.arn} is not authorized "
                         f"to perform: sts:AssumeRole on resource: {arn}")
        if role.trusts is not None and by.path not in role.trusts:
            raise denied
        if role.external_id and form.get("ExternalId") != role.external_id:
            raise denied
        code = form.get("TokenCode", "")
        if bool(code) != ("SerialNumber" in form) or \
                (code and not re.fullmatch(r"\d{6}", code)):
            raise Refused("ValidationError",
                          "1 validation error detected: Value at 'tokenCode' "
                          "failed to satisfy constraint")
        if role.serial and not code:
            raise denied
        if role.serial and (form["SerialNumber"], code) != \
                (role.serial, role.code):
            raise Refused("AccessDenied", "MultiFactorAuthentication failed "
                          "with invalid MFA one time pass code. ")

    @staticmethod
    def _life(role: Role, form: dict[str, str], by: Optional[Key]) -> int:
        asked = form.get("DurationSeconds", str(role.life_s))
        if not asked.isdigit() or not 900 <= int(asked) <= 43200:
            raise Refused("ValidationError", "1 validation error detected: "
                          f"Value '{asked}' at 'durationSeconds' failed to "
                          "satisfy constraint")
        life = int(asked)
        if by and by.token and " > " in by.path and life > HOUR:
            raise Refused("ValidationError", "The requested DurationSeconds "
                          "exceeds the 1 hour session limit for roles "
                          "assumed by role chaining.")
        if life > role.longest_s:
            raise Refused("ValidationError", "The requested DurationSeconds "
                          "exceeds the MaxSessionDuration set for this role.")
        return life

    def _wants_json(self, request: Request) -> bool:
        return self.json and \
            request.headers.get("accept") == "application/json"

    def _result(self, request: Request, action: str, result: dict) -> Answer:
        meta = {"RequestId": str(uuid.uuid4())}
        if self._wants_json(request):
            return json_answer({f"{action}Response": {
                f"{action}Result": result, "ResponseMetadata": meta}})
        if "Credentials" in result:
            credentials = result["Credentials"]
            credentials["Expiration"] = utc(credentials["Expiration"])
        return xml_answer(200, f"{action}Response", {
            f"{action}Result": result, "ResponseMetadata": meta})

    def _error(self, request: Request, refused: Refused) -> Answer:
        # The one of a web identity token keeps its name, as a 400.
        code = refused.code if request.action.endswith("WebIdentity") else \
            CODES.get(refused.code, refused.code)
        about = {"Type": "Sender", "Code": code, "Message": refused.text}
        whole = {"Error": about, "RequestId": str(uuid.uuid4())}
        status = 403 if code in FORBIDDEN else 400
        if self._wants_json(request):
            answer = json_answer(whole, status=status)
        else:
            answer = xml_answer(status, "ErrorResponse", whole)
        return refusal(answer, code, refused.text)
