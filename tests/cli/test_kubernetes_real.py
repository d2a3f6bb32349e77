"""Pull secrets in a real API server, with the rights that our manifests give;
and the manifests themselves."""
import threading
import time
from pathlib import Path

import pytest
import yaml

import cluster as real
from daemon import Daemon, until
from examples import SCRIPTS
from program import AUTH, BINARY, HOST, STATIC_ENV
from standin.pki import Pki

MANIFESTS = SCRIPTS / "kubernetes"
LABEL = {"app.kubernetes.io/managed-by": "ecrbox"}
ENTRY = {HOST: {"auth": AUTH}}
THEIRS = {"registry.example": {"auth": "dXNlcjpwYXNz", "email": "a@b.c"}}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not real.BUILT.exists(), reason="scripts/fetch-kubernetes has not been "
    "run: make test-all does")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, namespaces):
    where = tmp_path_factory.mktemp("cluster")
    with real.Cluster(where / "server", Pki(where / "pki")) as it:
        it.apply_file(MANIFESTS / "rbac.yaml")
        it.apply_file(MANIFESTS / "rbac-namespaces.yaml")
        for name in ("team-a", "team-b", "others"):
            it.namespace(name)
        yield it


@pytest.fixture(autouse=True)
def no_secrets(cluster):
    yield
    for place in ("default", "team-a", "team-b", "others"):
        try:
            cluster.delete("Secret", "ecr", place)
        except real.Refused as refused:
            assert refused.status == 404


@pytest.fixture
def inside(program, aws, cluster):
    """Where a pod of that account runs."""
    port = aws.listen(ns=cluster.ns)

    def where(account="ecr-login", namespace="default", **env):
        return {"ns": cluster.ns, "pod": cluster.account(account, namespace),
                "env": STATIC_ENV | cluster.env | {
                    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"} | env}
    return where


def write(program, place, *args, secret="ecr"):
    return program.login("--kubernetes-secret", secret, *args, **place)


def refusal(done, status=1):
    """The one line of it."""
    assert done.status == status and done.err.count("\n") == 1
    return done.err


def test_create(program, cluster, inside):
    done = write(program, inside())
    assert (done.status, done.err) == (0, "")
    secret = cluster.secret("ecr")
    assert secret["type"] == real.CONFIG_TYPE
    assert secret["metadata"]["labels"] == LABEL
    assert cluster.auths("ecr") == ENTRY


def test_update_keeps_the_rest(program, cluster, inside):
    cluster.put("ecr", {**THEIRS, HOST: {"auth": "b2xkOm9sZA=="}},
                labels={**LABEL, "team": "x"})
    assert write(program, inside()).status == 0
    assert cluster.auths("ecr") == {**THEIRS, **ENTRY}
    assert cluster.secret("ecr")["metadata"]["labels"] == {
        **LABEL, "team": "x"}


def test_again_without_a_change(program, cluster, inside):
    place = inside()
    for _ in range(2):
        assert write(program, place).status == 0
    assert cluster.auths("ecr") == ENTRY


def conflicts(cluster):
    return cluster.counted("apiserver_request_total", code="409",
                           resource="secrets", verb="PUT")


def test_conflicts(program, cluster, inside):
    """Somebody else keeps changing another entry, until we have met him more
    than once. Nothing gets lost."""
    cluster.put("ecr", THEIRS, labels=LABEL)
    place, over, theirs = inside(), threading.Event(), []

    def other():
        while not over.is_set():
            turn = f"{len(theirs)}@b.c"
            try:
                cluster.update(cluster.secret("ecr"), {
                    **cluster.auths("ecr"),
                    "registry.example": {"auth": "dDp0", "email": turn}})
                theirs.append(turn)
            except real.Refused as refused:
                assert refused.status == 409

    thread = threading.Thread(target=other)
    thread.start()
    met, end = 0, time.monotonic() + 60
    try:
        while met < 3 and time.monotonic() < end:
            before = conflicts(cluster), len(theirs)
            done = write(program, place)
            assert done.status == 0, done.err
            met += conflicts(cluster) > before[0] and len(theirs) > before[1]
    finally:
        over.set()
        thread.join()
    assert met == 3
    assert cluster.auths("ecr") == {
        HOST: ENTRY[HOST],
        "registry.example": {"auth": "dDp0", "email": theirs[-1]}}


def account(cluster, name, *rules):
    """One with these rights alone."""
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": name}})
    group = "rbac.authorization.k8s.io"
    cluster.apply({
        "apiVersion": f"{group}/v1", "kind": "Role",
        "metadata": {"name": name}, "rules": [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": [verb]}
            for verb in rules]})
    cluster.apply({
        "apiVersion": f"{group}/v1", "kind": "RoleBinding",
        "metadata": {"name": name}, "roleRef": {
            "apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name}]})
    return name


@pytest.mark.parametrize("has, lacks, exists", [
    ([], "get", False),
    (["get"], "create", False),
    (["get", "create"], "update", True),
])
def test_right_that_is_missing(program, cluster, inside, has, lacks, exists):
    if exists:
        cluster.put("ecr", THEIRS, labels=LABEL)
    name = account(cluster, f"lacks-{lacks}", *has)
    said = refusal(write(program, inside(name)))
    assert f"needs the verb '{lacks}' on secrets" in said
    assert "'default/ecr'" in said
    if exists:
        assert cluster.auths("ecr") == THEIRS


def test_other_secret_is_not_ours_to_write(program, cluster, inside):
    """The Role is for one name."""
    said = refusal(write(program, inside(), secret="another"))
    assert "needs the verb 'get' on secrets" in said


def test_token_that_is_not_accepted(program, cluster, inside):
    place = inside()
    (place["pod"] / "token").write_text("e30.e30.e30")
    assert "status 401" in refusal(write(program, place))


def test_authority_of_another(program, cluster, inside, pki):
    place = inside()
    (place["pod"] / "ca.crt").write_text(pki.root("rsa")[0].read_text())
    assert "which is not in ca bundle '/var/run/secrets/kubernetes.io/" \
        "serviceaccount/ca.crt'" in refusal(write(program, place))


def test_other_type(program, cluster, inside):
    cluster.put("ecr", THEIRS, labels=LABEL, kind="Opaque")
    said = refusal(write(program, inside(), "--adopt"), 2)
    assert "it is of type 'Opaque'" in said
    assert cluster.secret("ecr")["type"] == "Opaque"


def test_unlabelled_needs_adopt(program, cluster, inside):
    cluster.put("ecr", THEIRS)
    assert "--adopt takes it over" in refusal(write(program, inside()), 2)
    assert cluster.auths("ecr") == THEIRS
    assert write(program, inside(), "--adopt").status == 0
    assert cluster.auths("ecr") == {**THEIRS, **ENTRY}


def test_immutable(program, cluster, inside):
    cluster.put("ecr", THEIRS, labels=LABEL)
    cluster.update({**cluster.secret("ecr"), "immutable": True}, THEIRS)
    assert "it is immutable" in refusal(write(program, inside()), 2)


def test_globs(program, cluster, inside):
    done = write(program, inside(namespace="ecr-login"),
                 "--exclude-namespace", "*-b", secret="team-*,others/ecr")
    assert (done.status, done.err) == (0, "")
    for place in ("team-a", "others"):
        assert cluster.auths("ecr", place) == ENTRY
    with pytest.raises(real.Refused, match="404"):
        cluster.secret("ecr", "team-b")


def test_globs_need_list(program, cluster, inside):
    said = refusal(write(program, inside(), secret="team-*/ecr"))
    assert "needs the verb 'list' on namespaces" in said


def test_namespace_that_is_not_there(program, cluster, inside):
    said = refusal(write(program, inside(namespace="ecr-login"),
                                  secret="nowhere/ecr"))
    assert "'nowhere/ecr'" in said and "is there such a namespace?" in said


# The manifests.

def survives(sent, got, at=""):
    """A field that the server does not know vanishes without a word."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            assert key in got, f"{at}.{key}"
            survives(value, got[key], f"{at}.{key}")
    elif isinstance(sent, list):
        assert len(sent) == len(got), at
        for i, (value, there) in enumerate(zip(sent, got)):
            survives(value, there, f"{at}[{i}]")
    else:
        assert sent == got, at


@pytest.mark.parametrize("name", ["deployment.yaml", "cronjob.yaml"])
def test_manifest_is_understood(cluster, name):
    for document in yaml.safe_load_all((MANIFESTS / name).read_text()):
        got = cluster.apply(document, dry=True)
        survives({**document, "apiVersion": got["apiVersion"]}, got)


def container(name):
    document, = yaml.safe_load_all((MANIFESTS / name).read_text())
    if document["kind"] == "CronJob":
        document = document["spec"]["jobTemplate"]
    it, = document["spec"]["template"]["spec"]["containers"]
    return it


def test_deployment_runs(program, cluster, inside):
    it = container("deployment.yaml")
    words = [Path(it["command"][0]).name, *it["args"]]
    check = it["readinessProbe"]["exec"]["command"]
    place = inside()
    for path in (place["pod"], *place["pod"].iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    # As nobody, in a pod that root has made.
    with Daemon(program, "--reuid=65534", "--regid=65534", "--clear-groups",
                str(BINARY), *words, applet=None,
                binary=Path("/usr/bin/setpriv"), **place) as daemon:
        def ready():
            done = program.login(*check[1:], ns=cluster.ns)
            return done.status == 0
        until(ready, "readiness")
        assert cluster.auths("ecr") == ENTRY
        cluster.delete("Secret", "ecr")
        daemon.signal()
        until(lambda: cluster.call("GET", "/api/v1/namespaces/default/secrets")
              ["items"] and cluster.auths("ecr") == ENTRY, "the next one")
        assert daemon.stop() == 0


def test_cronjob_runs(program, cluster, inside):
    """nabsul's environment; its secrets have no label, so ours adopts."""
    it = container("cronjob.yaml")
    env = {row["name"]: row["value"] for row in it["env"]}
    cluster.put(env["DOCKER_SECRET_NAME"], THEIRS)
    done = program.run(it["command"][0].removeprefix("/bin/"), **inside(**env))
    assert done.status == 0, done.err
    auths = cluster.auths(env["DOCKER_SECRET_NAME"])
    assert auths["registry.example"] == THEIRS["registry.example"]
    assert any(HOST in key for key in auths)
