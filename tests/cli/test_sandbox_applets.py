"""Every applet's sandbox: a test build of the program opens, executes or
connects to what it should not at the moment when it hears from the network, and
is stopped; and the settings, files and moments that are to go on working."""
import errno
import http.client
import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

import outputs
from daemon import Daemon, ask, free_port, listening, until
from program import (ACCOUNT, HOST, LANDLOCK, NOT_FOUND, REGION, STATIC_ENV,
                     SUCCEEDED, answer)

TRESPASS = Path(os.environ.get("ECRBOX_TRESPASS", "/nonexistent"))
MODES = ["on", "strict"]
KILLED = "killed"
REQUEST = json.dumps({
    "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    "kind": "CredentialProviderRequest", "image": f"{HOST}/a:b"})

trespasses = pytest.mark.skipif(
    not TRESPASS.exists() or LANDLOCK < 4 or os.uname().machine != "x86_64",
    reason="needs the test build, and a kernel that holds ports")

# What each applet is asked; the network is heard in all of them.
APPLETS = {
    "ecr-login": ([], ""),
    "ecr-login -p": (["-p"], ""),
    "ecr-login HOST HOST": ([HOST, "public.ecr.aws"], ""),
    "ecr-login --configure-docker": (["--configure-docker"], ""),
    "docker-credential-ecr-login": (["get"], HOST),
    "whoami": ([], ""),
    "ecr-credential-provider": ([], REQUEST),
}
METADATA = {
    "imds": ["instance-id"],
    "ec2-metadata": ["-i"],
    "credential-process": [],
}


@pytest.fixture
def trap(tmp_path):
    """A port that nobody is to come to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def try_it(program, mode, order, applet, words=(), stdin="", where=None,
           **env):
    """What came of it: KILLED, or what the program said."""
    done = subprocess.run(
        program.command(applet, *words, binary=TRESPASS, **(where or {})),
        input=stdin, text=True, timeout=30, capture_output=True,
        cwd=program.directory, env=program.environment(
            {"ECRBOX_SANDBOX": mode, "TRESPASS": order, **env}))
    if done.returncode == -signal.SIGSYS or (
            done.returncode == 1 and "killed by signal 31" in done.stderr):
        assert not done.stdout or done.stdout == NOT_FOUND
        return KILLED
    found = re.search(r"^(?:errno (\d+)|(trespassed))$", done.stderr, re.M)
    assert found, done
    return how(found)


def how(found: re.Match) -> str:
    return found[2] or errno.errorcode[int(found[1])]


# What is tried, and what comes of it in mode on and in mode strict.
TRIES = {
    "open /etc/passwd": ("EACCES", "EACCES"),
    "open /": ("EACCES", "EACCES"),
    "make {home}/new": ("EACCES", "EACCES"),
    "execute /bin/true": ("EPERM", KILLED),
    "connect {port}": ("EACCES", "EACCES"),
}


def expect(program, trap, mode, what, applet, words=(), stdin="", who="*",
           **env):
    order = what.format(home=program.home, port=trap.getsockname()[1])
    outcome = TRIES[what][MODES.index(mode)]
    assert try_it(program, mode, f"{who} recv {order}", applet, words, stdin,
                  **env) == outcome
    assert not (program.home / "new").exists()
    with pytest.raises(BlockingIOError):
        trap.accept()


@trespasses
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", TRIES)
@pytest.mark.parametrize("case", APPLETS)
def test_aws(program, aws, trap, mode, what, case):
    words, stdin = APPLETS[case]
    for name in "docker", "cache/ecrbox":   # that are there already
        (program.home / f".{name}").mkdir(parents=True)
    expect(program, trap, mode, what, case.split()[0], words, stdin,
           **STATIC_ENV)


@trespasses
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", TRIES)
@pytest.mark.parametrize("applet", METADATA)
def test_metadata(program, imds, trap, mode, what, applet):
    expect(program, trap, mode, what, applet, METADATA[applet])


@trespasses
@pytest.mark.parametrize("who", ["-", "1"])
@pytest.mark.parametrize("what", TRIES)
def test_both_who_work_beside_each_other(program, imds, aws, trap, what, who,
                                         pki):
    """One asks the metadata service, the other opens the connection to ECR."""
    (program.home / ".docker").mkdir()
    (program.home / ".cache/ecrbox").mkdir(parents=True)
    env = {"AWS_ENDPOINT_URL":
           f"https://localhost:{aws.listen(tls=pki.context())}",
           "AWS_CA_BUNDLE": str(pki.bundle), "AWS_REGION": REGION}
    order = what.format(home=program.home, port=trap.getsockname()[1])
    assert try_it(program, "on", f"{who} recv {order}",
                  "docker-credential-ecr-login", ["get"], HOST,
                  **env) == TRIES[what][0]


# Where tokens go: each is written by a process that is held to just that; but
# where a program is run, it is the user's own.
HELD = [name for name in outputs.KINDS if name != "exec"] + ["format"]


@pytest.fixture
def places(program, pki):
    made = outputs.Outputs(program, pki)
    yield made
    made.close()


@trespasses
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", TRIES)
@pytest.mark.parametrize("name", HELD)
def test_sink(program, aws, places, trap, mode, what, name):
    """When it has done its work, and says so."""
    (program.home / ".docker").mkdir()
    words = ["--format", "json"] if name == "format" \
        else places.make(name).args
    order = what.format(home=program.home, port=trap.getsockname()[1])
    outcome = try_it(program, mode, f"2 write {order}", "ecr-login",
                     [*words, HOST], where=places.where,
                     **STATIC_ENV, **places.env)
    assert outcome in {"on": ("EPERM", "EACCES"),
                       "strict": ("EACCES", KILLED)}[mode]
    assert not (program.home / "new").exists()
    with pytest.raises(BlockingIOError):
        trap.accept()


@trespasses
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", [*TRIES, "kill {test}"])
@pytest.mark.parametrize("who, when", [
    ("-", "recv"),          # the loop, when it hears a client
    ("1.1.1", "recv"),      # of its broker's refresh, who asks for tokens
    ("1.1.2", "write")])    # and who writes them
def test_who_stays(program, aws, trap, mode, what, who, when):
    (program.home / ".docker").mkdir()
    port = free_port()
    order = what.format(home=program.home, port=trap.getsockname()[1],
                        test=os.getpid())
    with Daemon(program, "--listen", f"127.0.0.1:{port}", "--auth-file",
                str(program.config), HOST, binary=TRESPASS, env={
                    "ECRBOX_SANDBOX": mode, **STATIC_ENV,
                    "TRESPASS": f"{who} {when} {order}"}) as daemon:
        until(lambda: listening(port))
        try:
            ask(port, "/health")
        except (ConnectionError, http.client.HTTPException):
            pass

        def outcome():
            found = re.search(r"^(?:errno (\d+)|(trespassed))$", daemon.err,
                              re.M)
            if found:
                return how(found)
            if daemon.process.poll() == -signal.SIGSYS or \
                    "killed by signal 31" in daemon.err:
                return KILLED
            return None
        assert until(outcome, daemon.err) in (
            "EPERM", "EACCES", KILLED if mode == "strict" else "EPERM")
    assert not (program.home / "new").exists()
    with pytest.raises(BlockingIOError):
        trap.accept()


@trespasses
@pytest.mark.parametrize("what", ["open /etc/passwd", "execute /bin/true",
                                  "connect {port}"])
def test_what_would_be_done_without(program, aws, trap, what):
    """The test's own tries are good."""
    order = "* recv " + what.format(port=trap.getsockname()[1])
    if what.startswith("execute"):
        done = subprocess.run(
            [TRESPASS, "whoami"], capture_output=True, text=True,
            env=program.environment({"ECRBOX_SANDBOX": "off", **STATIC_ENV,
                                     "TRESPASS": order}), check=True)
        assert not done.stdout + done.stderr
    else:
        assert try_it(program, "off", order, "whoami",
                      **STATIC_ENV) == "trespassed"


@trespasses
def test_signals_stay_inside(program, aws):
    order = f"* recv kill {os.getpid()}"
    assert try_it(program, "on", order, "whoami", **STATIC_ENV) == "EPERM"
    assert try_it(program, "strict", order, "whoami", **STATIC_ENV) == KILLED


@trespasses
def test_only_as_far_as_is_needed(program, imds, aws):
    """imds has no business at 443 nor with files that are written."""
    for applet, words in METADATA.items():
        order = "* recv connect 443"
        outcome = "ECONNREFUSED" if applet == "credential-process" \
            else "EACCES"
        assert try_it(program, "strict", order, applet, words) == outcome


MISTAKES = ["On", "1", "of", "strict ", "yes", "offf"]


@pytest.mark.parametrize("word", MISTAKES)
@pytest.mark.parametrize("applet", [
    "ecr-login", "docker-credential-ecr-login", "credential-process", "whoami",
    "ecr-credential-provider", "imds", "ec2-metadata"])
def test_mistake(program, applet, word):
    assert program.run(applet, env={"ECRBOX_SANDBOX": word}).parts == (
        2, "", f"{applet}: ECRBOX_SANDBOX is '{word}'; it may be off, on or"
        " strict\n")


def test_install_needs_none(program, tmp_path):
    assert program.run("--install", str(tmp_path / "bin"),
                       env={"ECRBOX_SANDBOX": "1"}).status == 0


def reports(err: str) -> list[str]:
    return re.findall(r"sandbox .*", err)


@pytest.mark.parametrize("mode, report", [
    ("off", "sandbox off"),
    ("on", "sandbox on: holds .*"),
    (None, "sandbox on: holds .*"),
    ("", "sandbox on: holds .*")])
def test_report(program, aws, imds, mode, report):
    """Once, whoever enters it, and not for what the cache has."""
    env = {"ECRBOX_SANDBOX": mode, "AWS_REGION": REGION,
           "ECRBOX_VERBOSE": "1"}
    said, = reports(program.get(env=env).err)
    assert re.fullmatch(report, said)
    assert not reports(program.get(env=env).err)


def test_no_process_after_all(program, aws, imds):
    """A credential_process that runs before the first exchange does so outside;
    one that may come later takes the sandbox with it."""
    if program.env.get("ECRBOX_SANDBOX") == "off":
        pytest.skip("no sandbox")
    script = program.write("keys.sh", '#!/bin/sh\ntest -r /etc/passwd && echo '
                           '\'{"Version":1,"AccessKeyId":"'
                           + STATIC_ENV["AWS_ACCESS_KEY_ID"]
                           + '","SecretAccessKey":"'
                           + STATIC_ENV["AWS_SECRET_ACCESS_KEY"]
                           + '"}\'\n', 0o755)
    program.write(".aws/config",
                  f"[default]\ncredential_process = {script}\n")
    env = {"ECRBOX_VERBOSE": "1"}
    done = program.get(env=env)
    assert done.status == 0 and "programs are run" in done.err
    program.run("docker-credential-ecr-login", "erase", stdin=HOST)
    done = program.get(env=env | {"AWS_REGION": REGION})
    assert done.status == 0 and "programs are run" not in done.err
    done = program.login(HOST, "public.ecr.aws")
    assert done.status == 0 and done.out == 2 * SUCCEEDED


def test_home_that_only_passwd_knows(program, aws, namespaces):
    """Whoever could be asked for it is out of reach by then."""
    passwd = program.write(
        "passwd", f"x:x:{os.geteuid()}:0::{program.home}:/bin/sh\n")
    for _ in range(2):
        assert program.login(HOST, env=STATIC_ENV | {"HOME": None}, over={
            str(passwd): "/etc/passwd"}).parts == (0, SUCCEEDED, "")
    assert len(aws.log) == 1 and program.config.exists()


class TestWhatIsWrittenThen:
    """After the network has been heard."""

    def test_directories_that_are_not_there(self, program, aws):
        home = program.directory / "none" / "at" / "all"
        assert program.login(env=STATIC_ENV | {"HOME": str(home)}).parts == (
            0, SUCCEEDED, "")
        assert (home / ".docker" / "config.json").exists()
        assert list((home / ".cache" / "ecrbox").iterdir())

    def test_through_links(self, program, aws, tmp_path):
        far = tmp_path / "far"
        far.mkdir()
        (far / "real.json").write_text("{}")
        (program.home / ".docker").mkdir()
        program.config.symlink_to(far / "real.json")
        assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
        assert HOST in (far / "real.json").read_text()

    @pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1",
                                      "/proc/self/fd/1"])
    def test_stream(self, program, aws, path):
        done = program.login("--auth-file", path, env=STATIC_ENV)
        assert (done.status, done.err) == (0, SUCCEEDED)
        assert HOST in json.loads(done.out)["auths"]

    def test_device(self, program, aws):
        assert program.login("--auth-file", "/dev/null",
                             env=STATIC_ENV).parts == (0, SUCCEEDED, "")

    def test_here(self, program, aws):
        done = program.login("--auth-file", "auth.json", env=STATIC_ENV)
        assert done.parts == (0, SUCCEEDED, "")
        assert (program.directory / "auth.json").exists()

    def test_directory_that_is_gone(self, program, aws):
        """What fails, fails as it does without."""
        done = program.login("--auth-file", "/proc/none/auth.json",
                             env=STATIC_ENV)
        assert done.parts == program.login(
            "--auth-file", "/proc/none/auth.json",
            env=STATIC_ENV | {"ECRBOX_SANDBOX": "off"}).parts
        assert done.status == 1

    def test_registries(self, program, aws):
        done = program.login("--configure-docker", "--configure-containers",
                             env=STATIC_ENV)
        assert done.status == 0, done
        assert (program.home / ".config/containers/registries.conf.d"
                / "99-ecrbox.conf").exists()


def test_cannot_be_strict(program, aws):
    """Where the kernel has no seccomp to give, nothing is asked at all."""
    if program.env.get("ECRBOX_SANDBOX") == "off":
        pytest.skip("no sandbox")
    done = program.run(
        "docker-credential-ecr-login", "get", stdin=HOST,
        env=STATIC_ENV | {"ECRBOX_SANDBOX": "strict"})
    if LANDLOCK >= 1:
        assert done.parts == (0, answer(), "")
        return
    assert done.parts == (1, NOT_FOUND, "docker-credential-ecr-login: sandbox:"
                          " Landlock: Function not implemented;"
                          " ECRBOX_SANDBOX=on does without\n")
    assert not aws.log


def test_many_profiles(program, aws):
    """More files than a sandbox has room for is said, with what to do."""
    program.write(".aws/config", "".join(
        f"[profile p{i}]\nweb_identity_token_file = /t/{i}\nrole_arn = a\n"
        for i in range(150)))
    done = program.login(HOST, env=STATIC_ENV | {"ECRBOX_AUTO_PROFILE": "1"})
    if program.env.get("ECRBOX_SANDBOX") == "off":
        assert done.status == 0
        return
    assert done.status == 1
    assert "sandbox: more than 128 paths or 16 ports" in done.err


def test_account(program, aws):
    assert ACCOUNT in program.run("whoami", env=STATIC_ENV).out
