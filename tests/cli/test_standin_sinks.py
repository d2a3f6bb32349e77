"""The stand-ins for Kubernetes and Sesam: what they take, what they refuse."""
import base64
import json
import ssl
import urllib.error
import urllib.request

import pytest

from standin.kubernetes import CONFIG, CONFIG_TYPE, NAME, Kubernetes
from standin.sesam import READER, Sesam

DATA = base64.b64encode(b'{"auths":{}}').decode()
GOOD = {"apiVersion": "v1", "kind": "Secret", "type": CONFIG_TYPE,
        "metadata": {"name": "new"}, "data": {CONFIG: DATA}}


def call(port, method, path, body=None, token="", headers=None, tls=None):
    """Status and JSON of one request."""
    data = None if body is None else \
        body if isinstance(body, bytes) else json.dumps(body).encode()
    scheme = "https" if tls else "http"
    request = urllib.request.Request(
        f"{scheme}://127.0.0.1:{port}{path}", data, method=method, headers={
            "Authorization": f"Bearer {token}",
            **({"Content-Type": "application/json"} if data else {}),
            **(headers or {})})
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=tls))
    try:
        with opener.open(request) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def cluster():
    with Kubernetes() as service:
        service.port = service.listen()
        service.put("default", "pull", {"other": {"auth": "eDp5"}})
        service.put("default", "opaque", kind="Opaque", data={"a": "Yg=="})
        service.put("default", "fixed", immutable=True)
        yield service


SECRETS = "/api/v1/namespaces/default/secrets"


def changed(secret, **changes):
    return {**secret, **changes}


def test_secret_is_read_and_written(cluster):
    def ask(*args):
        return call(cluster.port, *args, token=cluster.token)

    status, old = ask("GET", SECRETS + "/pull")
    assert status == 200 and old["type"] == CONFIG_TYPE
    assert ask("PUT", SECRETS + "/pull", old)[0] == 200
    # The version is another now.
    status, said = ask("PUT", SECRETS + "/pull", old)
    assert (status, said["reason"]) == (409, "Conflict")
    del old["metadata"]["resourceVersion"]
    assert ask("PUT", SECRETS + "/pull", old)[0] == 200
    assert ask("POST", SECRETS, GOOD)[0] == 201
    assert ask("POST", SECRETS, GOOD)[1]["reason"] == "AlreadyExists"
    assert cluster.config("default", "new") == {"auths": {}}


def test_race(cluster):
    cluster.race = 1
    _, old = call(cluster.port, "GET", SECRETS + "/pull", token=cluster.token)
    assert call(cluster.port, "PUT", SECRETS + "/pull", old,
                token=cluster.token)[0] == 409
    assert cluster.secrets["default", "pull"]["metadata"]["annotations"] == {
        "rival": "1"}


PULL = {**GOOD, "metadata": {"name": "pull"}}
REFUSED = [
    ("GET", SECRETS + "/none", None, {}, 404, 'secrets "none" not found'),
    ("GET", "/api/v1/pods", None, {}, 404, "could not find the requested"),
    ("DELETE", SECRETS + "/pull", None, {}, 405, "does not allow this method"),
    ("GET", SECRETS, None, {}, 405, "does not allow this method"),
    ("POST", SECRETS, b"{", {}, 400, "json parse error"),
    ("POST", SECRETS, changed(GOOD, data={CONFIG: "?"}), {}, 400,
     "illegal base64 data"),
    ("POST", SECRETS, changed(GOOD, kind="Pod"), {}, 400, "cannot be handled"),
    ("POST", SECRETS, changed(GOOD, data={}), {}, 422, "Required value"),
    ("POST", SECRETS, changed(GOOD, data={CONFIG: "ew=="}), {}, 422,
     "<secret contents redacted>"),
    ("POST", SECRETS, changed(GOOD, metadata={"name": "A"}), {}, 422,
     "metadata.name"),
    ("POST", SECRETS, changed(GOOD, metadata={
        "name": "a", "namespace": "b"}), {}, 400, "does not match the namesp"),
    ("POST", SECRETS, changed(GOOD, metadata={
        "name": "a", "resourceVersion": "1"}), {}, 400, "should not be set"),
    ("POST", SECRETS.replace("default", "none"), GOOD, {}, 404,
     'namespaces "none" not found'),
    ("POST", SECRETS, GOOD, {"Content-Type": "text/plain"}, 415,
     "unknown format"),
    ("POST", SECRETS, GOOD, {"Accept": "text/html"}, 406,
     "only the following media types"),
    ("PUT", SECRETS + "/none", GOOD, {}, 404, 'secrets "none" not found'),
    ("PUT", SECRETS + "/pull", GOOD, {}, 400, "does not match the name"),
    ("PUT", SECRETS + "/pull", changed(PULL, type="Opaque"), {}, 422,
     "field is immutable"),
    ("PUT", SECRETS + "/fixed", changed(GOOD, metadata={"name": "fixed"}), {},
     422, "immutable"),
    ("GET", SECRETS + "/pull", None, {"Authorization": "Bearer x"}, 401,
     "Unauthorized"),
    ("GET", SECRETS + "/pull", None, {"Authorization": ""}, 401,
     "Unauthorized"),
]


@pytest.mark.parametrize("method, path, body, headers, status, message",
                         REFUSED)
def test_refused(cluster, method, path, body, headers, status, message):
    before = dict(cluster.secrets)
    got, said = call(cluster.port, method, path, body, cluster.token, headers)
    assert got == said["code"] == status and message in said["message"]
    assert said["kind"] == "Status" and cluster.secrets == before


@pytest.mark.parametrize("rule, method, path, message", [
    (("get", "secrets", "default"), "GET", SECRETS + "/pull",
     'secrets "pull" is forbidden: User "system:serviceaccount:ecr:ecrbox" '
     'cannot get resource "secrets" in API group "" in the namespace '
     '"default"'),
    (("update", "secrets", ""), "PUT", SECRETS + "/pull",
     'secrets "pull" is forbidden: User "system:serviceaccount:ecr:ecrbox" '
     'cannot update resource "secrets" in API group "" in the namespace '
     '"default"'),
    (("create", "secrets", "default"), "POST", SECRETS,
     'secrets is forbidden: User "system:serviceaccount:ecr:ecrbox" cannot '
     'create resource "secrets" in API group "" in the namespace "default"'),
    (("list", "namespaces", ""), "GET", "/api/v1/namespaces",
     'namespaces is forbidden: User "system:serviceaccount:ecr:ecrbox" '
     'cannot list resource "namespaces" in API group "" at the cluster '
     "scope"),
])
def test_denied(cluster, rule, method, path, message):
    cluster.denied.add(rule)
    status, said = call(cluster.port, method, path,
                        None if method == "GET" else GOOD, cluster.token)
    assert (status, said["reason"], said["message"]) == (
        403, "Forbidden", message)


@pytest.mark.parametrize("page, limit, pages", [
    (0, "", [3]), (0, "?limit=2", [2, 1]), (2, "", [2, 1]),
    (1, "?limit=500", [1, 1, 1])])
def test_namespaces(cluster, page, limit, pages):
    cluster.page = page
    path, more, names = "/api/v1/namespaces" + limit, "", []
    for size in pages:
        status, said = call(cluster.port, "GET", path + more,
                            token=cluster.token)
        assert status == 200 and len(said["items"]) == size
        names += [item["metadata"]["name"] for item in said["items"]]
        more = ("&" if limit else "?") + "continue=" + \
            said["metadata"].get("continue", "")
    assert names == cluster.namespaces and more.endswith("=")


def test_old_page(cluster):
    cluster.expire = 1
    assert call(cluster.port, "GET", "/api/v1/namespaces?continue=MQ==",
                token=cluster.token)[1]["reason"] == "Expired"


def test_certificate(cluster, pki, tmp_path):
    """Only who has the cluster's own authority believes it."""
    mount = cluster.mount(tmp_path / "sa", pki)
    port = cluster.listen(tls=pki.context("kubernetes"))
    for bundle, good in ((mount / "ca.crt", True), (pki.bundle, False)):
        context = ssl.create_default_context(cafile=str(bundle))
        context.check_hostname = False
        if good:
            assert call(port, "GET", SECRETS + "/pull", tls=context,
                        token=(mount / "token").read_text())[0] == 200
        else:
            with pytest.raises(urllib.error.URLError, match="CERTIFICATE"):
                call(port, "GET", SECRETS + "/pull", tls=context)
    cluster.rotate(mount, "2")
    assert (mount / "token").read_text() == cluster.token
    assert NAME in (pki.directory / "kubernetes.ext").read_text()


@pytest.fixture
def node():
    with Sesam() as service:
        service.port = service.listen()
        yield service


@pytest.mark.parametrize("method, path, body, before, after", [
    ("POST", "/api/secrets", {"A": "b"}, {"OTHER": "stays"},
     {"OTHER": "stays", "A": "b"}),
    ("PUT", "/api/secrets", {"A": "b"}, {"OTHER": "stays"}, {"A": "b"}),
    ("POST", "/api/systems/ecr-service/secrets", {"A": "b"},
     {"LOCAL": "stays"}, {"LOCAL": "stays", "A": "b"}),
    ("PUT", "/api/systems/ecr-service/secrets", {"A": "b"},
     {"LOCAL": "stays"}, {"A": "b"}),
    ("POST", "/api/systems/with%20blank%2Fslash/secrets", {"A": "b"}, {},
     {"A": "b"}),
])
def test_sesam(node, method, path, body, before, after):
    place = node.secrets if path == "/api/secrets" else node.systems[
        "ecr-service" if "ecr-service" in path else "with blank/slash"]
    assert place == before
    assert call(node.port, method, path, body, node.jwt)[0] == 200
    assert place == after
    assert call(node.port, "GET", path, token=node.jwt) == (
        200, sorted(after))


def test_sesam_reload(node):
    path = "/api/systems/ecr-service/reload"
    assert call(node.port, "POST", path, token=node.jwt)[0] == 202
    assert node.reloads == ["ecr-service"]


@pytest.mark.parametrize("method, path, body, token, headers, status", [
    ("POST", "/api/secrets", {"A": "b"}, "other", {}, 401),
    ("POST", "/api/secrets", {"A": "b"}, READER, {}, 403),
    ("DELETE", "/api/secrets", None, None, {}, 405),
    ("POST", "/secrets", {"A": "b"}, None, {}, 404),
    ("POST", "/api/systems/none/secrets", {"A": "b"}, None, {}, 404),
    ("POST", "/api/systems/none/reload", None, None, {}, 404),
    ("GET", "/api/systems/ecr-service/reload", None, None, {}, 405),
    ("POST", "/api/systems/ecr-service/reload", {"A": "b"}, None, {}, 400),
    ("POST", "/api/secrets", b"{", None, {}, 400),
    ("POST", "/api/secrets", {"A": 1}, None, {}, 400),
    ("POST", "/api/secrets", {}, None, {}, 400),
    ("POST", "/api/secrets", ["A"], None, {}, 400),
    ("POST", "/api/secrets", {"A": "b"}, None,
     {"Content-Type": "text/plain"}, 415),
])
def test_sesam_refuses(node, method, path, body, token, headers, status):
    before = dict(node.secrets), dict(node.systems["ecr-service"])
    assert call(node.port, method, path, body, token or node.jwt,
                headers)[0] == status
    assert before == (node.secrets, node.systems["ecr-service"])
    assert not node.reloads and node.log[-1].verdict != "ok"
