"""Container credentials: ECS (relative URI) and EKS Pod Identity."""
from __future__ import annotations

import json

from .aws import ACCOUNT, SESSION
from .imds import utc
from .server import Answer, Request, Standin
from .signature import Key

ECS_ADDRESS = "169.254.170.2"
EKS_ADDRESS = "169.254.170.23"
EKS_ADDRESS_6 = "fd00:ec2::23"
ECS_PATH = "/v2/credentials/7f1c6d8e-0000-4000-8000-000000000000"
EKS_PATH = "/v1/credentials"


class Container(Standin):
    """authorization: what the header must say; empty: no header wanted."""

    def __init__(self, key: Key = SESSION, authorization: str = "") -> None:
        super().__init__()
        self.key = key
        self.authorization = authorization
        self.life: float = 6 * 3600

    def answer(self, request: Request) -> Answer:
        if request.method != "GET" or \
                request.target not in (ECS_PATH, EKS_PATH):
            return _refuse(404, "InvalidIdInRequest",
                           "CredentialsV2Request: Credentials not found")
        if request.headers.get("authorization", "") != self.authorization:
            return _refuse(401, "AccessDenied", "the token is not valid")
        return _json(200, {
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/task-role",
            "AccessKeyId": self.key.id, "SecretAccessKey": self.key.secret,
            "Token": self.key.token,
            "Expiration": utc(self.now() + self.life)})


def _json(status: int, body: dict) -> Answer:
    return Answer(status, json.dumps(body, separators=(", ", " : ")).encode(),
                  {"Content-Type": "application/json"})


def _refuse(status: int, code: str, message: str) -> Answer:
    answer = _json(status, {"code": code, "message": message})
    answer.verdict = f"{status} {code}"
    return answer
