"""No secret where others can read it: arguments, /proc, -v, errors. (Every
run of every case is scanned too: program.check_errors.)"""
import os
import subprocess
import time
from pathlib import Path

import pytest

from program import HOST, PASSWORD, SECRETS, SESSION_ENV, STATIC_ENV
from standin import faults

VERBOSE = [
    ["ecr-login", "-v"],
    ["ecr-login", "-v", HOST, "public.ecr.aws"],
    ["ecr-login", "-v", "--logout", HOST],
]


@pytest.mark.parametrize("args", VERBOSE)
@pytest.mark.parametrize("env", [STATIC_ENV, SESSION_ENV])
def test_verbose(program, aws, args, env):
    done = program.run(*args, env=env)
    assert done.status == 0 and not any(s in done.out for s in SECRETS)


def test_verbose_with_metadata_and_faults(program, aws, imds):
    aws.fail(faults.throttle())
    imds.fail(faults.status(503))
    done = program.run("docker-credential-ecr-login", "get", stdin=HOST,
                       env={"ECRBOX_VERBOSE": "1"})
    assert done.status == 0


# An answer that holds a secret in the wrong place, or a request echoed.
ECHOES = [
    faults.error("AccessDeniedException", f"key {STATIC_ENV['AWS_REGION']}"),
    # As AWS answers a wrong signature.
    faults.error("InvalidSignatureException", "The Canonical String should "
                 "have been 'POST\n/\n\nx-amz-security-token:"
                 f"{SESSION_ENV['AWS_SESSION_TOKEN']}\n'"),
    faults.members(authorizationToken=PASSWORD),
    faults.members(authorizationToken="QVdTOg"),
    faults.cut(600),
    faults.edit(lambda a: (setattr(a, "body", a.body[:-3]), a)[1]),
]


@pytest.mark.parametrize("number", range(len(ECHOES)))
def test_bad_answer_is_not_quoted(program, aws, number):
    aws.fail(ECHOES[number], times=9)
    done = program.login("-v", env=SESSION_ENV)
    assert done.status == 1


def test_other_processes_cannot_look(program, aws):
    """While it waits: command line, environment and memory."""
    aws.fail(faults.stall)
    process = subprocess.Popen(
        program.command("ecr-login", "-p"), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=program.environment(SESSION_ENV))
    try:
        end = time.monotonic() + 5
        while not aws.log and time.monotonic() < end:
            time.sleep(0.02)
        proc = Path(f"/proc/{process.pid}")
        line = (proc / "cmdline").read_bytes()
        assert not any(secret.encode() in line for secret in SECRETS)
        # Not dumpable: what is the user's own belongs to root now.
        assert (proc / "mem").stat().st_uid == 0
        limits = (proc / "limits").read_text()
        (core,) = [row for row in limits.splitlines() if "core file" in row]
        # The hard limit stays: programs that we run get back what was.
        assert core.split()[4] == "0"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_same_user_cannot_look(program, aws, tmp_path):
    aws.fail(faults.stall)
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
            os.chmod(parent, 0o755)
    binary = tmp_path / "ecrbox"
    binary.write_bytes(Path(program.command()[-1]).read_bytes())
    binary.chmod(0o755)
    process = subprocess.Popen(
        program.command("ecr-login", "-p", binary=binary),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, user=65534, group=65534,
        env=program.environment(STATIC_ENV))
    try:
        end = time.monotonic() + 5
        while not aws.log and time.monotonic() < end:
            time.sleep(0.02)
        look = subprocess.run(
            ["/usr/bin/cat", f"/proc/{process.pid}/environ"], user=65534,
            group=65534, capture_output=True, check=False)
        assert look.returncode != 0 and b"Permission" in look.stderr
    finally:
        process.kill()
        process.communicate()
