"""The units under scripts/systemd, run by systemd itself: what they are
hardened with leaves the program, and its own sandbox, what they need."""
import os
import re
import stat
import tempfile
from pathlib import Path

import pytest

import machine
from daemon import until
from examples import SCRIPTS
from program import DYNAMIC, REGION, SECRETS, entry
from standin import aws as standin

UNITS = SCRIPTS / "systemd"
FILE = "/run/ecr-login/config.json"
KEYS = f"""[default]
aws_access_key_id = {standin.STATIC.id}
aws_secret_access_key = {standin.STATIC.secret}
"""

pytestmark = [
    pytest.mark.skipif(not machine.SYSTEMD.exists(), reason="no systemd"),
    pytest.mark.skipif(DYNAMIC, reason="it is the static build's sandbox"),
]


@pytest.fixture
def boot(aws, ns, tmp_path):
    """A machine with these units, and an AWS."""
    port = aws.listen(ns=ns)
    made = []

    def run(*units, sandbox="on", more=None):
        files = {f"/etc/systemd/system/{name}": (UNITS / name).read_text()
                 for name in units}
        files["/etc/default/ecr-login"] = (
            f"AWS_ENDPOINT_URL=http://127.0.0.1:{port}\n"
            f"AWS_REGION={REGION}\nAWS_EC2_METADATA_DISABLED=true\n"
            f"ECRBOX_SANDBOX={sandbox}\n")
        files["/etc/credstore/aws-credentials"] = KEYS
        made.append(machine.Machine(
            Path(tempfile.mkdtemp(dir=tmp_path)), ns,
            {**files, **(more or {})}, units[0]))
        return made[-1]
    yield run
    for it in made:
        it.close()
        assert not [word for word in SECRETS if word in it.log()]


@pytest.mark.parametrize("sandbox", ["on", "strict"])
def test_once(boot, aws, sandbox):
    it = boot("ecr-login-once.service", sandbox=sandbox)
    unit = until(lambda: (u := it.show("ecr-login-once"))["ActiveState"] !=
                 "activating" and u, "the end of it")
    assert unit["Result"] == "success", it.log()
    file = it.path(FILE)
    assert file.read_text() == entry()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.stat().st_uid not in (0, os.getuid())
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(aws.log) == 1
    # The directory is there for another user of that name, too.
    assert it.systemctl("start", "ecr-login-once").returncode == 0, it.log()
    assert len(aws.log) == 2 and file.read_text() == entry()


def test_timer(boot, aws):
    it = boot("ecr-login-once.service", "ecr-login.timer")
    assert it.systemctl("start", "ecr-login.timer").returncode == 0
    until(it.path(FILE).exists, "the first time")
    left = until(lambda: re.search(r" (\dh(?: \d+min)?) left ",
                                   it.systemctl("list-timers").stdout),
                 "the next time")
    assert re.fullmatch(r"6h(| \dmin)|5h 59min", left[1])


def main_process(it):
    return it.show("ecr-login")["MainPID"]


def status_of(it):
    """What the kernel holds it to."""
    text = it.path(f"/proc/{main_process(it)}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines())


@pytest.mark.parametrize("sandbox", ["on", "strict"])
def test_stays(boot, aws, sandbox):
    it = boot("ecr-login.service", sandbox=sandbox)
    until(lambda: it.show("ecr-login")["ActiveState"] == "active", it.log())
    file = it.path(FILE)
    until(file.exists, "the first time")
    assert file.read_text() == entry()
    held = status_of(it)
    assert (held["NoNewPrivs"], held["Seccomp"]) == ("1", "2")
    assert int(held["CapEff"], 16) == 0 and held["Uid"].split()[0] != "0"
    assert it.show("ecr-login")["StatusText"]
    assert len(aws.log) == 1
    assert it.systemctl("reload", "ecr-login").returncode == 0
    until(lambda: len(aws.log) == 2, "another refresh")
    until(lambda: it.show("ecr-login")["ActiveState"] == "active", "again")
    assert it.systemctl("stop", "ecr-login").returncode == 0
    unit = it.show("ecr-login")
    assert (unit["Result"], unit["ExecMainStatus"]) == ("success", "0")
    assert not file.exists()


def test_watchdog(boot, aws):
    """What hangs is started anew; its file is there all the time."""
    it = boot("ecr-login.service", more={
        "/etc/systemd/system/ecr-login.service.d/quick.conf":
        "[Service]\nWatchdogSec=1\nRestartSec=100ms\n"})
    file = it.path(FILE)
    until(file.exists, "the first time")
    pid = main_process(it)
    assert it.inside("/bin/kill", "-STOP", pid).returncode == 0
    until(lambda: it.show("ecr-login")["NRestarts"] == "1", "a restart")
    assert file.read_text() == entry()
    until(lambda: it.show("ecr-login")["ActiveState"] == "active", "again")
    assert main_process(it) not in ("0", pid)
    assert "watchdog" in it.log().lower()
