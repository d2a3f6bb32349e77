"""ecr-login --configure-docker and --configure-containers: who is told to run
our helper, what else is in the file, and how it is undone."""
import json
import re
import stat

import pytest

from program import ACCOUNT, BINARY, HOST, REGION, STATIC_ENV

HELPER = "ecr-login"
PUBLIC = "public.ecr.aws"
US = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
CN = f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"
OTHER = "210987654321.dkr.ecr.eu-west-1.amazonaws.com"
DROP_IN = ".config/containers/registries.conf.d/99-ecrbox.conf"
HEAD = "# Made by ecr-login --configure-containers; --remove takes it away.\n"


@pytest.fixture
def setup(program):
    """program with the helper in its PATH."""
    links = program.link("docker-credential-ecr-login").parent
    program.env["PATH"] = f"{links}:/usr/bin:/bin"
    return program


def docker(program, *args, **keywords):
    return program.login("--configure-docker", *args, **keywords)


def containers(program, *args, **keywords):
    return program.login("--configure-containers", *args, **keywords)


def registered(*hosts):
    return "".join(f"Registered {HELPER} for {host}\n" for host in hosts)


def already(*hosts):
    return "".join(f"Already registered for {host}\n" for host in hosts)


def removed(*hosts):
    return "".join(f"Removed {HELPER} for {host}\n" for host in hosts)


def helpers(*hosts):
    return {"credHelpers": {host: HELPER for host in hosts}}


def new_file(host):
    return f'{{\n\t"credHelpers": {{\n\t\t"{host}": "{HELPER}"\n\t}}\n}}'


# Arguments and the hosts that they register.
HOSTS = [
    ([HOST], [HOST]),
    ([f"https://{HOST.upper()}/v2/"], [HOST]),
    ([f"{HOST}:443/app@sha256:0"], [HOST]),
    ([ACCOUNT, "--region", REGION], [HOST]),
    ([f"{ACCOUNT}@us-east-1"], [US]),
    ([f"{ACCOUNT}@cn-north-1"], [CN]),
    ([PUBLIC], [PUBLIC]),
    ([HOST, PUBLIC, HOST, ACCOUNT, "--region", REGION], [HOST, PUBLIC]),
    ([ACCOUNT, "--region", f"{REGION},us-east-1"], [HOST, US]),
    ([ACCOUNT, "210987654321", "--region", REGION], [HOST, OTHER]),
    ([ACCOUNT, HOST, "--region", "us-east-1,us-east-1"], [US, HOST]),
    ([ACCOUNT, "--region", "us-east-1-fips"],
     [US.replace(".ecr.", ".ecr-fips.")]),
]


@pytest.mark.parametrize("args, hosts", HOSTS)
def test_named_hosts_need_no_network(setup, aws, args, hosts):
    assert docker(setup, *args).parts == (0, registered(*hosts), "")
    assert json.loads(setup.config.read_text()) == helpers(*hosts)
    before = setup.config.stat()
    once = setup.config.read_bytes()
    assert docker(setup, *args).parts == (0, already(*hosts), "")
    assert setup.config.read_bytes() == once
    assert setup.config.stat().st_ino == before.st_ino
    assert docker(setup, "--remove", *args).parts == (0, removed(*hosts), "")
    assert setup.config.read_text() == "{}"
    assert not aws.log


def test_region_of_the_environment_and_profile(setup):
    assert docker(setup, ACCOUNT, env={"AWS_REGION": REGION}).parts == (
        0, registered(HOST), "")
    setup.write(".aws/config", "[profile p]\nregion = us-east-1\n")
    assert docker(setup, ACCOUNT, "--profile", "p").parts == (
        0, registered(US), "")


# Options, environment, and the hosts registered without naming one.
OWN = [
    ([], {}, [HOST]),
    (["--region", "us-east-1"], {}, [US]),
    (["--region", f"us-east-1,{REGION}"], {}, [US, HOST]),
    (["--region", f"{REGION},us-east-1,{REGION}"], {}, [HOST, US]),
    (["--region", f"fips-{REGION}"], {},
     [HOST.replace(".ecr.", ".ecr-fips.")]),
    ([], {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
     [f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws"]),
]


@pytest.mark.parametrize("args, env, hosts", OWN)
def test_own_registry_in_each_region(setup, aws, args, env, hosts):
    done = docker(setup, *args, env=STATIC_ENV | env)
    assert done.parts == (0, registered(*hosts), "")
    assert json.loads(setup.config.read_text()) == helpers(*hosts)
    # ECR was asked once, whatever the number of regions.
    assert aws.verdicts() == ["ok"]
    assert docker(setup, *args, env=STATIC_ENV | env).out == already(*hosts)
    assert aws.verdicts() == ["ok"]


def test_own_registry_without_credentials(setup):
    done = docker(setup, "--region", REGION)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("ecr-login: find the caller's registry (it can "
                               "be named instead): no credentials: env: ")
    assert not setup.config.exists()


# What was in the file, and what is in it when HOST is registered. Removing
# gives the old bytes back.
FILES = [
    ("{}", new_file(HOST)),
    ('{"auths":{}}', '{"credHelpers":{"%s":"ecr-login"},"auths":{}}' % HOST),
    ('{\n    "detachKeys": "ctrl-e,e",\n    "x": [1.50]\n}\n',
     '{\n    "credHelpers": {\n        "%s": "ecr-login"\n    },\n'
     '    "detachKeys": "ctrl-e,e",\n    "x": [1.50]\n}\n' % HOST),
    ('{"credHelpers": {"gcr.io": "gcloud"}, "credsStore": "desktop"}',
     '{"credHelpers": {"gcr.io": "gcloud", "%s": "ecr-login"}, '
     '"credsStore": "desktop"}' % HOST),
]


@pytest.mark.parametrize("old, new", FILES)
def test_other_bytes_stay(setup, old, new):
    setup.write(".docker/config.json", old, 0o640)
    assert docker(setup, HOST).parts == (0, registered(HOST), "")
    assert setup.config.read_text() == new
    assert stat.S_IMODE(setup.config.stat().st_mode) == 0o640
    for args in ([HOST], []):
        assert docker(setup, "--remove", *args).parts == (
            0, removed(HOST), "")
        assert setup.config.read_text() == old
        setup.config.write_text(new)


def test_new_file_is_private(setup):
    assert docker(setup, HOST).status == 0
    assert setup.config.read_text() == new_file(HOST)
    assert stat.S_IMODE(setup.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(setup.config.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("args", [[HOST], []])
def test_remove_makes_no_file(setup, args):
    done = docker(setup, "--remove", *args)
    assert (done.status, done.err) == (0, "")
    assert done.out == (f"Not registered for {HOST}\n" if args else
                        "Not registered for any ECR registry\n")
    assert not setup.config.parent.exists()


# Options of --remove, and which hosts go of those that are there.
REMOVALS = [
    ([], [HOST, US, PUBLIC]),
    (["--region", "us-east-1"], [US]),
    (["--region", f"us-east-1,{REGION}"], [HOST, US]),
    (["--region", "us-west-2"], []),
    ([PUBLIC, US], [PUBLIC, US]),
]


@pytest.mark.parametrize("args, gone", REMOVALS)
def test_remove(setup, args, gone):
    """Whose helper is another's, or that are no ECR hosts, stay."""
    kept = {OTHER: "another", "registry.example": HELPER}
    setup.write(".docker/config.json", json.dumps(
        {"credHelpers": helpers(HOST, US, PUBLIC)["credHelpers"] | kept}))
    out = removed(*gone) or "Not registered for any ECR registry\n"
    assert docker(setup, "--remove", *args).parts == (0, out, "")
    left = json.loads(setup.config.read_text())["credHelpers"]
    assert left == kept | {h: HELPER for h in (HOST, US, PUBLIC)
                           if h not in gone}


def test_another_helper_is_replaced_but_not_removed(setup):
    setup.write(".docker/config.json",
                json.dumps({"credHelpers": {HOST: "another"}}))
    assert docker(setup, "--remove", HOST).parts == (
        0, f"Not registered for {HOST}\n", "")
    assert docker(setup, HOST).parts == (
        0, registered(HOST), f"ecr-login: warning: 'another' was the helper "
        f"of '{HOST}' in '{setup.config}': it is replaced\n")
    assert json.loads(setup.config.read_text()) == helpers(HOST)


def test_a_login_that_is_dead_now(setup):
    setup.write(".docker/config.json",
                json.dumps({"auths": {HOST: {"auth": "QVdTOng="}}}))
    assert docker(setup, HOST).err == ""
    docker(setup, "--remove", HOST)
    assert docker(setup, "-v", HOST).parts == (
        0, registered(HOST), f"ecr-login: what 'auths' in '{setup.config}' "
        f"has for '{HOST}' is not used any more\n")
    assert docker(setup, "-v", PUBLIC).err == ""


@pytest.mark.parametrize("old, why", [
    ("[]", "json, but not an object"),
    ('{"credHelpers":[]}', "'credHelpers' is not an object"),
    ('{"auths":{},}', "not json at byte 12: string expected"),
])
def test_unreadable_file_is_left_alone(setup, old, why):
    setup.write(".docker/config.json", old)
    assert docker(setup, HOST).parts == (
        1, "", f"ecr-login: update '{setup.config}': file left as it was: "
        f"{why}\n")
    assert setup.config.read_text() == old


def test_where_the_file_is(setup, tmp_path):
    other, auth = tmp_path / "d", tmp_path / "auth.json"
    assert docker(setup, HOST, env={"DOCKER_CONFIG": str(other)}).status == 0
    assert docker(setup, HOST, "--auth-file", str(auth)).status == 0
    for path in (other / "config.json", auth):
        assert path.read_text() == new_file(HOST)
    done = docker(setup, HOST, "--auth-file", "/dev/stdout")
    assert done.parts == (0, new_file(HOST), registered(HOST))
    assert not setup.config.exists()


def test_helper_that_is_not_in_path(program, tmp_path):
    said = "ecr-login: warning: 'docker-credential-ecr-login' is not in PATH, " \
        f"where clients look for it: ln -s '{BINARY}' " \
        "/usr/local/bin/docker-credential-ecr-login\n"
    # In place of the machine's.
    program.write(".config/containers/registries.conf", "")
    for env in ({"PATH": None}, {"PATH": f"/nowhere::{tmp_path}"}):
        assert docker(program, HOST, env=env).err == said
        assert containers(program, env=env).err == said
        # What is to be removed need not be there.
        assert docker(program, "--remove", env=env).err == ""
        assert containers(program, "--remove", env=env).err == ""
    directory = program.link("docker-credential-ecr-login").parent
    assert docker(program, HOST, env={"PATH": f"/nowhere:{directory}"}
                  ).err == ""


USAGE = [
    (["--remove"],
     "--remove goes with --configure-docker or --configure-containers"),
    (["--configure-docker", "-p"], "--configure-docker and "
     "--configure-containers do not log in or out"),
    (["--configure-containers", "--logout"], "--configure-docker and "
     "--configure-containers do not log in or out"),
    (["--configure-containers", "--auth-file", "x"], "--configure-containers "
     "writes no auth file; --configure-docker --auth-file does"),
    (["--configure-containers", HOST], "--configure-containers is for all "
     "registries at once; for single ones there is --configure-docker "
     "--auth-file FILE"),
    (["--configure-docker", "registry.example"], "registry "
     "'registry.example': not an ECR host, an account id or ACCOUNT@REGION, "
     "nor a host of ecrbox.conf"),
    (["--configure-docker", ""],
     "registry '': the name is empty; leave it out for the caller's own"),
    (["--configure-docker", ACCOUNT, "--region", "a,,b"],
     "--region 'a,,b': an empty name in the list"),
    (["--configure-docker", ACCOUNT, "--region", "a,"],
     "--region 'a,': an empty name in the list"),
    (["--configure-docker", ACCOUNT, "--region", "a,b.c"],
     f"registry '{ACCOUNT}': region 'b.c' of --region cannot be part of a host "
     "name: letters, digits and '-' only"),
    (["--region", f"{REGION},us-east-1"], f"region '{REGION},us-east-1' of "
     "--region cannot be part of a host name: letters, digits and '-' only"),
]


@pytest.mark.parametrize("args, why", USAGE)
def test_usage(setup, aws, args, why):
    assert setup.login(*args, env=STATIC_ENV).parts == (
        2, "", f"ecr-login: {why}\n")
    assert not (setup.home / ".docker").exists()
    assert not (setup.home / ".config").exists()
    assert not aws.log


# registries.conf. What a machine has in /etc counts, so there is a private one.

@pytest.fixture
def etc(namespaces, setup, tmp_path):
    """Where /etc/containers is for a run with over=etc.over."""
    class Etc:
        path = tmp_path / "etc"
        over = {str(tmp_path / "etc"): "/etc"}

        def write(self, name, text):
            path = self.path / "containers" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    made = Etc()
    made.path.mkdir()
    return made


def helpers_line(*names):
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"credential-helpers = [{quoted}]\n"


def in_file(what, path):
    return f"{what} {path}\n"


def test_containers(setup, etc):
    path = setup.home / DROP_IN
    text = HEAD + helpers_line("containers-auth.json", HELPER)
    assert containers(setup, over=etc.over).parts == (
        0, in_file(f"Registered {HELPER} in", path), "")
    assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    before = path.stat()
    assert containers(setup, over=etc.over).parts == (
        0, in_file("Already registered in", path), "")
    assert path.stat().st_ino == before.st_ino
    assert containers(setup, "--remove", over=etc.over).parts == (
        0, in_file(f"Removed {HELPER} from", path), "")
    assert not list(path.parent.iterdir())
    assert containers(setup, "--remove", over=etc.over).parts == (
        0, in_file("Not registered in", path), "")


def test_containers_remove_makes_no_directory(setup, etc):
    assert containers(setup, "--remove", over=etc.over).status == 0
    assert not (setup.home / ".config").exists()


# Files below home and /etc/containers, and the list that ours has then.
IN_FORCE = [
    ({}, {"registries.conf": helpers_line("a")}, ["a", HELPER]),
    ({}, {"registries.conf": "unqualified-search-registries = []\n"},
     ["containers-auth.json", HELPER]),
    ({"registries.conf": helpers_line("a", "b")},
     {"registries.conf": helpers_line("c"),
      "registries.conf.d/x.conf": helpers_line("d")}, ["a", "b", HELPER]),
    ({}, {"registries.conf": helpers_line("c"),
          "registries.conf.d/x.conf": helpers_line("d"),
          "registries.conf.d/m.conf": helpers_line("e")}, ["d", HELPER]),
    ({"registries.conf.d/10.conf": helpers_line("a")},
     {"registries.conf.d/x.conf": helpers_line("d")}, ["a", HELPER]),
    ({"registries.conf.d/x.conf": "[[registry]]\nlocation = 'x'\n"}, {},
     ["containers-auth.json", HELPER]),
]


@pytest.mark.parametrize("home, system, names", IN_FORCE)
def test_helpers_in_force_are_kept(setup, etc, home, system, names):
    files = {}
    for name, text in home.items():
        files[setup.write(f".config/containers/{name}", text)] = text
    for name, text in system.items():
        etc.write(name, text)
    assert containers(setup, over=etc.over).status == 0
    assert (setup.home / DROP_IN).read_text() == HEAD + helpers_line(*names)
    assert all(path.read_text() == text for path, text in files.items())


def test_list_that_changed_is_followed(setup, etc):
    etc.write("registries.conf", helpers_line("a"))
    containers(setup, over=etc.over)
    etc.write("registries.conf", helpers_line("b"))
    assert containers(setup, over=etc.over).out == in_file(
        f"Registered {HELPER} in", setup.home / DROP_IN)
    assert (setup.home / DROP_IN).read_text() == HEAD + helpers_line(
        "b", HELPER)


def test_registered_by_hand(setup, etc):
    path = setup.write(".config/containers/registries.conf",
                       helpers_line("containers-auth.json", HELPER))
    assert containers(setup, over=etc.over).parts == (
        0, in_file("Already registered in", path), "")
    assert not (setup.home / DROP_IN).exists()


def test_file_that_is_read_after_ours(setup, etc):
    path = setup.write(".config/containers/registries.conf.d/zz.conf",
                       helpers_line("a"))
    assert containers(setup, over=etc.over).parts == (
        1, "", f"ecr-login: update '{setup.home / DROP_IN}': '{path}' is read "
        'after it and decides; add "ecr-login" to its credential-helpers\n')
    path.write_text(helpers_line("a", HELPER))
    assert containers(setup, over=etc.over).parts == (
        0, in_file("Already registered in", path), "")
    assert not (setup.home / DROP_IN).exists()


@pytest.mark.parametrize("args", [[], ["--remove"]])
def test_drop_in_changed_by_hand(setup, etc, args):
    text = HEAD + helpers_line(HELPER) + "short-name-mode = 'permissive'\n"
    path = setup.write(DROP_IN, text)
    assert containers(setup, *args, over=etc.over).parts == (
        1, "", f"ecr-login: update '{path}': file left as it was: it has been "
        "changed by hand\n")
    assert path.read_text() == text


def test_registries_conf_that_cannot_be_followed(setup, etc):
    etc.write("registries.conf", "a = 1\ncredential-helpers = 'x'\n")
    assert containers(setup, over=etc.over).parts == (
        1, "", "ecr-login: find registries.conf: read "
        "'/etc/containers/registries.conf': line 2: credential-helpers is no "
        "list\n")
    assert not (setup.home / DROP_IN).exists()


def test_no_home(setup, nobody):
    done = containers(setup, env={"HOME": None}, over=nobody)
    assert done.status == 1
    assert re.fullmatch(r"ecr-login: find registries\.conf: expand '~/\S+': "
                        r"HOME is not set\n", done.err)


def test_both_at_once(setup, etc):
    args = ["--configure-docker", "--configure-containers"]
    done = setup.login(*args, HOST, over=etc.over)
    path = setup.home / DROP_IN
    assert done.parts == (0, registered(HOST) + in_file(
        f"Registered {HELPER} in", path), "")
    done = setup.login(*args, "--remove", over=etc.over)
    assert done.parts == (0, removed(HOST) + in_file(
        f"Removed {HELPER} from", path), "")
