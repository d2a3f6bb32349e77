"""The examples under scripts/, by host: each can be read by what reads it, and
says nothing that the program does not know."""
import json
import os
import re
import shlex
import subprocess
import time

import pytest
import yaml

from daemon import Daemon, until
from examples import SCRIPTS, knows, reads
from outputs import read_tarball
from program import (APPLETS, BINARY, DYNAMIC, HOST, PASSWORD, ROOT,
                     STATIC_ENV)
from standin.sesam import JWT, Sesam

# Kubernetes

MANIFESTS = SCRIPTS / "kubernetes"
SECRET = "ecr"


def documents(name):
    return list(yaml.safe_load_all((MANIFESTS / name).read_text()))


def of_kind(name, kind):
    return [d for d in documents(name) if d["kind"] == kind]


def pod(name):
    document = documents(name)[-1]
    if document["kind"] == "CronJob":
        document = document["spec"]["jobTemplate"]
    return document["spec"]["template"]["spec"]


PODS = ["deployment.yaml", "cronjob.yaml"]
RIGHTS = [("rbac.yaml", "Role"), ("rbac-namespaces.yaml", "ClusterRole")]


@pytest.mark.parametrize("name", PODS)
def test_pod_is_closed(name):
    whole = pod(name)["securityContext"]
    container, = pod(name)["containers"]
    own = container["securityContext"]
    assert whole["runAsNonRoot"] is True and whole["runAsUser"] > 0
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own == {"allowPrivilegeEscalation": False,
                   "readOnlyRootFilesystem": True,
                   "capabilities": {"drop": ["ALL"]}}
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", PODS)
@pytest.mark.parametrize("rights, kind", RIGHTS)
def test_pod_has_its_account(name, rights, kind):
    account, = of_kind(rights, "ServiceAccount")
    binding, = of_kind(rights, f"{kind}Binding")
    role, = of_kind(rights, kind)
    assert pod(name)["serviceAccountName"] == account["metadata"]["name"]
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io", "kind": kind,
        "name": role["metadata"]["name"]}
    subject, = binding["subjects"]
    assert subject == {"kind": "ServiceAccount", **{
        key: account["metadata"][key] for key in ("name", "namespace")
        if key in account["metadata"]}}


@pytest.mark.parametrize("rights, kind", RIGHTS)
def test_rights_are_the_least(rights, kind):
    """Without globs no namespace is ever listed, so that nobody has to be
    allowed to; only create cannot be confined to a name."""
    role, = of_kind(rights, kind)
    found = {(resource, verb): rule.get("resourceNames")
             for rule in role["rules"] for resource in rule["resources"]
             for verb in rule["verbs"]}
    listing = {("namespaces", "list"): None} if kind == "ClusterRole" else {}
    assert found == {("secrets", "get"): [SECRET],
                     ("secrets", "update"): [SECRET],
                     ("secrets", "create"): None, **listing}


def test_deployment_command(program):
    container, = pod("deployment.yaml")["containers"]
    knows(program, *container["command"], *container["args"])
    assert f"--kubernetes-secret={SECRET}" in container["args"]
    listen, = [word for word in container["args"]
               if word.startswith("--listen=127.0.0.1:")]
    for probe in ("readinessProbe", "livenessProbe"):
        command = container[probe]["exec"]["command"]
        assert command == [*container["command"], "--check", listen]
        knows(program, *command)
    selector = documents("deployment.yaml")[0]["spec"]
    assert selector["selector"]["matchLabels"] == \
        selector["template"]["metadata"]["labels"]


def test_cronjob_command(program):
    container, = pod("cronjob.yaml")["containers"]
    knows(program, *container["command"])
    env = {row["name"]: row["value"] for row in container["env"]}
    assert env["DOCKER_SECRET_NAME"] == SECRET
    reads(env.keys() - {"AWS_REGION"})


# Marathon and Sesam: JSON

JSON = sorted([*SCRIPTS.glob("marathon/*.json"), *SCRIPTS.glob("sesam/*.json")])
# The API's own (docs/rest-api of Marathon 1.5 and later).
APP = {"id", "instances", "constraints", "cpus", "mem", "user", "fetch", "args",
       "healthChecks", "upgradeStrategy", "container", "networks", "env",
       "portDefinitions", "requirePorts"}
POD = {"id", "scaling", "scheduling", "networks", "volumes", "containers"}
CHECK = {"protocol", "command", "path", "portIndex", "gracePeriodSeconds",
         "intervalSeconds", "timeoutSeconds", "maxConsecutiveFailures"}


def once(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), "a key twice"
    return dict(pairs)


def load(name):
    return json.loads((SCRIPTS / name).read_text(), object_pairs_hook=once)


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.name)
def test_json(path):
    assert load(path.relative_to(SCRIPTS))


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("marathon/*.json")),
                         ids=lambda path: path.name)
def test_marathon_fields(path):
    app = load(path.relative_to(SCRIPTS))
    assert app.keys() <= (POD if "containers" in app else APP)
    for check in app.get("healthChecks", []):
        assert check.keys() <= CHECK
    for uri in app.get("fetch", []):
        assert uri.keys() <= {"uri", "extract", "executable", "cache"}
        # Or the first token would be the one for ever.
        if uri["uri"].endswith("/docker.tar.gz"):
            assert (uri["extract"], uri["cache"]) == (True, False)


def test_marathon_app(program):
    app = load("marathon/ecr-login.json")
    assert app["constraints"] == [["hostname", "UNIQUE"]]
    assert app["fetch"][0]["executable"] is True
    knows(program, *app["args"])
    check, = app["healthChecks"]
    assert check["protocol"] == "COMMAND"
    words = shlex.split(check["command"]["value"])
    # Words alone: nothing of it needs the shell that it goes through.
    assert " ".join(words) == check["command"]["value"]
    knows(program, *words)
    checks_what_is_written(app["args"], words)


def checks_what_is_written(run, check):
    file, = [word for word in run if word.startswith("--file-location=")]
    assert file in check and "--check" in check
    assert file.endswith("=/home/core/docker.tar.gz")
    assert load("marathon/consumer.json")["fetch"][0]["uri"] == \
        "file://" + file.partition("=")[2]


def test_marathon_app_runs(program, aws):
    """But for the directory."""
    app = load("marathon/ecr-login.json")
    home = program.directory / "core"
    home.mkdir()
    run, check = ([word.replace("/home/core", str(home)) for word in words]
                  for words in (app["args"], shlex.split(
                      app["healthChecks"][0]["command"]["value"])))
    file = home / "docker.tar.gz"
    with Daemon(program, *run[2:], env=STATIC_ENV) as daemon:
        until(file.exists, "the file")
        assert read_tarball(file) == {HOST: PASSWORD}
        assert program.run(*check[1:]).status == 0
        os.utime(file, (time.time() - 9 * 3600 - 60,) * 2)
        done = program.run(*check[1:])
        assert done.status == 1 and "docker.tar.gz" in done.err
        assert daemon.stop() == 0


def test_marathon_pod(program):
    pod = load("marathon/ecr-login-pod.json")
    container, = pod["containers"]
    run = container["exec"]["command"]["argv"]
    check = container["healthCheck"]["exec"]["command"]["argv"]
    knows(program, *run)
    knows(program, *check)
    checks_what_is_written(run, check)
    mount, = container["volumeMounts"]
    volume, = pod["volumes"]
    assert mount["name"] == volume["name"]
    assert mount["mountPath"] == volume["host"] == "/home/core"


def test_marathon_by_http(program):
    app = load("marathon/marathon-ecr-login.json")
    entry, = [p["value"] for p in app["container"]["docker"]["parameters"]
              if p["key"] == "entrypoint"]
    knows(program, entry, *app["args"])
    port = app["portDefinitions"][0]["port"]
    assert app["args"] == [f"--listen=127.0.0.1:{port}"]
    # Whoever checks must be on that host, too.
    assert app["healthChecks"][0]["protocol"] == "MESOS_HTTP"
    assert load("marathon/consumer-http.json")["fetch"][0]["uri"] == \
        f"http://127.0.0.1:{port}/docker.tar.gz"
    assert app["networks"] == [{"mode": "host"}]


def test_sesam():
    system = load("sesam/ecr-login.system.json")
    pipe = load("sesam/ecr-login.pipe.json")
    consumer = load("sesam/consumer.system.json")
    assert pipe["source"] == {"type": "json", "system": system["_id"],
                              "url": "/"}
    assert len(pipe["pump"]["cron_expression"].split()) == 5
    docker = system["docker"]
    assert docker["image"].endswith("/sesam-ecr-login")
    assert docker["port"] == 5001
    reads(docker["environment"].keys() - {"AWS_REGION"})
    # Whoever may read the configuration must not read the token with it.
    assert docker["environment"]["SESAM_JWT_TOKEN"].startswith("$SECRET(")
    assert consumer["docker"]["password"] == "$SECRET(AWS_ECR_TOKEN)"
    assert consumer["docker"]["username"] == "AWS"
    assert consumer["docker"]["skip_pull"] is True


# Nomad

def test_nomad(program):
    hcl = pytest.importorskip("hcl")
    job = hcl.loads((SCRIPTS / "nomad/ecr-login.nomad").read_text())
    task = job["job"]["ecr-login"]["group"]["ecr-login"]["task"]["ecr-login"]
    config, check = task["config"], task["service"]["check"]
    knows(program, *config["entrypoint"], *config["args"])
    knows(program, check["command"], *check["args"])
    listen, = [a for a in config["args"] if a.startswith("--listen=")]
    assert check["type"] == "script" and listen in check["args"]
    _, directory = config["volumes"][0].split(":")
    assert f"--auth-file={directory}/config.json" in config["args"]


# Compose

COMPOSE = SCRIPTS / "compose/compose.yaml"


def test_compose(program):
    """As docker-compose itself understands it."""
    done = subprocess.run(
        ["/usr/bin/docker-compose", "-f", str(COMPOSE), "config"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(program.home)},
        capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    whole = yaml.safe_load(done.stdout)
    services = whole["services"]
    sidecar, consumer = services["ecr-login"], services["consumer"]
    knows(program, *sidecar["entrypoint"], *sidecar["command"])
    how, *check = sidecar["healthcheck"]["test"]
    assert how == "CMD"     # CMD-SHELL would need a shell
    knows(program, *check)
    listen, = [w for w in sidecar["command"] if w.startswith("--listen=")]
    assert check[1:] == ["--check", listen]
    name, place, _ = sidecar["volumes"][0].split(":")
    assert f"--auth-file={place}/config.json" in sidecar["command"]
    assert name in whole["volumes"]
    there = consumer["environment"]["DOCKER_CONFIG"]
    assert f"{name}:{there}:ro" in consumer["volumes"]
    assert consumer["depends_on"]["ecr-login"]["condition"] == \
        "service_healthy"
    file = COMPOSE.parent / yaml.safe_load(COMPOSE.read_text())[
        "services"]["ecr-login"]["build"]["context"]
    assert (file / sidecar["build"]["dockerfile"]).exists()


# The image

IMAGES = {
    # --target: entry point, user, what HEALTHCHECK asks
    None: (["/bin/ecrbox"], "", None),
    "aws-ecr-login": (["/bin/aws-ecr-login"], "", None),
    "sesam-ecr-login": (["/bin/sesam-ecr-login"], "65534:65534",
                        "127.0.0.1:5001"),
    "marathon-ecr-login": (["/bin/marathon-ecr-login"], "65534:65534",
                           "127.0.0.1:8000"),
    "k8s-ecr-login-renew": (["/bin/k8s-ecr-login-renew"], "65534:65534",
                            None),
}


def health(target):
    """HEALTHCHECK's words in the image of that name."""
    stage = re.search(rf"^FROM \w+ AS {target}$(.*?)^FROM ", (
        ROOT / "Dockerfile.scratch").read_text(), re.M | re.S)[1]
    return json.loads(re.search(r"^HEALTHCHECK CMD (.*)$", stage, re.M)[1])


@pytest.mark.parametrize("target, env", [
    ("marathon-ecr-login", {}),
    ("sesam-ecr-login", {"LOCALIP": "127.0.0.1", "SESAM_JWT_TOKEN": JWT}),
])
def test_image_is_healthy(program, aws, ns, target, env):
    """What is checked is where that name listens by itself."""
    port = aws.listen(ns=ns)
    words = [health(target)[0].removeprefix("/bin/"), *health(target)[1:]]
    where = {"ns": ns, "env": STATIC_ENV | env | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}}
    with Sesam() as node:
        node.listen(port=9042, ns=ns)
        with Daemon(program, applet=target, **where) as daemon:
            until(lambda: program.run(*words, **where).status == 0, "health")
            assert daemon.stop() == 0
        done = program.run(*words, **where)
        assert done.status == 1 and "refused" in done.err


@pytest.fixture(scope="module")
def buildah(tmp_path_factory, namespaces):
    where = tmp_path_factory.mktemp("buildah")
    (where / "context" / "build").mkdir(parents=True)
    (where / "context" / "build" / "ecrbox").write_bytes(BINARY.read_bytes())
    (where / "context" / "build" / "ecrbox").chmod(0o755)

    def run(*words):
        done = subprocess.run(
            ["/usr/bin/buildah", f"--root={where}/root",
             f"--runroot={where}/run", "--storage-driver=vfs", *words],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                 "HOME": str(where)}, cwd=where / "context",
            capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
    return run


@pytest.mark.skipif(DYNAMIC, reason="an image needs the static build")
@pytest.mark.parametrize("target", IMAGES)
def test_image(program, buildah, target):
    entry, user, listen = IMAGES[target]
    tag = target or "ecrbox"
    buildah("bud", "--isolation=chroot", "--format=docker", "-f",
            str(ROOT / "Dockerfile.scratch"), "-t", tag,
            *([f"--target={target}"] if target else []), ".")
    config = json.loads(buildah("inspect", "--type=image", tag))[
        "Docker"]["config"]
    assert config["Entrypoint"] == entry and config["User"] == user
    check = config.get("Healthcheck", {}).get("Test")
    assert check == (listen and [
        "CMD", "/bin/ecr-login", "--check", f"--listen={listen}"])
    for command in [entry, *([check[1:]] if check else [])]:
        assert command[0].removeprefix("/bin/") in [*APPLETS, "ecrbox"]
    container = buildah("from", tag).strip()
    said = buildah("run", "--isolation=chroot", "--user=65534:65534",
                   container, "--", *entry, "--help")
    assert said.startswith("usage") or "--list" in said
