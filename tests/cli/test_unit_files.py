"""scripts/systemd: what systemd says of the units, and what they run."""
import re
import shlex
import shutil
import subprocess

import pytest

from examples import SCRIPTS, knows
from program import BINARY, ROOT
from standin import hosts

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
