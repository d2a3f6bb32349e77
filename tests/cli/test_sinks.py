"""Where tokens go: each place once, all of them at once, and when some of
them fail."""
import json
import os
import stat
import subprocess

import pytest

from outputs import FILES, KINDS, members, read_tarball
from program import (ACCOUNT, AUTH, HOST, PASSWORD, REGION, STATIC_ENV,
                     SUCCEEDED)
from standin import faults, sesam

OTHER = "210987654321"
OTHER_HOST = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com"


def arguments(made):
    return [word for output in made for word in output.args]


@pytest.mark.parametrize("kind", KINDS)
def test_one(program, aws, outputs, kind):
    made = outputs.make(kind)
    done = outputs.login(*made.args)
    assert (done.status, done.err) == (0, "")
    assert made.read() == {HOST: PASSWORD}
    # Only what was named is written.
    assert program.config.exists() == (kind == "config")


@pytest.mark.parametrize("kind", FILES)
def test_mode(aws, outputs, kind):
    """Nobody else can read it, whatever the umask."""
    made = outputs.make(kind)
    old = os.umask(0)
    try:
        assert outputs.login(*made.args).status == 0
    finally:
        os.umask(old)
    for path in made.files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_all(aws, outputs):
    made = outputs.all()
    done = outputs.login(*arguments(made))
    assert (done.status, done.err) == (0, "")
    for output in made:
        assert output.read() == {HOST: PASSWORD}, output.name
    assert len(aws.log) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS
                                  if kind not in ("sesam", "exec")])
def test_two_registries(aws, outputs, kind):
    made = outputs.make(kind)
    done = outputs.login("-g", f"{ACCOUNT},{OTHER}", *made.args)
    assert (done.status, done.err) == (0, "")
    assert made.read() == {HOST: PASSWORD, OTHER_HOST: PASSWORD}
    assert aws.asked == [(REGION, [ACCOUNT, OTHER])]


@pytest.mark.parametrize("broken", KINDS)
def test_partial_failure(program, aws, outputs, broken):
    """One fails and is named; the others are written; the status says it."""
    made = {output.name: output for output in outputs.all()}
    bad = made.pop(broken)
    named = {"kubernetes": "default/pull", "sesam": "sesam",
             "exec": "tell"}.get(broken, str(outputs.directory))
    if broken == "kubernetes":
        outputs.cluster.denied.add(("get", "secrets", ""))
    elif broken == "sesam":
        outputs.node.jwt = "another"
    elif broken == "exec":
        program.write("tell", "#!/bin/sh\nexit 3\n", 0o755)
    elif broken == "tarball":
        # A directory there would be the other form of it.
        bad.files[0].symlink_to(bad.files[0].name)
    else:
        named = str(bad.files[0])
        bad.files[0].mkdir(parents=True)
    done = outputs.login(*bad.args, *arguments(made.values()))
    assert done.status == 1 and named in done.err, done.err
    for output in made.values():
        assert output.read() == {HOST: PASSWORD}, output.name


def test_no_token_touches_nothing(aws, outputs):
    made = outputs.all()
    assert outputs.login(*arguments(made)).status == 0
    cluster = json.dumps(sorted(map(str, outputs.cluster.secrets.items())))
    before = {path: (path.read_bytes(), path.stat().st_ino)
              for output in made for path in output.files}
    aws.fail(faults.error("AccessDeniedException", "no"),
             times=faults.FOREVER)
    asked = len(outputs.cluster.log), len(outputs.node.log)
    done = outputs.login(*arguments(made),
               env={"AWS_ECR_DISABLE_CACHE": "1"})
    assert done.status == 1 and "AccessDeniedException" in done.err
    assert before == {path: (path.read_bytes(), path.stat().st_ino)
                      for output in made for path in output.files}
    assert asked == (len(outputs.cluster.log), len(outputs.node.log))
    assert cluster == json.dumps(sorted(map(
        str, outputs.cluster.secrets.items())))


# Tarball: system B.

@pytest.mark.parametrize("args, modes", [
    ([], (0o700, 0o600)), (["--tar-mode", "0644"], (0o755, 0o644)),
    (["--tar-mode", "0640"], (0o750, 0o640))])
def test_tarball(aws, outputs, args, modes):
    made = outputs.tarball()
    assert outputs.login(*made.args, *args).status == 0
    found = members(made.files[0].read_bytes())
    assert [mode for mode, _ in found.values()] == list(modes)
    assert json.loads(found[".docker/config.json"][1]) == {
        "auths": {"https://" + HOST: {"auth": AUTH, "email": "none"}}}
    # Who may read what is in it may read it.
    assert stat.S_IMODE(made.files[0].stat().st_mode) == modes[1]


@pytest.mark.parametrize("mode", ["", "777", "0666", "0602", "1600", "x",
                                  "0000"])
def test_tar_mode_refused(aws, outputs, mode):
    made = outputs.tarball()
    done = outputs.login(*made.args, "--tar-mode", mode)
    assert done.status == 2 and not made.files[0].exists()


def test_tarball_is_deterministic(program, aws, outputs):
    """The same token at the same time is the same file, and tar agrees."""
    made = outputs.tarball()
    assert outputs.login(*made.args).status == 0
    first = made.files[0].read_bytes()
    again = program.directory / "again.tar.gz"
    assert outputs.login("-f", str(again)).status == 0
    assert again.read_bytes()[:4] == first[:4] == b"\x1f\x8b\x08\x00"
    assert read_tarball(again) == read_tarball(made.files[0])


# Sesam

@pytest.mark.parametrize("args, method, place, before", [
    ([], "POST", "/api/secrets", {"OTHER": "stays"}),
    (["--sesam-put"], "PUT", "/api/secrets", {}),
    (["--sesam-system", "ecr-service"], "POST",
     "/api/systems/ecr-service/secrets", {"LOCAL": "stays"}),
    (["--sesam-system", "with blank/slash"], "POST",
     "/api/systems/with%20blank%2Fslash/secrets", {}),
])
@pytest.mark.parametrize("good", [200, 201, 204])
def test_sesam(aws, outputs, args, method, place, before, good):
    made = outputs.sesam()
    outputs.node.good = good
    done = outputs.login(*made.args, *args)
    assert (done.status, done.err) == (0, "")
    assert outputs.node.lines() == [f"{method} {place}"]
    assert outputs.node.log[0].headers["content-type"] == "application/json"
    at = outputs.node.systems[args[1]] if len(args) > 1 \
        else outputs.node.secrets
    assert at == before | {"AWS_ECR_TOKEN": PASSWORD}


def test_sesam_secret_and_reload(aws, outputs):
    made = outputs.sesam()
    done = outputs.login(*made.args, "--sesam-secret", "MINE",
               "--sesam-reload", "ecr-service")
    assert done.status == 0
    assert outputs.node.secrets["MINE"] == PASSWORD
    assert outputs.node.reloads == ["ecr-service"]


def test_sesam_jwt_file(program, aws, outputs):
    made = outputs.sesam()
    path = program.write("jwt", outputs.node.jwt + "\n")
    done = outputs.login(*made.args, env={
        "SESAM_JWT_TOKEN": None, "SESAM_JWT_FILE": str(path)})
    assert (done.status, done.err) == (0, "")
    assert made.read() == {HOST: PASSWORD}


@pytest.mark.parametrize("change, says", [
    (lambda node: setattr(node, "jwt", "x"), "401"),
    (lambda node: (setattr(node, "jwt", "x"),
                   setattr(node, "reader", sesam.JWT)), "403"),
    (lambda node: node.fail(faults.status(500), times=9), "500"),
    (lambda node: node.fail(faults.redirect("http://127.0.0.1:9/")), "307"),
    (lambda node: node.fail(faults.html(502)), "502"),
])
def test_sesam_refuses(aws, outputs, change, says):
    made = outputs.sesam()
    change(outputs.node)
    done = outputs.login(*made.args)
    assert done.status == 1 and says in done.err and "sesam" in done.err
    assert outputs.node.secrets == {"OTHER": "stays"}
    assert sesam.JWT not in done.err


def test_sesam_no_such_system(aws, outputs):
    made = outputs.sesam()
    done = outputs.login(*made.args, "--sesam-system", "none")
    assert done.status == 1 and "is there a system of that name?" in done.err


# --exec

def test_exec(aws, outputs):
    """Password on standard input, registry in the environment, and none of
    AWS's secrets."""
    made = outputs.exec()
    assert outputs.login(*made.args).status == 0
    env = dict(line.split("=", 1) for line in
               (outputs.directory / "told.env").read_text().splitlines())
    assert env["ECR_REGISTRY"] == HOST
    assert not any("SECRET" in name or "TOKEN" in name for name in env)
    assert not any(STATIC_ENV["AWS_SECRET_ACCESS_KEY"] in value or
                   PASSWORD in value for value in env.values())


@pytest.mark.parametrize("script, says", [
    ("exit 3", "3"), ("kill -9 $$", "signal 9"),
    ("echo bad thing >&2; exit 1", "")])
def test_exec_fails(program, aws, outputs, script, says):
    made = outputs.exec()
    program.write("tell", f"#!/bin/sh\n{script}\n", 0o755)
    done = outputs.login(*made.args)
    assert done.status == 1 and says in done.err and "tell" in done.err


def test_exec_that_does_not_read(program, aws, outputs):
    made = outputs.exec()
    program.write("tell", "#!/bin/sh\nexec </dev/null\nexit 0\n", 0o755)
    done = outputs.login(*made.args)
    assert done.status == 0, done.err


# Standard output

@pytest.mark.parametrize("name, read", [
    ("password", lambda text: text == PASSWORD + "\n"),
    ("json", lambda text: json.loads(text)[0]["password"] == PASSWORD),
    ("docker-config", lambda text: json.loads(text)["auths"][HOST] == {
        "auth": AUTH}),
    ("docker-auth-config", lambda text: json.loads(text) == {
        "auths": {HOST: {"auth": AUTH}}} and text.count("\n") == 1),
    ("dockercfg", lambda text: json.loads(text)["https://" + HOST][
        "auth"] == AUTH),
    ("env", lambda text: f"ECR_PASSWORD={PASSWORD}\n" in text),
    ("login-command", lambda text: "--password-stdin" in text),
])
def test_format(program, aws, name, read):
    done = program.login("--format", name, env=STATIC_ENV)
    assert (done.status, done.err) == (0, "") and read(done.out)
    assert not program.config.exists()


def test_login_command_in_a_shell(program, aws):
    """The shell runs it; the password comes by standard input alone."""
    done = program.login("--format", "login-command", env=STATIC_ENV)
    docker = program.write("bin/docker", '#!/bin/sh\necho "$@" >"$HOME/args"'
                           '\ncat >"$HOME/stdin"\n', 0o755)
    shell = subprocess.run(
        ["/bin/sh", "-eu"], input=done.out, text=True, env={
            "PATH": f"{docker.parent}:/usr/bin:/bin",
            "HOME": str(program.home)}, capture_output=True, check=False)
    assert (shell.returncode, shell.stderr) == (0, "")
    args = (program.home / "args").read_text()
    assert HOST in args and PASSWORD not in args and "AWS" in args
    assert (program.home / "stdin").read_text().strip() == PASSWORD


def test_format_refused(program, aws):
    done = program.login("--format", "yaml", env=STATIC_ENV)
    assert done.status == 2 and "login-command" in done.err and not aws.log


def test_default_is_docker_config(program, aws):
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
    assert HOST in program.config.read_text()
