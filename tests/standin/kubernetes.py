"""A Kubernetes API server, as far as secrets and namespaces go.

Source: Kubernetes API reference, Secret v1, Namespace v1, Status; the texts of
refusals are those of kube-apiserver.
"""
from __future__ import annotations

import base64
import json
import re
import uuid
from pathlib import Path
from typing import Optional
from urllib.parse import parse_qs, unquote, urlsplit

from .imds import utc
from .pki import Pki
from .server import Answer, Request, Standin

NAME = "kubernetes.default.svc"
MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
CONFIG, CONFIG_TYPE = ".dockerconfigjson", "kubernetes.io/dockerconfigjson"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.standin-service-account-token."
ACCEPTED = ("application/json, application/yaml, "
            "application/vnd.kubernetes.protobuf")
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "DELETE": "delete"}
DNS_1123 = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Refused(Exception):
    """A Status that says Failure."""

    def __init__(self, code: int, reason: str, message: str,
                 **details) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details = details


class Kubernetes(Standin):
    """Set the attributes to change what is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN + "1"
        self.account = "system:serviceaccount:ecr:ecrbox"
        self.namespaces: list[str] = ["default", "ecr", "kube-system"]
        self.secrets: dict[tuple[str, str], dict] = {}
        # (verb, resource, namespace) that RBAC does not allow; "" is any.
        self.denied: set[tuple[str, str, str]] = set()
        self.page = 0       # namespaces in a page at most; 0: all
        self.expire = 0     # so many continue tokens are too old
        # So many secrets are changed by somebody else between GET and PUT.
        self.race = 0
        self.version = 1000

    # For tests.

    def put(self, namespace: str, name: str, auths: Optional[dict] = None,
            kind: str = CONFIG_TYPE, labels: Optional[dict] = None,
            data: Optional[dict] = None, **more) -> dict:
        """A secret that is there already."""
        if data is None:
            text = json.dumps({"auths": auths or {}})
            data = {CONFIG: base64.b64encode(text.encode()).decode()}
        return self._store(namespace, {
            "kind": "Secret", "apiVersion": "v1", "type": kind, "data": data,
            "metadata": {"name": name, **({"labels": labels} if labels
                                          else {})}, **more})

    def config(self, namespace: str, name: str) -> dict:
        """What is in a secret's .dockerconfigjson."""
        return json.loads(base64.b64decode(
            self.secrets[namespace, name]["data"][CONFIG]))

    def auths(self, namespace: str, name: str) -> dict:
        return self.config(namespace, name)["auths"]

    def mount(self, directory: Path, pki: Pki, namespace: str = "ecr") -> Path:
        """What a pod finds at MOUNT; rotate() changes the token."""
        directory.mkdir(parents=True, exist_ok=True)
        root, _ = pki.root("cluster")
        (directory / "ca.crt").write_text(root.read_text())
        (directory / "namespace").write_text(namespace)
        (directory / "token").write_text(self.token)
        return directory

    def rotate(self, directory: Path, token: str) -> None:
        """The kubelet swaps a projected token by rename."""
        self.token = TOKEN + token
        fresh = directory / "token.new"
        fresh.write_text(self.token)
        fresh.rename(directory / "token")

    # What is asked.

    def answer(self, request: Request) -> Answer:
        try:
            return self._route(request)
        except Refused as refused:
            status = {"kind": "Status", "apiVersion": "v1", "metadata": {},
                      "status": "Failure", "message": refused.message,
                      "reason": refused.reason, "code": refused.code}
            if refused.details:
                status["details"] = refused.details
            answer = _json(refused.code, status)
            answer.verdict = f"{refused.code} {refused.reason}"
            return answer

    def _route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(401, "Unauthorized", "Unauthorized")
        parts = urlsplit(request.target)
        words = [unquote(word) for word in parts.path.split("/")[1:]]
        if words[:3] == ["api", "v1", "namespaces"]:
            rest = words[3:]
            if not rest:
                return self._list(request, parse_qs(parts.query))
            if rest[1:2] == ["secrets"] and len(rest) == 2:
                return self._collection(request, rest[0])
            if rest[1:2] == ["secrets"] and len(rest) == 3:
                return self._one(request, rest[0], rest[2])
        raise Refused(404, "NotFound",
                      "the server could not find the requested resource")

    def _check(self, request: Request, allowed: str, resource: str,
               namespace: str = "", name: str = "", verb: str = "") -> None:
        if request.method not in allowed.split():
            raise Refused(405, "MethodNotAllowed", "the server does not "
                          "allow this method on the requested resource")
        verb = verb or VERBS[request.method]
        request.action = f"k8s:{verb} {resource}"
        if {(verb, resource, namespace), (verb, resource, ""),
                (verb, "", namespace), ("", resource, namespace)} \
                & self.denied:
            where = f' in the namespace "{namespace}"' if namespace \
                else " at the cluster scope"
            quoted = f' "{name}"' if name else ""
            raise Refused(
                403, "Forbidden", f"{resource}{quoted} is forbidden: User "
                f'"{self.account}" cannot {verb} resource "{resource}" in '
                f'API group ""{where}', name=name, kind=resource)
        accept = request.headers.get("accept", "*/*")
        if not re.search(r"application/(json|\*)|\*/\*", accept):
            raise Refused(406, "NotAcceptable", "only the following media "
                          f"types are accepted: {ACCEPTED}")

    def _body(self, request: Request) -> dict:
        kind = request.headers.get("content-type", "application/json")
        if kind.partition(";")[0].strip() != "application/json":
            raise Refused(415, "UnsupportedMediaType", "the body of the "
                          "request was in an unknown format - accepted media "
                          f"types include: {ACCEPTED}")
        try:
            body = json.loads(request.body)
            assert isinstance(body, dict)
        except (ValueError, AssertionError):
            raise Refused(400, "BadRequest", "couldn't get version/kind; json "
                          "parse error") from None
        if (body.get("apiVersion", "v1"), body.get("kind", "Secret")) != \
                ("v1", "Secret"):
            raise Refused(400, "BadRequest",
                          f'{body.get("kind")} in version '
                          f'"{body.get("apiVersion")}" cannot be handled as a '
                          "Secret")
        for value in (body.get("data") or {}).values():
            try:
                base64.b64decode(value, validate=True)
            except (ValueError, TypeError):
                raise Refused(400, "BadRequest", 'Secret in version "v1" '
                              "cannot be handled as a Secret: illegal base64 "
                              "data at input byte 0") from None
        return body

    def _list(self, request: Request, query: dict) -> Answer:
        self._check(request, "GET", "namespaces", verb="list")
        if set(query) - {"limit", "continue"}:
            raise Refused(400, "BadRequest", f"unknown parameters {query}")
        limit = int(query.get("limit", ["0"])[0])
        limit = min(limit, self.page) if limit and self.page \
            else limit or self.page
        start = 0
        if "continue" in query:
            if self.expire:
                self.expire -= 1
                raise Refused(410, "Expired", "The provided continue "
                              "parameter is too old")
            start = int(base64.b64decode(query["continue"][0]))
        page = self.namespaces[start:start + limit if limit else None]
        metadata = {"resourceVersion": str(self.version)}
        left = len(self.namespaces) - start - len(page)
        if left > 0:
            metadata["continue"] = base64.b64encode(
                str(start + len(page)).encode()).decode()
            metadata["remainingItemCount"] = left
        return _json(200, {
            "kind": "NamespaceList", "apiVersion": "v1", "metadata": metadata,
            "items": [{"metadata": {"name": name, "uid": str(uuid.uuid4()),
                                    "labels": {"x": "metadata"}},
                       "spec": {"finalizers": ["kubernetes"]},
                       "status": {"phase": "Active"}} for name in page]})

    def _collection(self, request: Request, namespace: str) -> Answer:
        self._check(request, "POST", "secrets", namespace)
        body = self._body(request)
        name = (body.get("metadata") or {}).get("name", "")
        if namespace not in self.namespaces:
            raise Refused(404, "NotFound",
                          f'namespaces "{namespace}" not found',
                          name=namespace, kind="namespaces")
        if (namespace, name) in self.secrets:
            raise Refused(409, "AlreadyExists",
                          f'secrets "{name}" already exists', name=name,
                          kind="secrets")
        self._valid(body, name, namespace)
        if "resourceVersion" in body["metadata"]:
            raise Refused(400, "BadRequest", "resourceVersion should not be "
                          "set on objects to be created")
        return self._later(201, namespace, body)

    def _one(self, request: Request, namespace: str, name: str) -> Answer:
        self._check(request, "GET PUT", "secrets", namespace, name)
        # So far as the real one goes without looking at the object.
        body = self._body(request) if request.method == "PUT" else None
        old = self.secrets.get((namespace, name))
        if old is None:
            raise Refused(404, "NotFound", f'secrets "{name}" not found',
                          name=name, kind="secrets")
        if body is None:
            answer = _json(200, old)
            if self.race:
                self.race -= 1
                answer.commit = lambda: self._rival(old)
            return answer
        metadata = body.get("metadata") or {}
        if metadata.get("name", name) != name:
            raise Refused(400, "BadRequest", "the name of the object "
                          f"({metadata['name']}) does not match the name on "
                          f"the URL ({name})")
        if metadata.get("resourceVersion", "") not in (
                "", old["metadata"]["resourceVersion"]):
            raise Refused(
                409, "Conflict", f'Operation cannot be fulfilled on secrets '
                f'"{name}": the object has been modified; please apply your '
                "changes to the latest version and try again", name=name,
                kind="secrets")
        self._valid(body, name, namespace)
        if body.get("type") != old["type"]:
            raise _invalid(name, "type: Invalid value: "
                           f'"{body.get("type")}": field is immutable')
        if old.get("immutable"):
            raise _invalid(name, "data: Forbidden: field is immutable when "
                           "`immutable` is set")
        return self._later(200, namespace, body)

    @staticmethod
    def _valid(body: dict, name: str, namespace: str) -> None:
        if not DNS_1123.fullmatch(name) or len(name) > 253:
            raise _invalid(name, f'metadata.name: Invalid value: "{name}"')
        if body.get("metadata", {}).get("namespace", namespace) != namespace:
            raise Refused(400, "BadRequest", "the namespace of the provided "
                          "object does not match the namespace sent on the "
                          "request")
        if body.get("type") != CONFIG_TYPE:
            return
        if CONFIG not in (body.get("data") or {}):
            raise _invalid(name, f"data[{CONFIG}]: Required value")
        try:
            json.loads(base64.b64decode(body["data"][CONFIG]))
        except ValueError:
            raise _invalid(name, f"data[{CONFIG}]: Invalid value: "
                           '"<secret contents redacted>": invalid '
                           "character") from None

    def _later(self, status: int, namespace: str, body: dict) -> Answer:
        """Stored when the answer is given."""
        made = self._stamp(namespace, body)
        answer = _json(status, made)
        key = namespace, made["metadata"]["name"]

        def commit() -> None:
            self.secrets[key] = made
        answer.commit = commit
        return answer

    def _store(self, namespace: str, body: dict) -> dict:
        made = self._stamp(namespace, body)
        self.secrets[namespace, made["metadata"]["name"]] = made
        return made

    def _stamp(self, namespace: str, body: dict) -> dict:
        made = json.loads(json.dumps(body))
        made.setdefault("type", "Opaque")
        metadata = made["metadata"]
        old = self.secrets.get((namespace, metadata["name"]))
        self.version += 1
        metadata.update({
            "namespace": namespace, "resourceVersion": str(self.version),
            "uid": old["metadata"]["uid"] if old else str(uuid.uuid4()),
            "creationTimestamp":
                old["metadata"]["creationTimestamp"] if old
                else utc(self.now()),
            "managedFields": [{
                "manager": "standin", "operation": "Update",
                "apiVersion": "v1", "time": utc(self.now()),
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:data": {".": {}, f"f:{CONFIG}": {}},
                             "f:type": {}}}]})
        return made

    def _rival(self, secret: dict) -> None:
        """Somebody else's change, which must survive."""
        changed = json.loads(json.dumps(secret))
        notes = changed["metadata"].setdefault("annotations", {})
        notes["rival"] = str(int(notes.get("rival", "0")) + 1)
        self._store(secret["metadata"]["namespace"], changed)


def _invalid(name: str, why: str) -> Refused:
    return Refused(422, "Invalid", f'Secret "{name}" is invalid: {why}',
                   name=name, kind="Secret")


def _json(status: int, body: dict) -> Answer:
    # One line and a line end, as the real one writes it.
    return Answer(status, json.dumps(body, separators=(",", ":")).encode()
                  + b"\n", {"Content-Type": "application/json",
                            "Audit-Id": str(uuid.uuid4()),
                            "Cache-Control": "no-cache, private"})
