"""The files that ecr-login writes: merged, never lost, never half."""
import json
import os
import stat
import subprocess
import threading

import pytest

from program import (ACCOUNT, AUTH, HOST, STATIC_ENV, SUCCEEDED, entry)
from standin import faults

OURS = {HOST: {"auth": AUTH}}

# What was in config.json, and what is in it afterwards.
MERGES = [
    ("", {"auths": OURS}),
    (" \n", {"auths": OURS}),
    ("{}", {"auths": OURS}),
    ('{"auths":{}}', {"auths": OURS}),
    ('{"auths":{"%s":{}}}' % HOST, {"auths": OURS}),
    ('{"auths":{"%s":{"auth":"old"}}}' % HOST, {"auths": OURS}),
    ('{"auths":{"https://%s":{"auth":"old"}}}' % HOST, {"auths": OURS}),
    ('{"auths":{"https://%s":{"auth":"old"},"%s":{"auth":"older"}}}'
     % (HOST, HOST), {"auths": OURS}),
    ('{"auths":{"docker.io":{"auth":"x","email":"y"}},"unknown":[1,2.50,'
     '{"a":null}],"psFormat":"\\u00e9"}',
     {"auths": {"docker.io": {"auth": "x", "email": "y"}} | OURS,
      "unknown": [1, 2.5, {"a": None}], "psFormat": "\u00e9"}),
    ('{"HttpHeaders":{"X":"y"}}\n',
     {"HttpHeaders": {"X": "y"}, "auths": OURS}),
    ('{\n    "detachKeys": "ctrl-e,e"\n}\n',
     {"detachKeys": "ctrl-e,e", "auths": OURS}),
]


@pytest.mark.parametrize("old, new", MERGES)
def test_merge(program, aws, old, new):
    program.write(".docker/config.json", old)
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
    assert json.loads(program.config.read_text()) == new
    # A second login changes no byte.
    once = program.config.read_bytes()
    assert program.login(env=STATIC_ENV).status == 0
    assert program.config.read_bytes() == once


def test_what_is_not_ours_stays_byte_for_byte(program, aws):
    kept = '"strange" :\t[ 1e400, "\\ud83d\\ude00\\/",{ } ] , "n":1.0'
    program.write(".docker/config.json", "{ %s}" % kept)
    assert program.login(env=STATIC_ENV).status == 0
    assert kept in program.config.read_text()


def test_new_file(program, aws):
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
    assert program.config.read_text() == entry()
    assert stat.S_IMODE(program.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(program.config.parent.stat().st_mode) == 0o700
    assert [p.name for p in program.config.parent.iterdir()] == ["config.json"]


def test_umask_does_not_matter(program, aws):
    before = os.umask(0)
    try:
        assert program.login(env=STATIC_ENV).status == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(program.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(program.config.parent.stat().st_mode) == 0o700


def test_docker_config_variable(program, aws, tmp_path):
    where = tmp_path / "deep" / "docker"
    done = program.login(env=STATIC_ENV | {"DOCKER_CONFIG": str(where)})
    assert done.parts == (0, SUCCEEDED, "")
    assert (where / "config.json").read_text() == entry()
    assert not program.config.exists()


def test_no_home(program, aws, nobody):
    done = program.login(env=STATIC_ENV | {"HOME": None}, over=nobody)
    assert done.parts == (
        1, "", "ecr-login: find config.json (--auth-file or DOCKER_CONFIG can "
        "name it): expand '~/.docker/config.json': HOME is not set\n")
    assert not aws.log


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_mode_is_kept(program, aws, mode):
    program.write(".docker/config.json", "{}", mode)
    assert program.login(env=STATIC_ENV).status == 0
    assert stat.S_IMODE(program.config.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_owner_is_kept(program, aws):
    os.chown(program.write(".docker/config.json", "{}"), 1234, 2345)
    assert program.login(env=STATIC_ENV).status == 0
    after = program.config.stat()
    assert (after.st_uid, after.st_gid) == (1234, 2345)


def test_symlink_is_followed(program, aws, tmp_path):
    real = tmp_path / "dotfiles" / "docker.json"
    real.parent.mkdir()
    real.write_text("{}")
    program.config.parent.mkdir()
    program.config.symlink_to("../../dotfiles/docker.json")
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
    assert program.config.is_symlink()
    assert json.loads(real.read_text()) == {"auths": OURS}


def test_dangling_symlink(program, aws, tmp_path):
    program.config.parent.mkdir()
    program.config.symlink_to(tmp_path / "later.json")
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")
    assert program.config.is_symlink()
    assert (tmp_path / "later.json").read_text() == entry()


# What of the file makes the entry dead, and as what it is named.
SHADOWS = [
    ({"credHelpers": {HOST: "ecr-login"}}, "credHelpers"),
    ({"credsStore": "secretservice"}, "credsStore"),
    ({"credHelpers": {HOST: "x"}, "credsStore": "y"}, "credHelpers"),
]


@pytest.mark.parametrize("old, name", SHADOWS)
def test_shadow_is_warned_of(program, aws, old, name):
    program.write(".docker/config.json", json.dumps(old))
    assert program.login(env=STATIC_ENV).parts == (
        0, SUCCEEDED, f"ecr-login: warning: docker will not use the entry of "
        f"'{HOST}': '{name}' in '{program.config}' names a credential helper "
        "for it\n")


@pytest.mark.parametrize("old", [
    {"credHelpers": {"docker.io": "x"}}, {"credHelpers": {}},
    {"credsStore": ""},
])
def test_no_shadow(program, aws, old):
    program.write(".docker/config.json", json.dumps(old))
    assert program.login(env=STATIC_ENV).parts == (0, SUCCEEDED, "")


BROKEN = [
    "not json", "{", "[]", "null", '"x"', '{"auths":[]}', '{"auths":1}',
    '{"a":1}{"b":2}', '{"a":1,}', '{"a" 1}', '{"auths":{},"auths":{}}',
    '{"a":"\x01"}', "{\"a\":\"\xff\"}", '{"auths":{"x":tru}}', "\ufeff{}",
    "{" + '"a":{' * 200 + "}" * 200 + "}",
]


@pytest.mark.parametrize("old", BROKEN)
@pytest.mark.parametrize("args", [[], ["--logout", HOST]])
def test_broken_file_is_never_overwritten(program, aws, old, args):
    program.write(".docker/config.json", "")
    data = old.encode("latin-1" if "\xff" in old else "utf-8")
    program.config.write_bytes(data)
    done = program.login(*args, env=STATIC_ENV)
    assert (done.status, done.out) == (1, "")
    assert f"update '{program.config}': " in done.err
    assert done.err.count("\n") == 1
    assert program.config.read_bytes() == data
    assert [p.name for p in program.config.parent.iterdir()] == ["config.json"]


def test_oversize_file(program, aws):
    program.write(".docker/config.json", "{" + " " * (5 << 20) + "}")
    done = program.login(env=STATIC_ENV)
    assert (done.status, done.out) == (1, "")
    assert program.config.stat().st_size == (5 << 20) + 2


def test_two_logins_at_once_lose_nothing(program, aws):
    accounts = [f"{n:012}" for n in range(1, 9)]
    aws.fail(faults.delay(0.1), times=99)
    done = []

    def one(account):
        done.append(program.login(account, env=STATIC_ENV).parts)

    threads = [threading.Thread(target=one, args=(a,)) for a in accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [(0, SUCCEEDED, "")] * len(accounts)
    assert sorted(json.loads(program.config.read_text())["auths"]) == [
        f"{a}.dkr.ecr.eu-west-1.amazonaws.com" for a in accounts]


# --auth-file

def test_auth_file(program, aws, tmp_path):
    path = tmp_path / "run" / "containers" / "auth.json"
    done = program.login("--auth-file", str(path), env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED, "")
    assert path.read_text() == entry()
    assert not program.config.exists()


def test_auth_file_merges(program, aws, tmp_path):
    path = tmp_path / "auth.json"
    path.write_text('{"auths":{"quay.io":{"auth":"x"}}}')
    done = program.login("--auth-file", str(path), env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED, "")
    assert json.loads(path.read_text()) == {
        "auths": {"quay.io": {"auth": "x"}} | OURS}


def test_auth_file_without_home(program, aws, nobody, tmp_path):
    path = tmp_path / "auth.json"
    done = program.login("--auth-file", str(path), over=nobody,
                         env=STATIC_ENV | {"HOME": None})
    assert done.parts == (0, SUCCEEDED, "")


def test_auth_file_fifo(program, aws, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_text()),
                              daemon=True)
    reader.start()
    done = program.login("--auth-file", str(fifo), env=STATIC_ENV)
    reader.join(10)
    assert done.parts == (0, SUCCEEDED, "")
    assert json.loads(got[0]) == {"auths": OURS}
    assert fifo.is_fifo()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1",
                                  "/proc/self/fd/1"])
def test_auth_file_stdout(program, aws, name):
    done = program.login("--auth-file", name, env=STATIC_ENV)
    assert (done.status, done.err) == (0, SUCCEEDED)
    assert json.loads(done.out) == {"auths": OURS}


def test_several_entries_are_one_document(program, aws):
    """Of those that could be had; a pipe takes no second document."""
    done = program.login("--auth-file", "/dev/stdout", HOST, "nowhere",
                         "public.ecr.aws", env=STATIC_ENV)
    assert json.loads(done.out) == {
        "auths": OURS | {"public.ecr.aws": {"auth": AUTH}}}
    assert done.status == 1
    assert done.err.endswith(SUCCEEDED * 2 + "ecr-login: 1 of 3 registries "
                             "failed\n")


def test_auth_file_stdout_into_a_file(program, aws, tmp_path):
    """/dev/stdout leads to a regular file, which must not be renamed over:
    the shell's descriptor would keep the old one."""
    path = tmp_path / "out.json"
    with open(path, "wb") as out:
        done = program.login("--auth-file", "/dev/stdout", env=STATIC_ENV,
                             stdout=out)
        assert os.fstat(out.fileno()).st_nlink == 1
    assert (done.status, done.err) == (0, SUCCEEDED)
    assert json.loads(path.read_text()) == {"auths": OURS}


# Where the file system says no.

def test_bind_mounted_file_is_written_in_place(program, aws, namespaces,
                                               tmp_path):
    program.write(".docker/config.json", '{"x":1}')
    outside = tmp_path / "outside.json"
    outside.write_text('{"auths":{"docker.io":{"auth":"' + "x" * 9000
                       + '"}}}')
    inode = outside.stat().st_ino
    done = program.login(env=STATIC_ENV,
                         over={str(outside): str(program.config)})
    assert done.parts == (
        0, SUCCEEDED, f"ecr-login: warning: '{program.config}' is a mount "
        "point, or its directory or owner is not ours: it was written in "
        "place, and a crash would have lost it\n")
    assert outside.stat().st_ino == inode
    assert json.loads(outside.read_text())["auths"] == {
        "docker.io": {"auth": "x" * 9000}} | OURS
    assert program.config.read_text() == '{"x":1}'
    assert [p.name for p in program.config.parent.iterdir()] == ["config.json"]


@pytest.fixture
def tiny_disk(namespaces, tmp_path):
    """A tmpfs of 64 KiB with nothing free on it."""
    path = tmp_path / "tiny"
    path.mkdir()
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o",
                    "size=64k,mode=755", "none", str(path)], check=True)
    yield path
    subprocess.run(["/usr/bin/umount", str(path)], check=True)


def fill(directory):
    with open(directory / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096):
                pass
        except OSError:
            pass


def test_full_disk_loses_nothing(program, aws, tiny_disk):
    config = tiny_disk / "config.json"
    config.write_text('{"auths":{"docker.io":{"auth":"x"}}}')
    fill(tiny_disk)
    before = config.read_bytes()
    done = program.login(env=STATIC_ENV | {"DOCKER_CONFIG": str(tiny_disk)})
    assert (done.status, done.out) == (1, "")
    assert f"update '{config}': " in done.err
    assert "No space left on device" in done.err
    assert config.read_bytes() == before
    assert sorted(p.name for p in tiny_disk.iterdir()) == [
        "config.json", "filler"]


def test_full_disk_new_file(program, aws, tiny_disk):
    fill(tiny_disk)
    done = program.login(env=STATIC_ENV | {"DOCKER_CONFIG": str(tiny_disk)})
    assert (done.status, done.out) == (1, "")
    assert [p.name for p in tiny_disk.iterdir()] == ["filler"]


def test_read_only_file_system(program, aws, tiny_disk):
    (tiny_disk / "config.json").write_text("{}")
    subprocess.run(["/usr/bin/mount", "-o", "remount,ro", str(tiny_disk)],
                   check=True)
    done = program.login(env=STATIC_ENV | {"DOCKER_CONFIG": str(tiny_disk)})
    assert (done.status, done.out) == (1, "")
    assert "Read-only file system" in done.err
    new = tiny_disk / "new"
    done = program.login(env=STATIC_ENV | {"DOCKER_CONFIG": str(new)})
    assert done.parts == (1, "", f"ecr-login: update '{new}/config.json': "
                          f"make directory '{new}': Read-only file system\n")


def test_directory_in_its_place(program, aws):
    program.config.mkdir(parents=True)
    done = program.login(env=STATIC_ENV)
    assert (done.status, done.out) == (1, "")
    assert f"update '{program.config}': " in done.err
    assert "directory" in done.err.lower()


@pytest.mark.parametrize("args", [[], ["-p"], ["--auth-file", "/dev/stdout"]])
def test_stdout_that_cannot_be_written(program, aws, args):
    with open("/dev/full", "wb") as full:
        done = program.login(*args, env=STATIC_ENV, stdout=full)
    assert done.status == 1
    assert "No space left on device" in done.err


def test_account_with_two_files(program, aws, tmp_path):
    """Options may stand behind operands."""
    path = tmp_path / "auth.json"
    done = program.login(ACCOUNT, "--auth-file", str(path), env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED, "")
    assert path.exists()
