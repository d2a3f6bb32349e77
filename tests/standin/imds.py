"""EC2 instance metadata, version 2 (and 1 when allowed)."""
from __future__ import annotations

import itertools
import json
import time
from typing import Callable

from .aws import ACCOUNT, REGION, SESSION
from .server import Answer, Link, Request, Standin, send_plainly
from .signature import Key

ADDRESS = "169.254.169.254"
ADDRESS_6 = "fd00:ec2::254"
ROLES = "/latest/meta-data/iam/security-credentials/"
TTL = "x-aws-ec2-metadata-token-ttl-seconds"
ERROR = ('<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC '
         '"-//W3C//DTD XHTML 1.0 Transitional//EN">\n<html><head><title>{0} - '
         '{1}</title></head><body><h1>{0} - {1}</h1></body></html>\n')


def utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Imds(Standin):
    """Set the attributes to change what is answered."""

    def __init__(self, key: Key = SESSION) -> None:
        super().__init__()
        self.key = key
        self.role = "app-role"      # empty: none attached
        self.region = REGION
        self.zone = REGION + "a"
        self.code = "Success"
        self.life: float = 6 * 3600
        self.v1 = False
        self.v2 = True              # False: PUT is not known
        self.enabled = True         # False: everything is 403
        self.placement = True       # False: an old instance without it
        self.tokens: dict[str, float] = {}
        self._serial = itertools.count(1)

    def answer(self, request: Request) -> Answer:
        if not self.enabled:
            return refuse(403, "Forbidden")
        if request.method == "PUT":
            return self._token(request)
        if request.method != "GET":
            return refuse(405, "Method Not Allowed")
        token = request.headers.get("x-aws-ec2-metadata-token")
        if token is None and not self.v1:
            return refuse(401, "Unauthorized", "no token")
        if token is not None and self.tokens.get(token, 0) < self.now():
            return refuse(401, "Unauthorized", "token not valid")
        return self._document(request.target)

    def _token(self, request: Request) -> Answer:
        if not self.v2 or request.target != "/latest/api/token":
            return refuse(404, "Not Found")
        if "x-forwarded-for" in request.headers:
            return refuse(403, "Forbidden", "forwarded")
        ttl = request.headers.get(TTL, "")
        if not ttl.isdigit() or not 1 <= int(ttl) <= 21600 or \
                request.headers.get("content-length") != "0":
            return refuse(400, "Bad Request", "bad ttl or no length")
        token = f"AQAEALstandinmetadatatoken{next(self._serial):04}=="
        self.tokens[token] = self.now() + int(ttl)
        return Answer(200, token.encode(), {
            "Content-Type": "text/plain", "Server": "EC2ws", TTL: ttl})

    def _document(self, path: str) -> Answer:
        documents: dict[str, Callable[[], str]] = {
            "/latest/meta-data/instance-id": lambda: "i-0123456789abcdef0",
            "/latest/meta-data/placement/availability-zone":
                lambda: self.zone,
            "/latest/dynamic/instance-identity/document":
                lambda: json.dumps({
                    "accountId": ACCOUNT, "region": self.region,
                    "availabilityZone": self.zone,
                    "instanceId": "i-0123456789abcdef0"}, indent=2),
        }
        if self.placement:
            documents["/latest/meta-data/placement/region"] = \
                lambda: self.region
        if self.role:
            documents[ROLES] = lambda: self.role
            documents[ROLES + self.role.split("\n")[0]] = self._credentials
        if path not in documents:
            return refuse(404, "Not Found", path)
        return Answer(200, documents[path]().encode(), {
            "Content-Type": "text/plain", "Server": "EC2ws"})

    def _credentials(self) -> str:
        if self.code != "Success":
            return json.dumps({
                "Code": self.code, "LastUpdated": utc(self.now()),
                "Message": "EC2 cannot assume the role"}, indent=2)
        return json.dumps({
            "Code": "Success", "LastUpdated": utc(self.now() - 60),
            "Type": "AWS-HMAC", "AccessKeyId": self.key.id,
            "SecretAccessKey": self.key.secret, "Token": self.key.token,
            "Expiration": utc(self.now() + self.life)}, indent=2)


def refuse(status: int, phrase: str, why: str = "") -> Answer:
    return Answer(status, ERROR.format(status, phrase).encode(), {
        "Content-Type": "text/html", "Server": "EC2ws"},
        f"{status} {why}".strip())


def token_lost(link: Link, _answer: Answer) -> None:
    """Fault: the service forgets every token, so this request has none."""
    link.service.tokens.clear()
    send_plainly(link, refuse(401, "Unauthorized"))
