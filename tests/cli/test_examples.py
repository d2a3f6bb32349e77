"""The examples under scripts/, by host: each can be read by what reads it, and
says nothing that the program does not know."""
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from program import BINARY, ROOT
from standin import hosts

SCRIPTS = ROOT / "scripts"


def knows(program, *command):
    """The program takes these very arguments; it is not run with them."""
    name = Path(command[0]).name
    binary = program.directory / "known" / name
    if not binary.is_symlink():
        binary.parent.mkdir(exist_ok=True)
        binary.symlink_to(BINARY)
    done = program.run(*command[1:], "--help", binary=binary)
    assert done.status == 0, f"{command}: {done.err}"


def reads(names):
    """Some applet looks for each of these variables."""
    source = "".join(path.read_text()
                     for path in (ROOT / "applets").glob("*.c"))
    assert {name for name in names if f'"{name}"' not in source} == set()


# systemd

UNITS = SCRIPTS / "systemd"
SERVICES = ["ecr-login.service", "ecr-login-once.service"]
ALL_UNITS = [*SERVICES, "ecr-login.timer"]
# systemd's figure, 0 to 10, in tenths; 9.6 is a service without any of it.
# Nearly all that is left is that it must reach the network.
EXPOSURE = 11


def unit(name):
    """Values by (section, key), in order."""
    found, section = {}, None
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault((section, key), []).append(value)
    return found


@pytest.fixture
def analyze(tmp_path, namespaces):
    """systemd-analyze, where the program is installed."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    there = tmp_path / "usr-local-bin"
    there.mkdir()
    shutil.copy(BINARY, there / "ecr-login")

    def run(*words):
        return subprocess.run(
            [*hosts.prefix(over={str(there): "/usr/local/bin"}),
             "/usr/bin/systemd-analyze", *words], cwd=UNITS,
            capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": "/usr/bin:/bin", "SYSTEMD_COLORS": "0"})
    return run


def test_units_verify(analyze):
    done = analyze("verify", "--man=no", *(f"./{name}" for name in ALL_UNITS))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", SERVICES)
def test_unit_exposure(analyze, name):
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE}",
                   "--no-pager", f"./{name}")
    assert done.returncode == 0, done.stdout


def test_units_leave_our_sandbox_its_calls(analyze):
    """Which calls systemd allows is what its own lists say, put together as
    systemd.exec(5) has it."""
    def expand(word):
        if not word.startswith("@"):
            return {word}
        done = analyze("syscall-filter", word)
        words = [line.split("#")[0].strip()
                 for line in done.stdout.splitlines()[1:]]
        return set().union(*(expand(w) for w in words if w))

    allowed = set()
    for value in unit(SERVICES[0])["Service", "SystemCallFilter"]:
        calls = set().union(*(expand(w) for w in
                              value.lstrip("~").split()))
        allowed = allowed - calls if value.startswith("~") \
            else allowed | calls
    source = (ROOT / "core/sys/sandbox_calls.c").read_text()
    table = source.partition("sandbox_hostile[]")[0]
    needed = set(re.findall(r"\b(?:ALL|IF|IS)\((\w+), NEED", table))
    assert {"openat", "landlock_restrict_self", "prctl"} <= needed
    # Files keep their owner, which here is the only one.
    assert needed - allowed == {"fchown"}
    assert {"seccomp", "execve"} <= allowed


def test_services_are_closed_alike():
    """What one is hardened with, so is the other."""
    def hardening(name):
        text = (UNITS / name).read_text()
        return re.search(r"^DynamicUser=.*^TasksMax=\d+$", text,
                         re.M | re.S).group()

    assert hardening(SERVICES[0]) == hardening(SERVICES[1])


def test_timer_starts_the_service():
    timer = unit("ecr-login.timer")
    assert timer["Timer", "Unit"] == [SERVICES[1]]
    assert unit(SERVICES[1])["Service", "Type"] == ["oneshot"]


@pytest.mark.parametrize("name", SERVICES)
def test_unit_command(program, name):
    line, = unit(name)["Service", "ExecStart"]
    words = shlex.split(line)
    assert words.pop() == "$REGISTRIES"
    knows(program, *words)
    directory, = unit(name)["Service", "RuntimeDirectory"]
    assert f"/run/{directory}/config.json" in words


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
