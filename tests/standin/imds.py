"""EC2 instance metadata, version 2 (and 1 when allowed)."""
from __future__ import annotations

import itertools
import json
import re
import time
from typing import Callable
from urllib.parse import unquote

from .aws import ACCOUNT, REGION, SESSION
from .server import Answer, Link, Request, Standin, send_plainly
from .signature import Key

ADDRESS = "169.254.169.254"
ADDRESS_6 = "fd00:ec2::254"
ROLES = "/latest/meta-data/iam/security-credentials/"
EXTENDED = "/latest/meta-data/iam/security-credentials-extended/"
TTL = "x-aws-ec2-metadata-token-ttl-seconds"
# Below /latest/; a directory lists what is in it, unless it stands here too.
TREE = {
    "meta-data/ami-id": "ami-0abcdef1234567890",
    "meta-data/ami-launch-index": "0",
    "meta-data/ami-manifest-path": "(unknown)",
    "meta-data/block-device-mapping/ami": "/dev/xvda",
    "meta-data/block-device-mapping/root": "/dev/xvda",
    "meta-data/iam/info": '{\n  "Code" : "Success"\n}',
    "meta-data/identity-credentials/ec2/info": '{\n  "Code" : "Success"\n}',
    "meta-data/instance-id": "i-0123456789abcdef0",
    "meta-data/instance-type": "t3.micro",
    "meta-data/local-hostname": "ip-172-31-0-9.eu-west-1.compute.internal",
    "meta-data/local-ipv4": "172.31.0.9",
    "meta-data/placement/availability-zone-id": "euw1-az2",
    "meta-data/public-hostname": "ec2-203-0-113-9.compute.amazonaws.com",
    "meta-data/public-ipv4": "203.0.113.9",
    "meta-data/public-keys/": "0=my-key",
    "meta-data/public-keys/0/openssh-key":
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB my-key\n",
    "meta-data/reservation-id": "r-0123456789abcdef0",
    "meta-data/security-groups": "default\nweb servers",
    "meta-data/services/domain": "amazonaws.com",
    "meta-data/services/partition": "aws",
    "meta-data/spot/instance-action":
        '{"action": "stop", "time": "2030-01-01T00:00:00Z"}',
    "meta-data/tags/instance/Name": "web 1",
    "meta-data/tags/instance/team": "payments",
    "dynamic/instance-identity/signature": "c2lnbmF0dXJl\nb2Y=",
    "user-data": "#!/bin/sh\necho hello\n",
}
VERSIONS = "1.0\n2009-04-04\n2021-07-15\nlatest"
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
        self.extended = False       # True: knows security-credentials-extended
        self.code = "Success"
        self.life: float = 6 * 3600
        self.v1 = False
        self.v2 = True              # False: PUT is not known
        self.enabled = True         # False: everything is 403
        self.placement = True       # False: an old instance without it
        self.tree = dict(TREE)      # more of it; bytes go out as they are
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
                request.headers.get("content-length", "0") != "0":
            return refuse(400, "Bad Request", "bad ttl or length")
        token = f"AQAEALstandinmetadatatoken{next(self._serial):04}=="
        self.tokens[token] = self.now() + int(ttl)
        return Answer(200, token.encode(), {
            "Content-Type": "text/plain", "Server": "EC2ws", TTL: ttl})

    def _document(self, target: str) -> Answer:
        path = re.sub("/+", "/", unquote(target))
        path = re.sub(r"^/(1\.0|\d{4}-\d\d-\d\d)(?=/|$)", "/latest", path)
        documents: dict[str, Callable[[], str | bytes]] = {
            f"/latest/{name}": lambda text=text: text
            for name, text in self.tree.items()}
        documents.update({
            "/": lambda: VERSIONS,
            "/latest/meta-data/placement/availability-zone":
                lambda: self.zone,
            "/latest/dynamic/instance-identity/document":
                lambda: json.dumps({
                    "accountId": ACCOUNT, "region": self.region,
                    "availabilityZone": self.zone,
                    "instanceId": "i-0123456789abcdef0"}, indent=2),
        })
        if self.placement:
            documents["/latest/meta-data/placement/region"] = \
                lambda: self.region
        if self.role:
            documents[ROLES] = lambda: self.role
            documents[ROLES + self.role.split("\n")[0]] = self._credentials
        if self.role and self.extended:
            documents[EXTENDED] = lambda: self.role
            documents[EXTENDED + self.role.split("\n")[0]] = \
                lambda: self._credentials({"AccountId": self.key.account})
        if path not in documents and not list_of(documents, path):
            return refuse(404, "Not Found", path)
        body = documents[path]() if path in documents else \
            list_of(documents, path)
        return Answer(200, body if isinstance(body, bytes) else body.encode(),
                      {"Content-Type": "text/plain", "Server": "EC2ws"})

    def _credentials(self, more: dict = {}) -> str:
        if self.code != "Success":
            return json.dumps({
                "Code": self.code, "LastUpdated": utc(self.now()),
                "Message": "EC2 cannot assume the role"}, indent=2)
        return json.dumps({
            "Code": "Success", "LastUpdated": utc(self.now() - 60),
            "Type": "AWS-HMAC", "AccessKeyId": self.key.id,
            "SecretAccessKey": self.key.secret, "Token": self.key.token,
            "Expiration": utc(self.now() + self.life), **more}, indent=2)


def list_of(documents, directory: str) -> str:
    """The names right below it, directories with a slash."""
    head = directory.rstrip("/") + "/"
    names = {name[len(head):] for name in documents if name.startswith(head)}
    return "\n".join(sorted({
        name.split("/")[0] + ("/" if "/" in name else "")
        for name in names if name}))


def refuse(status: int, phrase: str, why: str = "") -> Answer:
    return Answer(status, ERROR.format(status, phrase).encode(), {
        "Content-Type": "text/html", "Server": "EC2ws"},
        f"{status} {why}".strip())


def expire(link: Link, answer: Answer) -> None:
    """Fault: the answer; then the token's time is over."""
    send_plainly(link, answer)
    link.service.offset += 21601


def rename_role(link: Link, _answer: Answer) -> None:
    """Fault: the role has another name since it was listed."""
    link.service.role = "other-role"
    send_plainly(link, refuse(404, "Not Found"))


def token_lost(link: Link, _answer: Answer) -> None:
    """Fault: the service forgets every token, so this request has none."""
    link.service.tokens.clear()
    send_plainly(link, refuse(401, "Unauthorized"))
