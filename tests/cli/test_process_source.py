"""A profile's credential_process: real programs, those that misbehave, and
what botocore makes of the same line."""
import fcntl
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from person import Person
from program import BINARY, HOST, PASSWORD, REGION, STATIC_ENV, answer
from standin import aws as stand
from standin.container import ECS_PATH

NAME = "credential-process"
KEYS = f'{{"Version": 1, "AccessKeyId": "{stand.STATIC.id}", ' \
    f'"SecretAccessKey": "{stand.SECRET}"}}'
STATIC_JSON = f'{{"Version":1,"AccessKeyId":"{stand.STATIC.id}",' \
    f'"SecretAccessKey":"{stand.SECRET}"}}\n'
GUARD = "ECRBOX_CREDENTIAL_PROCESS"
TIOCGPTN = 0x80045430  # <asm-generic/ioctls.h>


class Tools:
    """A directory for programs, and a profile that names one."""

    def __init__(self, program, directory: Path) -> None:
        self.program, self.directory = program, directory
        directory.mkdir()

    def write(self, name: str, text: str, mode: int = 0o700) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def sh(self, name: str, script: str) -> Path:
        return self.write(name, f"#!/bin/sh\n{script}\n")

    def profile(self, command, name: str = "x", more: str = "") -> None:
        self.program.write(".aws/config", f"[profile {name}]\n"
                           f"region = {REGION}\n"
                           f"credential_process = {command}\n{more}")

    def ask(self, command, *args, **keywords):
        self.profile(command)
        return self.program.run(NAME, "--profile", "x", *args, **keywords)

    def refusal(self, command, *args, **keywords):
        """Status and what is said after the common part."""
        done = self.ask(command, *args, **keywords)
        said = f"{NAME}: credential_process of profile 'x': "
        assert done.out == "" and done.err.startswith(said), done
        assert done.err.endswith("\n") and done.err.count("\n") == 1
        return done.status, done.err[len(said):-1]


@pytest.fixture
def tools(program, tmp_path) -> Tools:
    return Tools(program, tmp_path / "the tools")


def gives(text: str) -> str:
    return f"cat <<'EOF'\n{text}\nEOF"


def quoted(path) -> str:
    return f'"{path}"'


# It works.

def test_gives_credentials(tools):
    tool = tools.sh("tool", gives(KEYS))
    assert tools.ask(quoted(tool)).parts == (0, STATIC_JSON, "")


def test_logs_in(tools, program, aws):
    tools.profile(quoted(tools.sh("tool", gives(KEYS))))
    done = program.login("--profile", "x", "-p", HOST)
    assert done.parts == (0, PASSWORD + "\n", "")
    done = program.get(env={"AWS_PROFILE": "x"})
    assert done.parts == (0, answer(), "")
    assert aws.reached() == [stand.STATIC.id]


def test_found_in_path(tools):
    tools.sh("tool", gives(KEYS))
    done = tools.ask("tool", env={"PATH": f"{tools.directory}:/usr/bin:/bin"})
    assert done.parts == (0, STATIC_JSON, "")


# What is run: as botocore divides it. The tool tells its words by its key.

SPELL = """#!/usr/bin/python3
import json, sys
print(json.dumps({"Version": 1, "SecretAccessKey": "s", "AccessKeyId":
                  "|".join(sys.argv[1:]).encode().hex() or "none"}))
"""
LINES = [
    "TOOL", "TOOL a b", "TOOL  a\tb ", "TOOL 'a b' \"c d\"", "TOOL a\\ b",
    "TOOL ''", "TOOL \"\" a", "TOOL 'a'\"b\"c", "TOOL \"it's\" 'say \"x\"'",
    "TOOL \"a\\\"b\\\\c\\d\"", "TOOL 'a\\'", "TOOL \\'a\\'", "TOOL a#b",
    "TOOL --x=y=z", "TOOL *.json a? [b]", "TOOL {a,b}", "TOOL $ $1 $$ a$",
    "TOOL '$HOME' '`x`' '|' ';'", "TOOL \"|\" \"&&\" \"<>\"", "TOOL !a",
    "TOOL \u00e4 '\u20ac'", "TOOL \\|", "TOOL a=~ %x", "T'OOL' a",
]


BOTOCORE = """
import botocore.session
found = botocore.session.Session(profile="x").get_credentials()
print(found.get_frozen_credentials().access_key)
"""


@pytest.mark.parametrize("line", LINES)
def test_divided_as_botocore_does(tools, program, line):
    tools.write("TOOL", SPELL)
    env = {"PATH": f"{tools.directory}:/usr/bin:/bin"}
    done = tools.ask(line, env=env)
    assert (done.status, done.err) == (0, "")
    theirs = subprocess.run(
        [sys.executable, "-c", BOTOCORE], text=True, capture_output=True,
        env=program.environment(env), check=True, timeout=60).stdout
    assert json.loads(done.out)["AccessKeyId"] == theirs.strip()


# What only a shell can do, as Go has it.

@pytest.mark.parametrize("line, words", [
    ("tool a | cat", "a"),
    ("tool a; true", "a"),
    ("true && tool b", "b"),
    ("(tool c)", "c"),
    ("tool \"$WORD x\"", "word x"),
    ("tool ${WORD}s", "words"),
    ("tool $(echo d)", "d"),
    ("tool \"`echo e f`\"", "e f"),
    ("WORD=other sh -c 'tool $WORD'", "other"),
    ("tool g 2>/dev/null", "g"),
    ("~/bin/tool h", "h"),
    ("[ ~ = \"$HOME\" ]; tool i", "i"),
])
def test_shell(tools, program, line, words):
    tools.write("tool", SPELL)
    home = program.home / "bin"
    home.mkdir()
    (home / "tool").symlink_to(tools.directory / "tool")
    done = tools.ask(line, env={
        "PATH": f"{tools.directory}:/usr/bin:/bin", "WORD": "word"})
    assert (done.status, done.err) == (0, "")
    key = bytes.fromhex(json.loads(done.out)["AccessKeyId"]).decode()
    assert key == words


# What it is given.

TELL = """#!/usr/bin/python3
import json, os, signal, sys
told = {"env": dict(os.environ), "fds": sorted(os.listdir("/proc/self/fd")),
        "umask": os.umask(0), "in": sys.stdin.read(),
        "status": open("/proc/self/status").read()}
with open(os.environ["TOLD"], "w") as f:
    json.dump(told, f)
""" + f"print({KEYS!r})\n"


def test_what_it_is_given(tools, program, tmp_path):
    """The whole environment, as with AWS's own tools, and of our descriptors
    the first three."""
    told = tmp_path / "told"
    env = STATIC_ENV | {"TOLD": str(told), "SOMETHING": "else"}
    with open("/dev/null", encoding="ascii") as other:
        done = tools.ask(quoted(tools.write("tool", TELL)), env=env,
                         stdin="typed", pass_fds=[other.fileno()])
    assert done.parts == (0, STATIC_JSON, "")
    told = json.loads(told.read_text())
    want = program.environment(env) | {GUARD: "1"}
    got = {k: v for k, v in told["env"].items() if k != "LC_CTYPE"}
    assert got == want
    # listdir's own is the fourth.
    assert told["fds"] == ["0", "1", "2", "3"] and told["in"] == "typed"
    old = os.umask(0)
    os.umask(old)
    assert told["umask"] == old
    status = dict(line.split(":\t", 1) for line in
                  told["status"].splitlines() if ":\t" in line)
    assert int(status["SigBlk"], 16) == 0
    ours = 1 << signal.SIGXFSZ - 1 | 1 << signal.SIGPIPE - 1
    # Python ignores both, by itself.
    assert int(status["SigIgn"], 16) & 0x7fffffff & ~ours == 0


def test_pipe_that_is_closed(tools):
    """SIGPIPE is not ignored: a pipeline ends when its reader does."""
    done = tools.ask("yes | head -n 1 >/dev/null; " +
                     quoted(tools.sh("tool", gives(KEYS))))
    assert done.parts == (0, STATIC_JSON, "") and done.seconds < 10


def test_standard_error_passes(tools):
    tool = tools.sh("tool", "echo 'touch your key' >&2\n" + gives(KEYS))
    assert tools.ask(quoted(tool)).parts == (
        0, STATIC_JSON, "touch your key\n")


# It fails.

def test_exit_status(tools):
    tool = tools.sh("tool", "echo no >&2; exit 3")
    tools.profile(quoted(tool))
    done = tools.program.run(NAME, "--profile", "x")
    assert done.parts == (
        1, "", f"no\n{NAME}: credential_process of profile 'x': run "
        f"'{tool}': exited with status 3\n")


@pytest.mark.parametrize("end, why", [
    ("exit 1", "exited with status 1"),
    ("exit 255", "exited with status 255"),
    ("kill -9 $$", "was killed by signal 9"),
    ("kill -SEGV $$", "was killed by signal 11"),
])
def test_credentials_then_failure(tools, end, why):
    tool = tools.sh("tool", f"{gives(KEYS)}\n{end}")
    assert tools.refusal(quoted(tool)) == (1, f"run '{tool}': {why}")


BAD = "what it printed: "


@pytest.mark.parametrize("script, why", [
    ("true", BAD + "not json at byte 0, the end: value expected"),
    ("echo please log in", BAD + "not json at byte 0: value expected"),
    (gives(KEYS) + "\n" + gives(KEYS),
     BAD + f"not json at byte {len(KEYS) + 1}: text after the value"),
    (r"printf '\000\001\377\033[2J'",
     BAD + "not json at byte 0: value expected"),
    ("head -c 3000 /dev/urandom", BAD + "not json at byte "),
    (gives(KEYS.replace("1", "2", 1)), BAD + "'Version' is not the number 1"),
    (gives(KEYS.replace('"Version": 1, ', "")), BAD + "no 'Version'"),
    (gives(KEYS.replace("SecretAccessKey", "secretAccessKey")),
     BAD + "no 'SecretAccessKey'"),
    ("yes", "run 'PATH': it printed more than 65536 bytes"),
    ("head -c 100000000 /dev/zero",
     "run 'PATH': it printed more than 65536 bytes"),
])
def test_bad_output(tools, script, why):
    tool = tools.sh("tool", script)
    status, said = tools.refusal(quoted(tool))
    said = said.replace(str(tool), "PATH")
    assert status == 1
    assert said.startswith(why) if why.endswith("byte ") else said == why


def test_expired(tools):
    tool = tools.sh("tool", gives(KEYS.replace(
        "}", ', "Expiration": "2020-01-01T00:00:00Z"}')))
    done = tools.ask(quoted(tool))
    assert done.parts == (
        1, "", f"{NAME}: credentials of process expired at "
        "2020-01-01T00:00:00Z; renew them, or check this machine's clock\n")


def test_largest_output(tools):
    """64 KiB are allowed, of whatever."""
    blanks = 65536 - len(KEYS)
    tool = tools.sh("tool", f"printf '%{blanks}s' ''; printf %s '{KEYS}'")
    assert tools.ask(quoted(tool)).parts == (0, STATIC_JSON, "")


def cannot_start(tools):
    tools.write("plain", gives(KEYS), mode=0o600)
    tools.write("lost", "#!/no/such/interpreter\n")
    tools.write("text", gives(KEYS))
    there = tools.directory
    return [
        ("no-such-tool", 2, "run 'no-such-tool': No such file or directory"),
        (quoted(there / "none"), 2,
         f"run '{there}/none': No such file or directory"),
        (quoted(there / "plain"), 1,
         f"run '{there}/plain': Permission denied"),
        (quoted(there), 1, f"run '{there}': Permission denied"),
        (quoted(there / "lost"), 1, f"run '{there}/lost': it is there, but "
         "not the interpreter or dynamic linker that it names"),
        ("tool 'x", 2, "no end of the quote at byte 5"),
        ("tool \"x", 2, "no end of the quote at byte 5"),
        ("tool \\", 2, "nothing behind the backslash at byte 5"),
        ("''", 2, "run '': No such file or directory"),
        ("tool " + "a " * 256, 1, "more than 256 words"),
    ]


def test_cannot_start(tools):
    for line, status, why in cannot_start(tools):
        assert tools.refusal(line) == (status, why)


def test_not_absent(tools, container, program):
    """A program that is not there is no reason to be somebody else."""
    status, _ = tools.refusal("no-such-tool", env={
        "AWS_CONTAINER_CREDENTIALS_FULL_URI":
        f"http://127.0.0.1:{container.port}{ECS_PATH}"})
    assert status == 2 and not container.log


# It takes too long.

def runs(pid: str) -> bool:
    try:
        stat_line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):     # gone, or going
        return False
    return "Z" not in stat_line.rsplit(")", 1)[1][:3]


def alive(pids: Path) -> list[str]:
    """Which of the processes that wrote their ids are still there."""
    return [pid for pid in pids.read_text().split() if runs(pid)]


def wait_gone(pids: Path) -> None:
    until = time.monotonic() + 5
    while alive(pids) and time.monotonic() < until:
        time.sleep(0.01)
    assert not alive(pids)


HANGS = [
    "echo $$ >>$PIDS; exec sleep 1000",
    "trap '' TERM INT HUP; echo $$ >>$PIDS; sleep 1000; sleep 1001",
    "echo $$ >>$PIDS; sh -c 'echo $$ >>$PIDS; sleep 1000' |"
    " sh -c 'echo $$ >>$PIDS; exec cat'",
    "echo $$ >>$PIDS; setsid sh -c 'echo $$ >>$PIDS; exec sleep 1000' &"
    " nohup sh -c 'echo $$ >>$PIDS; exec sleep 1000' >/dev/null & wait",
    "echo $$ >>$PIDS; while echo '{'; do sleep 0.05; done",
]


@pytest.mark.parametrize("script", HANGS)
def test_hangs(tools, tmp_path, script):
    pids = tmp_path / "pids"
    tool = tools.sh("tool", gives(KEYS) + "\n" + script)
    started = time.monotonic()
    status, said = tools.refusal(quoted(tool), "--timeout", "1",
                                 env={"PIDS": str(pids)})
    assert status == 1 and said.startswith(f"run '{tool}': not done after ")
    assert said.endswith(" ms; it was ended")
    assert 0.9 < time.monotonic() - started < 4
    assert pids.read_text() and not alive(pids)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM,
                                 signal.SIGKILL, signal.SIGHUP])
@pytest.mark.parametrize("script", HANGS[1:4])
def test_interrupted(tools, program, tmp_path, sig, script):
    """The program does not survive us, whichever way we go."""
    pids = tmp_path / "pids"
    tools.profile(quoted(tools.sh("tool", script)))
    with subprocess.Popen(
            program.command(NAME, "--profile", "x"), stdin=subprocess.DEVNULL,
            env=program.environment({"PIDS": str(pids)}),
            stdout=subprocess.PIPE) as ours:
        while not pids.exists() or not pids.read_text():
            time.sleep(0.01)
        ours.send_signal(sig)
        assert ours.wait(10) == -sig
    wait_gone(pids)


def test_daemon_left_behind(tools, tmp_path):
    """An agent that it starts goes on, and keeps nobody waiting."""
    pids = tmp_path / "pids"
    tool = tools.sh("tool", "sh -c 'echo $$ >>$PIDS; exec sleep 1000' &\n"
                    "until [ -s $PIDS ]; do sleep 0.01; done\n" +
                    gives(KEYS))
    with open(tmp_path / "err", "wb") as err:
        tools.profile(quoted(tool))
        done = subprocess.run(
            tools.program.command(NAME, "--profile", "x"), stderr=err,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=20,
            env=tools.program.environment({"PIDS": str(pids)}), check=True)
    assert done.stdout.decode() == STATIC_JSON
    (pid,) = alive(pids)
    os.kill(int(pid), signal.SIGKILL)


# Where there is no shell.

def bare(tools, line, static: bool = True):
    program = tools.program
    root = program.bare_root({"/home/.aws/config":
                              f"[default]\ncredential_process = {line}\n"})
    return program.run(NAME, root=root, env={"HOME": "/home"})


def test_bare_root_needs_no_shell(tools, namespaces, program):
    """Our own program, under another name, is one that needs nothing."""
    done = bare(tools, "'/ecrbox' credential-process --profile other")
    assert done.status == 1
    assert done.err == (
        f"{NAME}: profile 'other' not found in '/home/.aws/config' or "
        f"'/home/.aws/credentials'\n{NAME}: credential_process of profile "
        "'default': run '/ecrbox': exited with status 2\n")


@pytest.mark.parametrize("line, what", [
    ("/ecrbox credential-process --profile other | cat", "|"),
    ("/ecrbox credential-process --profile \"$OTHER\"", "$"),
    ("~/tool", "~"), ("A=1 /tool", "A="), ("/tool 2>/dev/null", ">"),
])
def test_bare_root_without_shell(tools, namespaces, line, what):
    done = bare(tools, line)
    assert done.parts == (
        2, "", f"{NAME}: credential_process of profile 'default': '{what}' "
        "needs a shell, and there is no /bin/sh here; write a program and "
        "its arguments only\n")


# Our own program.

@pytest.fixture
def box(tmp_path) -> Path:
    path = tmp_path / "bin" / "ecrbox"
    path.parent.mkdir()
    path.symlink_to(BINARY)
    return path


def test_our_own_for_another_profile(tools, program, box):
    program.write(".aws/credentials", "[other]\n"
                  f"aws_access_key_id = {stand.STATIC.id}\n"
                  f"aws_secret_access_key = {stand.SECRET}\n")
    done = tools.ask(f'{quoted(box)} {NAME} --profile other')
    assert done.parts == (0, STATIC_JSON, "")


def test_two_that_name_each_other(tools, program, box):
    program.write(".aws/config", "".join(
        f"[profile {one}]\ncredential_process = "
        f"{box} {NAME} --profile {other}\n"
        for one, other in ("ab", "ba")))
    done = program.run(NAME, "--profile", "a")
    assert done.parts == (
        1, "", f"{NAME}: profile 'b' uses credential_process, and {GUARD} is "
        "set: that process leads back here; name another profile by "
        f"--profile\n{NAME}: credential_process of profile 'a': run '{box}': "
        "exited with status 2\n")


def test_wrapper_that_calls_us(tools, program, box):
    tool = tools.sh("tool", f"exec {box} {NAME} --profile x")
    status, out, err = tools.ask(quoted(tool)).parts
    assert (status, out) == (1, "")
    assert err.startswith(f"{NAME}: profile 'x' uses credential_process, and "
                          f"{GUARD} is set: that process leads back here")


def test_source_profile(tools, program, aws):
    """A role whose source profile has one."""
    tool = tools.sh("tool", gives(KEYS))
    tools.profile(quoted(tool), name="base", more=(
        f"[profile x]\nregion = {REGION}\nsource_profile = base\n"
        f"role_arn = arn:aws:iam::{stand.ACCOUNT}:role/pull\n"))
    done = program.run(NAME, "--profile", "x")
    assert (done.status, done.err) == (0, "")
    assert [(call.by, call.action) for call in aws.log] == [
        (stand.STATIC.id, "sts:AssumeRole")]


@pytest.mark.parametrize("variable", [False, True])
def test_auto_profile_runs_nothing(tools, program, aws, tmp_path, variable):
    """A profile that nobody named must not start programs, not even as the
    source of another one; named, it does."""
    ran = tmp_path / "ran"
    tool = tools.sh("tool", f"touch '{ran}'\n" + gives(KEYS))
    tools.profile(quoted(tool), name="base", more=(
        f"[profile x]\nregion = {REGION}\nsource_profile = base\n"
        f"role_arn = arn:aws:iam::{stand.ACCOUNT}:role/pull\n"))
    auto = [] if variable else ["--auto-profile"]
    env = {"ECRBOX_AUTO_PROFILE": "1"} if variable else {}
    done = program.login(*auto, "-p", HOST, env=env)
    assert (done.status, done.out) == (2, "") and not aws.log
    assert "profile 'base' uses credential_process, and --auto-profile " \
        "never runs programs; name the profile by --profile" in done.err
    assert not ran.exists()
    assert program.login("--profile", "x", "-p", HOST).status == 0
    assert ran.exists()


# At a terminal.

def at_terminal(program, *args, **env) -> Person:
    return Person(program.command(*args), program.environment(env))


ASKS = """
printf 'MFA code: ' >/dev/tty
stty -echo </dev/tty
read code </dev/tty
stty echo </dev/tty
[ "$code" = 123456 ] || exit 4
"""


@pytest.fixture
def asking(tools):
    tools.profile(quoted(tools.sh("tool", ASKS + gives(KEYS))))
    return tools.program


def test_prompt(asking):
    with at_terminal(asking, NAME, "--profile", "x") as person:
        person.expect(b"MFA code: ")
        while person.echoes:
            time.sleep(0.01)
        person.type(b"123456\n")
        assert person.wait() == 0
        assert b"123456" not in person.seen
        person.expect(STATIC_JSON.strip().encode())


def test_prompt_answered_wrong(asking):
    with at_terminal(asking, NAME, "--profile", "x") as person:
        person.expect(b"MFA code: ")
        person.type(b"1\n")
        assert person.wait() == 1
        person.expect(b"exited with status 4")


def test_prompt_not_answered(asking):
    """Who went to look for his key finds the terminal as it was."""
    with at_terminal(asking, NAME, "--profile", "x", "--timeout",
                     "1") as person:
        # Held open, since what nobody has open forgets its settings.
        number, = struct.unpack("I", fcntl.ioctl(
            person.fd, TIOCGPTN, bytes(4)))
        name = os.open(f"/dev/pts/{number}", os.O_RDWR | os.O_NOCTTY)
        person.expect(b"MFA code: ")
        while person.echoes:
            time.sleep(0.01)
        person.expect(b"it was ended")
        _, status = os.waitpid(person.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 1
        assert person.echoes
        os.close(name)


@pytest.mark.parametrize("key, sig", [(b"\x03", signal.SIGINT),
                                      (b"\x1c", signal.SIGQUIT)])
def test_interrupted_at_the_terminal(tools, tmp_path, key, sig):
    pids = tmp_path / "pids"
    tools.profile(quoted(tools.sh("tool", "trap '' INT QUIT\n"
                                  "echo $$ >>$PIDS\n" + ASKS)))
    with at_terminal(tools.program, NAME, "--profile", "x",
                     PIDS=str(pids)) as person:
        person.expect(b"MFA code: ")
        person.type(key)
        assert person.wait() == -sig
    wait_gone(pids)


def test_no_terminal(tools):
    """It is the program's affair to say so."""
    tool = tools.sh("tool", "exec 2>/dev/null; (: </dev/tty) || exit 7")
    tools.profile(quoted(tool))
    done = subprocess.run(
        tools.program.command(NAME, "--profile", "x"), check=False,
        env=tools.program.environment(), stdin=subprocess.DEVNULL,
        capture_output=True, start_new_session=True, timeout=20)
    assert b"exited with status 7\n" in done.stderr


# Secrets of the line itself.

def test_line_is_not_shown(tools, program, aws):
    """The command may hold a secret: neither -v nor the cache has it."""
    tool = tools.sh("tool", gives(KEYS))
    tools.profile(f'{quoted(tool)} --password hunter2hunter2')
    done = program.login("-v", "--profile", "x", "-p", HOST)
    assert (done.status, done.out) == (0, PASSWORD + "\n")
    assert "hunter2" not in done.err
    done = program.get(env={"AWS_PROFILE": "x"})
    assert done.parts == (0, answer(), "")
    files = [path for path in program.home.rglob("*")
             if stat.S_ISREG(path.stat().st_mode)]
    assert [path for path in files if b"hunter2" in path.read_bytes()] == [
        program.home / ".aws" / "config"]


# What the program finds is part of who we are.

def test_token_of_other_files(tools, program, aws, tmp_path):
    """The same line in two configurations may speak for two identities."""
    tool = tools.sh("tool", gives(KEYS))
    tools.profile(quoted(tool))
    other = tmp_path / "other"
    other.write_bytes((program.home / ".aws" / "config").read_bytes())
    env = {"AWS_PROFILE": "x"}
    for _ in range(2):
        assert program.get(env=env).parts == (0, answer(), "")
    assert len(aws.log) == 1
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        done = program.get(env={**env, name: str(other)})
        assert done.parts == (0, answer(), "")
    assert len(aws.log) == 3
