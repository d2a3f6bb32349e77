"""The part of a Sesam node's API that has to do with secrets.

POST adds; PUT, of which the documentation does not say that others stay,
replaces all. Source: docs.sesam.io, API reference, /secrets,
/systems/ID/secrets, /systems/ID/reload.
"""
from __future__ import annotations

import json
from typing import Optional
from urllib.parse import unquote

from .server import Answer, Request, Standin

JWT = "eyJhbGciOiJSUzI1NiJ9.standin-sesam-administrator.c2lnbmF0dXJl"
READER = "eyJhbGciOiJSUzI1NiJ9.standin-sesam-reader.c2lnbmF0dXJl"
BASE = "/api"


class Sesam(Standin):
    """Set the attributes to change what is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.jwt = JWT          # an administrator's
        self.reader = READER    # known, but may change nothing
        self.secrets: dict[str, str] = {"OTHER": "stays"}
        self.systems: dict[str, dict[str, str]] = {
            "ecr-service": {"LOCAL": "stays"}, "with blank/slash": {}}
        self.reloads: list[str] = []
        # 200 or 201 or 204, whichever a version of the node likes.
        self.good = 200

    def answer(self, request: Request) -> Answer:
        given = request.headers.get("authorization", "")
        if given not in (f"Bearer {self.jwt}", f"Bearer {self.reader}"):
            return _refuse(401, "Unauthorized")
        if given == f"Bearer {self.reader}" and request.method != "GET":
            return _refuse(403, "Forbidden")
        if not request.target.startswith(BASE + "/"):
            return _refuse(404, "Not Found")
        words = request.target[len(BASE) + 1:].split("/")
        if words == ["secrets"]:
            return self._secrets(request, None)
        if words[0] == "systems" and len(words) == 3:
            system = unquote(words[1])
            if system not in self.systems:
                return _refuse(404, f"No such system: '{system}'")
            if words[2] == "secrets":
                return self._secrets(request, system)
            if words[2] == "reload":
                return self._reload(request, system)
        return _refuse(404, "Not Found")

    def _reload(self, request: Request, system: str) -> Answer:
        if request.method != "POST":
            return _refuse(405, "Method Not Allowed")
        if request.body:
            return _refuse(400, "no body is wanted here")
        answer = _json(202, {"is-running": True})
        answer.commit = lambda: self.reloads.append(system)
        return answer

    def _secrets(self, request: Request, system: Optional[str]) -> Answer:
        now = self.secrets if system is None else self.systems[system]
        if request.method == "GET":
            return _json(200, sorted(now))
        if request.method not in ("POST", "PUT"):
            return _refuse(405, "Method Not Allowed")
        if request.headers.get("content-type") != "application/json":
            return _refuse(415, "Unsupported Media Type")
        try:
            body = json.loads(request.body)
        except ValueError:
            return _refuse(400, "invalid JSON")
        if not isinstance(body, dict) or not body or not all(
                isinstance(value, str) for value in body.values()):
            return _refuse(400, "secrets are an object of strings")
        answer = Answer(204) if self.good == 204 else _json(
            self.good, {"secrets": sorted(body)})

        def commit() -> None:
            if request.method == "PUT":
                now.clear()
            now.update(body)
        answer.commit = commit
        return answer


def _json(status: int, body) -> Answer:
    return Answer(status, json.dumps(body).encode(),
                  {"Content-Type": "application/json; charset=utf-8"})


def _refuse(status: int, detail: str) -> Answer:
    answer = _json(status, {"detail": detail})
    answer.verdict = f"{status} {detail}"
    return answer
