"""The token cache: when it is used, when not, and what lies on the disk."""
import os
import re
import stat
import subprocess

import pytest

from program import (ACCOUNT, API, HOST, PASSWORD, REGION, SECRETS,
                     SESSION_ENV, STATIC_ENV, answer)
from standin import aws as aws_standin, container as container_standin, faults
from standin import hosts, netns
from standin.dns import Dns
from standin.imds import Imds

HELPER = "docker-credential-ecr-login"


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def test_second_get_asks_nobody(program, aws):
    for _ in range(3):
        assert program.get(env=STATIC_ENV).parts == (0, answer(), "")
    assert len(aws.log) == 1


@pytest.mark.parametrize("env", [STATIC_ENV, SESSION_ENV])
def test_hit_works_without_any_network(program, aws, namespaces, env):
    assert program.get(env=env).status == 0
    with netns.Netns(addresses=False) as empty:
        done = program.get(env=env, ns=empty)
    assert done.parts == (0, answer(), "")


def test_hit_asks_no_metadata(program, aws, imds):
    assert program.get().parts == (0, answer(), "")
    assert len(imds.log) == 3 and len(aws.log) == 1
    imds.forget()
    aws.forget()
    assert program.get().parts == (0, answer(), "")
    assert not imds.log and not imds.connections
    assert not aws.log and not aws.connections


def test_hit_asks_no_name_server(program, aws, pki, ns, tmp_path):
    """Names, metadata and all: the second get in a namespace with nothing."""
    resolv = hosts.write_resolv(tmp_path / "resolv.conf", "127.0.0.1")
    env = {"AWS_ENDPOINT_URL": None, "AWS_EC2_METADATA_DISABLED": None,
           "AWS_CA_BUNDLE": str(pki.bundle)}
    aws.listen(port=443, tls=pki.context(), ns=ns)
    with Imds() as imds, Dns(ns, {API: ["127.0.0.1"]}) as dns:
        imds.listen("169.254.169.254", 80, ns=ns)
        assert program.get(ns=ns, resolv=resolv, env=env).parts == (
            0, answer(), "")
        assert dns.questions() and len(imds.log) == 3
        asked = len(dns.questions())
        imds.forget()
        aws.forget()
        assert program.get(ns=ns, resolv=resolv, env=env).parts == (
            0, answer(), "")
        assert len(dns.questions()) == asked
        assert not imds.connections and not aws.connections
    with netns.Netns(addresses=False) as empty:
        assert program.get(ns=empty, env=env).parts == (0, answer(), "")


def test_hit_asks_no_container_service(program, aws, container):
    env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
           f"http://127.0.0.1:{container.port}{container_standin.ECS_PATH}"}
    for _ in range(2):
        assert program.get(env=env).parts == (0, answer(), "")
    assert len(container.log) == 1 and len(aws.log) == 1


def test_shared_between_the_applets(program, aws):
    assert program.get(env=STATIC_ENV).status == 0
    assert program.login(HOST, env=STATIC_ENV).status == 0
    assert len(aws.log) == 1


# Where it is, and how it is protected.

PLACES = [
    ({}, ".cache/ecrbox"),
    ({"XDG_CACHE_HOME": "{home}/xdg"}, "xdg/ecrbox"),
    ({"AWS_ECR_CACHE_DIR": "{home}/own"}, "own"),
    ({"AWS_ECR_CACHE_DIR": "~/tilde"}, "tilde"),
    ({"AWS_ECR_CACHE_DIR": "{home}/a/b/c"}, "a/b/c"),
    ({"AWS_ECR_CACHE_DIR": "{home}/own", "XDG_CACHE_HOME": "{home}/xdg"},
     "own"),
    ({"XDG_CACHE_HOME": ""}, ".cache/ecrbox"),
]


@pytest.mark.parametrize("env, place", PLACES)
def test_place(program, aws, env, place):
    env = {k: v.format(home=program.home) for k, v in env.items()}
    for _ in range(2):
        assert program.get(env=STATIC_ENV | env).status == 0
    assert len(aws.log) == 1
    directory = program.home / place
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    (one,) = directory.iterdir()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    if place != ".cache/ecrbox":
        assert not program.cache.exists()


def test_umask_does_not_matter(program, aws):
    before = os.umask(0)
    try:
        assert program.get(env=STATIC_ENV).status == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(program.cache.stat().st_mode) == 0o700
    (one,) = program.cache.iterdir()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600


def test_no_aws_secret_is_kept(program, aws):
    assert program.get(env=SESSION_ENV).status == 0
    (one,) = program.cache.iterdir()
    text = one.read_text()
    for secret in (aws_standin.SESSION_SECRET, aws_standin.SESSION_TOKEN):
        assert secret not in text
    assert one.name.isascii() and "ASIA" not in one.name


@pytest.mark.parametrize("value", ["1", "true", "0", "no"])
def test_disabled(program, aws, value):
    env = STATIC_ENV | {"AWS_ECR_DISABLE_CACHE": value}
    for _ in range(2):
        assert program.get(env=env).parts == (0, answer(), "")
    assert len(aws.log) == 2 and not program.cache.exists()


def test_disabled_by_empty_value_it_is_not(program, aws):
    env = STATIC_ENV | {"AWS_ECR_DISABLE_CACHE": ""}
    for _ in range(2):
        assert program.get(env=env).status == 0
    assert len(aws.log) == 1


# Without a place for it.

def test_no_home(program, aws, nobody):
    for _ in range(2):
        assert program.get(env=STATIC_ENV | {"HOME": None},
                           over=nobody).parts == (0, answer(), "")
    assert len(aws.log) == 2


def test_home_of_passwd(program, aws, namespaces):
    passwd = program.write("passwd", f"x:x:{os.geteuid()}:0::"
                           f"{program.home}:/bin/sh\n")
    for _ in range(2):
        assert program.get(env=STATIC_ENV | {"HOME": None}, over={
            str(passwd): "/etc/passwd"}).parts == (0, answer(), "")
    assert len(aws.log) == 1 and files(program.cache)


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc", "/dev/null"])
def test_home_that_cannot_be(program, aws, home):
    assert program.get(env=STATIC_ENV | {"HOME": home}).parts == (
        0, answer(), "")
    assert len(aws.log) == 1


def test_read_only_home(program, aws, namespaces, tmp_path):
    place = tmp_path / "ro"
    place.mkdir()
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "ro", "none",
                    str(place)], check=True)
    try:
        done = program.get(env=STATIC_ENV | {"HOME": str(place)})
    finally:
        subprocess.run(["/usr/bin/umount", str(place)], check=True)
    assert done.parts == (0, answer(), "")


def test_full_disk(program, aws, namespaces, tmp_path):
    place = tmp_path / "full"
    place.mkdir()
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=4k", "none",
                    str(place)], check=True)
    try:
        (place / "filler").write_bytes(b"x" * 4096)
        done = program.get(env=STATIC_ENV | {"AWS_ECR_CACHE_DIR": str(place)})
        left = files(place)
    finally:
        subprocess.run(["/usr/bin/umount", str(place)], check=True)
    assert (done.status, done.out) == (0, answer())
    assert left == ["filler"]


# Whose token it is: each of these must not be served the first one's.

OTHERS = [
    {"AWS_ACCESS_KEY_ID": aws_standin.SESSION.id,
     "AWS_SECRET_ACCESS_KEY": aws_standin.SESSION.secret,
     "AWS_SESSION_TOKEN": aws_standin.SESSION.token},
    {"AWS_ENDPOINT_URL": "{url}/"},
    {"AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": None,
     "AWS_SECRET_ACCESS_KEY": None},
]


@pytest.mark.parametrize("env", OTHERS)
def test_other_identity(program, aws, env):
    second = aws.listen()
    env = {k: v and v.format(url=f"http://localhost:{second}")
           for k, v in env.items()}
    program.write(".aws/credentials", "[other]\naws_access_key_id = "
                  f"{aws_standin.STATIC.id}\naws_secret_access_key = "
                  f"{aws_standin.STATIC.secret}\n")
    assert program.get(env=STATIC_ENV).status == 0
    aws.password = "another"
    done = program.get(env=STATIC_ENV | env)
    assert done.parts == (0, answer(password="another"), "")
    assert program.get(env=STATIC_ENV).parts == (0, answer(), "")
    assert len(aws.log) == 2 and len(files(program.cache)) == 2


def test_other_registry(program, aws):
    other = HOST.replace(ACCOUNT, "210987654321")
    region = HOST.replace(REGION, "us-east-1")
    for server in (HOST, other, region, "public.ecr.aws"):
        assert program.get(server, env=STATIC_ENV).parts == (
            0, answer(server), "")
    assert len(aws.log) == 4 and len(files(program.cache)) == 4


def test_same_registry_in_other_words(program, aws):
    for server in (HOST, f"https://{HOST}", f"{HOST}:443", f"{HOST}/x"):
        assert program.get(server, env=STATIC_ENV).parts == (
            0, answer(server), "")
    assert len(aws.log) == 1


# Time. The stand-in's tokens live as long as it likes.

def age(program, seconds):
    """Make the one entry older, as if the clock had gone on: every time in it
    is moved back."""
    (one,) = program.cache.iterdir()
    one.write_text(re.sub(
        r"(?m)^(issued|expires) (\d+)$",
        lambda line: f"{line[1]} {int(line[2]) - seconds}", one.read_text()))


HALF = 6 * 3600


def test_first_half_of_its_life(program, aws):
    program.get(env=STATIC_ENV)
    age(program, HALF - 300)
    assert program.get(env=STATIC_ENV).parts == (0, answer(), "")
    assert len(aws.log) == 1


def test_second_half_of_its_life(program, aws):
    program.get(env=STATIC_ENV)
    age(program, HALF + 300)
    aws.password = "fresh"
    assert program.get(env=STATIC_ENV).parts == (
        0, answer(password="fresh"), "")
    assert len(aws.log) == 2
    assert program.get(env=STATIC_ENV).parts == (
        0, answer(password="fresh"), "")
    assert len(aws.log) == 2


def test_still_valid_when_refresh_fails(program, aws):
    program.get(env=STATIC_ENV)
    age(program, HALF + 300)
    aws.fail(faults.error("AccessDeniedException", "no more"), times=9)
    done = program.get(env=STATIC_ENV)
    assert (done.status, done.out) == (0, answer())
    assert done.err.startswith(f"{HELPER}: warning: ")
    assert "AccessDeniedException" in done.err
    assert done.err.count("\n") == 1


def test_never_an_expired_one(program, aws):
    program.get(env=STATIC_ENV)
    age(program, 2 * HALF + 1)
    aws.fail(faults.error("AccessDeniedException", "no more"), times=9)
    done = program.get(env=STATIC_ENV)
    assert done.status == 1 and PASSWORD not in done.out
    assert "AccessDeniedException" in done.err


def test_never_a_dying_one(program, aws):
    program.get(env=STATIC_ENV)
    age(program, 2 * HALF - 30)
    aws.fail(faults.error("AccessDeniedException", "no more"), times=9)
    assert program.get(env=STATIC_ENV).status == 1


def test_one_from_the_future(program, aws):
    """A clock that went backwards must not keep a token for ever."""
    program.get(env=STATIC_ENV)
    age(program, -30 * 24 * 3600)
    aws.password = "fresh"
    assert program.get(env=STATIC_ENV).parts == (
        0, answer(password="fresh"), "")


def test_short_lived_token(program, aws):
    aws.token_life = 90
    for _ in range(2):
        assert program.get(env=STATIC_ENV).parts == (0, answer(), "")


def test_expired_entries_are_removed(program, aws):
    program.get(env=STATIC_ENV)
    age(program, 2 * HALF + 1)
    (old,) = files(program.cache)
    program.get("public.ecr.aws", env=STATIC_ENV)
    assert old not in files(program.cache)


# What is in the directory is not believed.

BROKEN = ["", "{", "[]", "{}", "null", "\x00" * 100, '{"a":1}', "x" * 100000]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_entry_is_replaced(program, aws, text):
    program.get(env=STATIC_ENV)
    (one,) = program.cache.iterdir()
    one.write_text(text)
    for _ in range(2):
        assert program.get(env=STATIC_ENV).parts == (0, answer(), "")
    assert len(aws.log) == 2


@pytest.mark.parametrize("change", [
    lambda path: (path.unlink(), path.mkdir()),
    lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
])
def test_entry_that_is_no_file(program, aws, change):
    program.get(env=STATIC_ENV)
    (one,) = program.cache.iterdir()
    change(one)
    done = program.get(env=STATIC_ENV, timeout=10)
    assert (done.status, done.out) == (0, answer())


def test_foreign_files_are_left_alone(program, aws):
    own = program.write(".ecr/cache.json", '{"Version":"1.0"}')
    env = STATIC_ENV | {"AWS_ECR_CACHE_DIR": str(own.parent)}
    assert program.get(env=env).status == 0
    assert own.read_text() == '{"Version":"1.0"}'


def test_metadata_of_another_machine(program, aws, imds, namespaces,
                                     tmp_path):
    """A home directory that is shared or baked into an image: the boot id is
    in the key."""
    assert program.get().status == 0
    boot = tmp_path / "boot_id"
    boot.write_text("11111111-2222-4333-8444-555555555555\n")
    aws.password = "of this machine"
    done = program.get(over={
        str(boot): "/proc/sys/kernel/random/boot_id"})
    assert done.parts == (0, answer(password="of this machine"), "")


def test_many_at_once(program, aws):
    running = [subprocess.Popen(
        program.command(HELPER, "get"), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=program.environment(STATIC_ENV)) for _ in range(16)]
    for process in running:
        out, err = process.communicate(HOST.encode(), timeout=30)
        assert (process.returncode, out.decode(), err) == (0, answer(), b"")
    assert len(files(program.cache)) == 1


def test_names_do_not_matter_to_hosts_file(program, aws, pki, ns, tmp_path):
    """The name in the key is the endpoint's, not its address."""
    aws.listen(port=443, tls=pki.context(), ns=ns)
    aws.listen("127.0.0.2", 443, tls=pki.context(), ns=ns)
    env = STATIC_ENV | {"AWS_ENDPOINT_URL": None,
                        "AWS_CA_BUNDLE": str(pki.bundle)}
    for address in ("127.0.0.1", "127.0.0.2"):
        names = hosts.write(tmp_path / "hosts", {API: address})
        assert program.get(ns=ns, hosts=names, env=env).status == 0
    assert len(aws.log) == 1


def test_secrets_are_only_the_password(program, aws, imds):
    assert program.get().status == 0
    (one,) = program.cache.iterdir()
    text = one.read_text()
    for secret in SECRETS:
        assert secret == PASSWORD or secret not in text
