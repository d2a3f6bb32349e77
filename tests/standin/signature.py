"""Signature Version 4, judged by botocore."""
from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass
from typing import Optional

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from .server import Request

SKEW = 300
MISMATCH = ("The request signature we calculated does not match the signature "
            "you provided. Check your AWS Secret Access Key and signing "
            "method. Consult the service documentation for details.")
FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([^/, ]+)/([^/, ]+)/"
    r"aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")


@dataclass
class Key:
    """An access key that the stand-in knows."""
    id: str
    secret: str
    token: str = ""
    account: str = "123456789012"
    arn: str = "arn:aws:iam::123456789012:user/tester"
    expires: float = 0      # 0: never
    # How it came to be, the same from run to run: "AKIA...", then for each
    # role " > role/NAME".
    path: str = ""

    def __post_init__(self) -> None:
        self.path = self.path or self.id


class Refused(Exception):
    """code is ECR's; other services have their own names for some."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Recompute(SigV4Auth):
    """Signs exactly the headers that the client said it signed."""

    def __init__(self, key: Key, service: str, region: str,
                 signed: list[str]) -> None:
        super().__init__(Credentials(key.id, key.secret, key.token or None),
                         service, region)
        self.signed = signed

    def headers_to_sign(self, request) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name, value in request.headers.items():
            if name.lower() in self.signed:
                chosen[name.lower()] = value
        return chosen


def stamp(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def check(request: Request, keys: dict[str, Key], now: float, service: str,
          region: Optional[str], must_sign: list[str]) -> Key:
    """The key that signed the request, or Refused as AWS words it. region
    None: any (a custom endpoint)."""
    headers = request.headers
    if "authorization" not in headers:
        raise Refused("MissingAuthenticationTokenException",
                      "Missing Authentication Token")
    form = FORM.fullmatch(headers["authorization"])
    if not form or request.repeated:
        raise Refused("IncompleteSignatureException",
                      "Authorization header requires 'Credential', "
                      "'SignedHeaders' and 'Signature' parameters.")
    key_id, day, got_region, got_service, names, signature = form.groups()
    signed = names.split(";")
    needed = ["host", "x-amz-date", *must_sign]
    if "x-amz-security-token" in headers:
        needed.append("x-amz-security-token")
    for name in needed:
        if name not in signed:
            raise Refused("InvalidSignatureException",
                          f"'{name}' must be a 'SignedHeader' in the AWS "
                          "Authorization.")
    if signed != sorted(signed) or any(n not in headers for n in signed):
        raise Refused("InvalidSignatureException", MISMATCH)
    key = keys.get(key_id)
    if not key or headers.get("x-amz-security-token", "") != key.token:
        raise Refused("UnrecognizedClientException",
                      "The security token included in the request is "
                      "invalid.")
    if key.expires and key.expires <= now:
        raise Refused("ExpiredTokenException",
                      "The security token included in the request is expired")
    if got_service != service:
        raise Refused("InvalidSignatureException",
                      "Credential should be scoped to correct service: "
                      f"'{service}'. ")
    if region and got_region != region:
        raise Refused("InvalidSignatureException",
                      "Credential should be scoped to a valid region. ")
    _check_time(headers["x-amz-date"], day, now)
    if _recompute(request, key, got_service, got_region,
                  signed) != signature:
        raise Refused("InvalidSignatureException", MISMATCH)
    return key


def _check_time(date: str, day: str, now: float) -> None:
    try:
        at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refused("IncompleteSignatureException",
                      "Date must be in ISO-8601 'basic format'. Got "
                      f"'{date}'.") from None
    if date[:8] != day:
        raise Refused("InvalidSignatureException",
                      "Date in Credential scope does not match YYYYMMDD from "
                      "ISO-8601 version of date from HTTP: "
                      f"'{day}' != '{date[:8]}', from '{date}'.")
    if at < now - SKEW:
        raise Refused("InvalidSignatureException",
                      f"Signature expired: {date} is now earlier than "
                      f"{stamp(now - SKEW)} ({stamp(now)} - 5 min.)")
    if at > now + SKEW:
        raise Refused("InvalidSignatureException",
                      f"Signature not yet current: {date} is still later "
                      f"than {stamp(now + SKEW)} ({stamp(now)} + 5 min.)")


def _recompute(request: Request, key: Key, service: str, region: str,
               signed: list[str]) -> str:
    scheme = "https" if request.secure else "http"
    replay = AWSRequest(
        request.method, f"{scheme}://{request.headers['host']}"
        f"{request.target}", dict(request.headers), request.body)
    replay.context["timestamp"] = request.headers["x-amz-date"]
    signer = Recompute(key, service, region, signed)
    canonical = signer.canonical_request(replay)
    return signer.signature(signer.string_to_sign(replay, canonical), replay)
