"""Descriptors 0 to 2 that are not there: no secret may land elsewhere."""
import subprocess

import pytest

from program import HOST, STATIC_ENV

CLOSED = [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"]


def shell(program, redirect, *args):
    command = program.command(*args)
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirect}', "sh", *command],
        env=program.environment(STATIC_ENV), input=HOST.encode(),
        capture_output=True, cwd=program.directory, timeout=30, check=False)


@pytest.mark.parametrize("redirect", CLOSED)
@pytest.mark.parametrize("args", [
    ["ecr-login", "-p"], ["docker-credential-ecr-login", "get"],
    ["--version"], ["--list"], ["ecr-login", "--help"]])
def test_closed(program, aws, redirect, args):
    done = shell(program, redirect, *args)
    if ">&-" in redirect.replace("2>&-", "") or (
            "<&-" in redirect and "get" in args):
        assert done.returncode == 1
    else:
        assert done.returncode == 0


def test_closed_stdout_leaves_the_password_nowhere(program, aws):
    shell(program, ">&-", "ecr-login", "-p")
    for path in program.directory.rglob("*"):
        if path.is_file() and program.cache not in path.parents:
            assert aws.password.encode() not in path.read_bytes()


def test_pipe_that_nobody_reads(program, aws):
    done = shell(program, "| true", "ecr-login", "-p")
    assert done.returncode == 0     # of true; and no hang
