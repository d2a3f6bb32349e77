"""Image pull secrets in Kubernetes: what is asked of the API server, what
survives, and what is refused."""
import pytest

from program import AUTH, HOST, PASSWORD, STATIC_ENV
from standin import kubernetes


def ask(outputs):
    return [(request.method, request.verdict)
            for request in outputs.cluster.log]


def test_kubernetes_creates(aws, outputs):
    made = outputs.kubernetes()
    assert outputs.login(*made.args).status == 0
    secret = outputs.cluster.secrets["default", "pull"]
    assert secret["type"] == kubernetes.CONFIG_TYPE
    assert secret["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "ecrbox"}
    assert ask(outputs) == [("GET", "404 NotFound"), ("POST", "ok")]
    for request in outputs.cluster.log:
        assert request.secure and not request.repeated
        assert request.headers["accept"] == "application/json"
        if request.method == "POST":
            assert request.headers["content-type"] == "application/json"


def test_kubernetes_keeps_what_is_not_ours(aws, outputs):
    made = outputs.kubernetes()
    outputs.cluster.put("default", "pull", {
        "https://index.docker.io/v1/": {"auth": "eDp5", "email": "a@b"},
        HOST: {"auth": "old"}},
        labels={"app.kubernetes.io/managed-by": "ecrbox", "team": "x"})
    assert outputs.login(*made.args).status == 0
    auths = outputs.cluster.auths("default", "pull")
    assert auths["https://index.docker.io/v1/"] == {
        "auth": "eDp5", "email": "a@b"}
    assert auths[HOST]["auth"] == AUTH
    labels = outputs.cluster.secrets["default", "pull"]["metadata"]["labels"]
    assert labels["team"] == "x"


@pytest.mark.parametrize("races, status", [(1, 0), (3, 0), (99, 1)])
def test_kubernetes_conflict(aws, outputs, races, status):
    made = outputs.kubernetes()
    outputs.cluster.put("default", "pull", labels={
        "app.kubernetes.io/managed-by": "ecrbox"})
    outputs.cluster.race = races
    done = outputs.login(*made.args)
    assert done.status == status
    notes = outputs.cluster.secrets["default", "pull"]["metadata"][
        "annotations"]
    if status:
        assert "default/pull" in done.err and "409" in done.err
    else:
        assert notes["rival"] == str(races)
        assert made.read() == {HOST: PASSWORD}


def test_kubernetes_create_meets_another(aws, outputs):
    """Between our GET and POST somebody else creates it."""
    made = outputs.kubernetes()
    cluster = outputs.cluster

    def rival(link, answer):
        cluster.put("default", "pull", {"other": {"auth": "eDp5"}},
                    labels={"app.kubernetes.io/managed-by": "ecrbox"})
        link.send(link.encode(answer))
    cluster.fail(rival, on="GET")
    assert outputs.login(*made.args).status == 0
    assert set(cluster.auths("default", "pull")) == {"other", HOST}


@pytest.mark.parametrize("secret, args, says", [
    ({"kind": "Opaque", "data": {"a": "Yg=="}}, [], "type 'Opaque'"),
    ({"kind": "Opaque", "data": {"a": "Yg=="}}, ["--adopt"],
     "type 'Opaque'"),
    ({"kind": "kubernetes.io/dockercfg", "data": {".dockercfg": "e30="}},
     ["--adopt"], "type 'kubernetes.io/dockercfg'"),
    ({}, [], "--adopt"),
    ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, [], "--adopt"),
    ({"immutable": True}, ["--adopt"], "it is immutable"),
])
def test_kubernetes_refuses(aws, outputs, secret, args, says):
    made = outputs.kubernetes()
    before = outputs.cluster.put("default", "pull", **secret)
    done = outputs.login(*made.args, *args)
    assert done.status == 2 and says in done.err
    assert "default/pull" in done.err
    assert outputs.cluster.secrets["default", "pull"] == before


def test_kubernetes_adopts(aws, outputs):
    made = outputs.kubernetes()
    outputs.cluster.put("default", "pull", {"other": {"auth": "eDp5"}})
    assert outputs.login(*made.args, "--adopt").status == 0
    assert set(outputs.cluster.auths("default", "pull")) == {"other", HOST}
    assert outputs.login(*made.args).status == 0


@pytest.mark.parametrize("rule, verb, what", [
    (("get", "secrets", "default"), "get", "secrets"),
    (("create", "secrets", "default"), "create", "secrets"),
])
def test_kubernetes_rbac(aws, outputs, rule, verb, what):
    made = outputs.kubernetes()
    outputs.cluster.denied.add(rule)
    done = outputs.login(*made.args)
    assert done.status == 1
    assert f"the verb '{verb}' on {what}" in done.err


def test_kubernetes_rbac_update(aws, outputs):
    made = outputs.kubernetes()
    assert outputs.login(*made.args).status == 0
    outputs.cluster.denied.add(("update", "secrets", "default"))
    done = outputs.login(*made.args)
    assert done.status == 1 and "the verb 'update' on secrets" in done.err


def globbed(outputs, target, *args):
    outputs.kubernetes()
    outputs.cluster.namespaces = ["default", "ecr", "kube-system",
                                  "kube-public", "team-a", "team-b", "team-10"]
    done = outputs.login("--kubernetes-secret", target, *args)
    return done, sorted(place for place, _ in outputs.cluster.secrets)


@pytest.mark.parametrize("target, args, places", [
    ("pull", [], ["ecr"]),              # the pod's own
    ("default/pull", [], ["default"]),
    ("default,ecr/pull", [], ["default", "ecr"]),
    ("team-?/pull", [], ["team-a", "team-b"]),
    ("team-*/pull", [], ["team-10", "team-a", "team-b"]),
    ("*/pull", ["--exclude-namespace", "kube-*,team-*"], ["default", "ecr"]),
    ("team-a,*-system/pull", [], ["kube-system", "team-a"]),
    ("*/pull", ["--exclude-namespace", "kube-*;team-?"],
     ["default", "ecr", "team-10"]),
])
@pytest.mark.parametrize("page", [0, 2])
def test_kubernetes_namespaces(aws, outputs, target, args, places,
                               page):
    outputs.kubernetes()
    outputs.cluster.page = page
    done, found = globbed(outputs, target, *args)
    assert (done.status, done.err) == (0, "") and found == places


def test_kubernetes_lists_only_for_globs(aws, outputs):
    outputs.kubernetes()
    outputs.cluster.denied.add(("list", "namespaces", ""))
    done, found = globbed(outputs, "default,team-a/pull")
    assert done.status == 0 and found == ["default", "team-a"]
    assert "k8s:list namespaces" not in [
        request.action for request in outputs.cluster.log]
    done, _ = globbed(outputs, "team-*/pull")
    assert done.status == 1
    assert "the verb 'list' on namespaces" in done.err


def test_kubernetes_one_namespace_fails(aws, outputs):
    outputs.kubernetes()
    outputs.cluster.denied |= {("get", "secrets", "team-a"),
                               ("create", "secrets", "team-a")}
    done, found = globbed(outputs, "team-*/pull")
    assert done.status == 1 and "team-a/pull" in done.err
    assert found == ["team-10", "team-b"]


def test_kubernetes_no_namespace_matches(aws, outputs):
    done, found = globbed(outputs, "nobody-*/pull")
    assert done.status == 2 and "nobody-*" in done.err and not found


@pytest.mark.parametrize("leaf, says", [
    ("kubelet", "certificate"), ("rsa", "certificate")])
def test_kubernetes_impostor(aws, outputs, pki, leaf, says):
    """Another server of the same cluster; a server that the world trusts."""
    made = outputs.kubernetes()
    outputs.env["KUBERNETES_SERVICE_PORT"] = str(
        outputs.cluster.listen(tls=pki.context(leaf)))
    done = outputs.login(*made.args,
               env={"SSL_CERT_FILE": str(pki.bundle)})
    assert done.status == 1 and says in done.err
    assert not outputs.cluster.log


def test_kubernetes_outside_a_pod(program, aws):
    done = program.login("--kubernetes-secret", "pull", env=STATIC_ENV)
    assert done.status == 1 and "KUBERNETES_SERVICE_HOST" in done.err


def test_kubernetes_never_by_a_proxy(aws, outputs):
    made = outputs.kubernetes()
    done = outputs.login(*made.args, env={
        "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.9"})
    assert done.status == 0
