"""ecr-login's options for what stays, and the names of others' tools: what
they take from options and variables, and what they say when it is too little.
"""
import http.client
import json
import subprocess
import time

import pytest

from daemon import Daemon, ask, free_port, until
from outputs import members, passwords, read_auths, read_tarball, \
    read_tarball_bytes
from program import ACCOUNT, APPLETS, AUTH, HOST, PASSWORD, REGION, \
    STATIC_ENV, SUCCEEDED
from standin import aws as standin_aws
from standin.kubernetes import Kubernetes
from standin.sesam import JWT, Sesam

OTHER = "210987654321"
OTHER_HOST = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com"

ONCE = "--logout, --configure-docker and --configure-containers are done" \
    " once: with at most one --auth-file, and with registries named as" \
    " arguments"
PRINT = "--print-password does nothing else, once, for a registry named as" \
    " argument; --format password goes with other options"
SESAM = "--sesam-secret, --sesam-system, --sesam-put and --sesam-reload" \
    " have no use without --sesam URL"
WHEN = "is not a time from 1 second to 365 days; write seconds, or 90s, 90m," \
    " 6h, 2d"
REACHED = "--serve hands out secrets, and others can reach '0.0.0.0:80':" \
    " give --serve-token-file FILE, or --listen 127.0.0.1:PORT, or" \
    " --serve-secrets-in-clear if all of that network may have them"

REFUSED = [
    (["-i", "soon"], f"option '--interval': 'soon' {WHEN}"),
    (["--max-age", "9h"], "--max-age has no use without --check"),
    (["--log-format", "json"], "--log-format has no use without --interval or"
     " --listen: what does not stay keeps no log"),
    (["--serve", "config.json"],
     "--serve has no use without --listen ADDR:PORT"),
    (["--listen", "0.0.0.0:80", "--serve", "config.json"], REACHED),
    (["--listen", ":80", "--serve-secrets-in-clear"],
     "--serve-secrets-in-clear has no use without --serve NAMES"),
    (["--tar-mode", "0644"], "--tar-mode is that of a tarball, and there is"
     " none; -f FILE makes one"),
    (["-f", "x", "--tar-mode", "0666"], "tar mode '0666': from 0600 to 0644"
     " the owner reads and writes, others read at most"),
    (["-f", "x", "-f", "y", "-f", "x"], "output 'x' is given twice"),
    (["--auth-file", "x", "--auth-file=x"], "output 'x' is given twice"),
    (["--format", "json", "--format", "env"], "--format is given twice:"
     " standard output has room for one"),
    (["--format", "yaml"], "format 'yaml': not one of password, json,"
     " docker-config, docker-auth-config, dockercfg, login-command, env"),
    (["--format"], "option '--format' needs a value (NAME)"),
    (["--exec", ""], "option '--exec': the value is empty"),
    (["--adopt"], "--adopt has no use without --kubernetes-secret NAME"),
    (["--exclude-namespace", "kube-*"], "--exclude-namespace has no use"
     " without --kubernetes-secret 'PATTERN/NAME'"),
    (["--sesam-secret", "x"], SESAM), (["--sesam-system", "x"], SESAM),
    (["--sesam-put"], SESAM), (["--sesam-reload", "x"], SESAM),
    (["--sesam", "http://127.0.0.1:9042/api"],
     "Sesam wants a token: set SESAM_JWT_FILE or SESAM_JWT_TOKEN"),
    (["-p", "-f", "x"], PRINT), (["-p", "-i", "9"], PRINT),
    (["-p", "--listen", ":80"], PRINT), (["-p", "--check"], PRINT),
    (["-p", "-g", ACCOUNT], PRINT),
    (["--logout", "-f", "x"], ONCE), (["--logout", "-i", "9"], ONCE),
    (["--logout", "--auth-file", "x", "--auth-file", "y"], ONCE),
    (["--logout", "-g", ACCOUNT], ONCE),
    (["--configure-docker", "--format", "json"], ONCE),
    (["--configure-docker", "--listen", ":80"], ONCE),
    (["--configure-containers", "--check"], ONCE),
]


@pytest.mark.parametrize("args, message", REFUSED)
def test_refused(program, aws, args, message):
    done = program.login(*args, env=STATIC_ENV)
    assert done.parts == (2, "", f"ecr-login: {message}\n")
    assert not aws.log and not list(program.home.iterdir())


LIMITS = [
    (["-g", " ".join(["public.ecr.aws"] * 97)], "more than 96 registries"),
    (["public.ecr.aws"] * 97, "more than 96 registries"),
    ([word for n in range(33) for word in ("-f", f"x{n}")],
     "more than 32 outputs"),
]


@pytest.mark.parametrize("args, message", LIMITS)
def test_limits(program, aws, args, message):
    done = program.login(*args, env=STATIC_ENV)
    assert done.parts == (1, "", f"ecr-login: {message}\n")
    assert not aws.log


# Forms of -g, and the registries that it means.
LISTS = [
    (f"{ACCOUNT} {OTHER}", [HOST, OTHER_HOST]),
    (f"{ACCOUNT}, {OTHER}", [HOST, OTHER_HOST]),
    (f" {ACCOUNT};{OTHER},\n", [HOST, OTHER_HOST]),
    (f"{HOST}\t{OTHER}@us-east-1",
     [HOST, f"{OTHER}.dkr.ecr.us-east-1.amazonaws.com"]),
]


@pytest.mark.parametrize("text, found", LISTS)
def test_registries(program, aws, text, found):
    done = program.login("-g", text, env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED * len(found), "")
    assert sorted(read_auths(program.config)) == sorted(found)


def test_registries_and_arguments(program, aws):
    done = program.login("-g", ACCOUNT, OTHER, env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED * 2, "")
    assert sorted(read_auths(program.config)) == [HOST, OTHER_HOST]


def test_outputs_named_are_the_only_ones(program, aws, tmp_path):
    done = program.login(
        "-f", f"{tmp_path}/a.tar.gz", "-f", f"{tmp_path}/b.tar.gz",
        "--dockercfg", f"{tmp_path}/cfg", "--password-file",
        f"{tmp_path}/{{account}}", env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED, "")
    assert read_tarball(tmp_path / "a.tar.gz") == {HOST: PASSWORD}
    assert read_tarball(tmp_path / "b.tar.gz") == {HOST: PASSWORD}
    assert passwords(json.loads((tmp_path / "cfg").read_text())) == {
        HOST: PASSWORD}
    assert (tmp_path / ACCOUNT).read_text() == PASSWORD
    assert not program.config.exists() and len(aws.log) == 1


def test_tar_mode(program, aws, tmp_path):
    done = program.login("-f", f"{tmp_path}/a.tar.gz", "--tar-mode", "0644",
                         env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED, "")
    found = members((tmp_path / "a.tar.gz").read_bytes())
    assert {name: mode for name, (mode, _) in found.items()} == {
        ".docker": 0o755, ".docker/config.json": 0o644}


FORMATS = {
    "password": PASSWORD + "\n",
    "docker-auth-config": '{"auths":{"%s":{"auth":"%s"}}}\n' % (HOST, AUTH),
}


@pytest.mark.parametrize("name", FORMATS)
def test_format(program, aws, name):
    done = program.login("--format", name, env=STATIC_ENV)
    assert done.parts == (0, FORMATS[name], "")
    assert not program.config.exists()


def test_format_beside_a_file(program, aws):
    done = program.login("--format", "password", "--auth-file",
                         str(program.config), env=STATIC_ENV)
    assert done.parts == (0, PASSWORD + "\n", "")
    assert read_auths(program.config) == {HOST: PASSWORD}


def test_format_password_of_two(program, aws):
    done = program.login("--format", "password", ACCOUNT, OTHER,
                         env=STATIC_ENV)
    assert (done.status, done.out) == (2, "")
    assert "json does" in done.err and not aws.log


def test_help_is_grouped(program):
    done = program.run("ecr-login", "--help")
    heads = [line for line in done.out.splitlines() if line.endswith(":")
             and not line.startswith(" ")]
    assert heads == ["Who asks:", "Where tokens go, any number of them:",
                     "To stay:"]


# The names of others' tools.

DOORS = ["aws-ecr-login", "sesam-ecr-login", "marathon-ecr-login",
         "k8s-ecr-login-renew"]


def test_they_are_there():
    assert set(DOORS) <= set(APPLETS)


@pytest.mark.parametrize("door", DOORS)
def test_no_operands(program, aws, door):
    done = program.run(door, "x", env=STATIC_ENV)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{door}: unexpected argument 'x'")


# aws-ecr-login, which is ecr-login.sh too.

USAGE = "Usage: aws-ecr-login -g LIST -f PATH [-r REGION] [-i TIME]" \
    " [OPTION...]\n"
TOO_LITTLE = [
    ([], {}, "Registry IDs are required."),
    (["-f", "x"], {}, "Registry IDs are required."),
    (["-g", ACCOUNT], {}, "File location is required."),
    ([], {"REGISTRIES": ACCOUNT}, "File location is required."),
    ([], {"REGISTRIES": ""}, "Registry IDs are required."),
    (["-f", "x"], {"REGISTRIES": " "}, "Registry IDs are required."),
    (["-f", "x", "-g", ", ;"], {"REGISTRIES": ACCOUNT},
     "Registry IDs are required."),
    ([], {"FILE_LOCATION": "x"}, "Registry IDs are required."),
]


@pytest.mark.parametrize("args, env, message", TOO_LITTLE)
def test_aws_too_little(program, aws, args, env, message):
    done = program.run("aws-ecr-login", *args, env=STATIC_ENV | env)
    assert done.parts == (1, "", f"{message}\n{USAGE}")
    assert not aws.log


def test_aws_no_region(program, aws, tmp_path):
    done = program.run("aws-ecr-login", "-g", ACCOUNT, "-f", "x",
                       env=STATIC_ENV | {"AWS_REGION": None})
    assert (done.status, done.out) == (1, "")
    assert done.err.endswith(f"Region could not be determined.\n{USAGE}")
    assert not aws.log


@pytest.fixture
def tarball(tmp_path):
    return tmp_path / "docker.tar.gz"


# Arguments, variables, what the tarball then is for.
SOURCES = [
    (["-g", ACCOUNT], {}, [HOST]),
    ([], {"REGISTRIES": f"{ACCOUNT}, {OTHER}"}, [HOST, OTHER_HOST]),
    (["-g", OTHER], {"REGISTRIES": ACCOUNT}, [OTHER_HOST]),
    (["-g", ACCOUNT], {"REGION": "us-east-1"},
     [f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"]),
    (["-g", ACCOUNT, "-r", "us-west-2"], {"REGION": "us-east-1"},
     [f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com"]),
    (["-g", HOST], {"AWS_REGION": None}, [HOST]),
    (["-g", f"{ACCOUNT}@{REGION}"], {"AWS_REGION": None}, [HOST]),
    (["--registries", ACCOUNT, "--region", REGION], {"AWS_REGION": None},
     [HOST]),
]


@pytest.mark.parametrize("args, env, found", SOURCES)
def test_aws_sources(program, aws, tarball, args, env, found):
    done = program.run("aws-ecr-login", "--once", "-f", str(tarball), *args,
                       env=STATIC_ENV | env)
    assert done.parts == (0, "", "")
    assert sorted(read_tarball(tarball)) == sorted(found)


def test_aws_region_of_metadata(program, aws, imds, tarball):
    imds.region = "us-west-2"
    done = program.run("aws-ecr-login", "--once", "-g", ACCOUNT, "-f",
                       str(tarball), env=STATIC_ENV | {"AWS_REGION": None})
    assert done.parts == (0, "", "")
    assert list(read_tarball(tarball)) == [
        f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com"]


@pytest.mark.parametrize("env", [True, False])
def test_aws_location(program, aws, tmp_path, env):
    """A directory gets the archive and the config.json; the option wins."""
    words = [] if env else ["--file-location", str(tmp_path)]
    location = str(tmp_path) if env else "/nonexistent/x"
    done = program.run("aws-ecr-login", "--once", "-g", ACCOUNT, *words,
                       env=STATIC_ENV | {"FILE_LOCATION": location})
    assert done.parts == (0, "", "")
    assert read_tarball(tmp_path / "docker.tar.gz") == {HOST: PASSWORD}
    assert read_auths(tmp_path / ".docker" / "config.json") == {
        HOST: PASSWORD}


@pytest.mark.parametrize("name", [".dockercfg", "config.json"])
def test_aws_location_is_a_config(program, aws, tmp_path, name):
    """As the script's first line had it."""
    config = tmp_path / name
    config.write_text(json.dumps({"auths": {"docker.io": {
        "auth": "QVdTOng="}}}))
    done = program.run("aws-ecr-login", "--once", "-g", ACCOUNT, "-f",
                       str(config), env=STATIC_ENV)
    assert done.parts == (0, "", "")
    assert read_auths(config) == {"docker.io": "x", HOST: PASSWORD}


def test_aws_location_is_somebodys_home(program, aws, tmp_path):
    """What else is in config.json there stays, and is nobody else's."""
    config = tmp_path / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({
        "auths": {"docker.io": {"auth": "QVdTOng="},
                  f"https://{HOST}": {"auth": "QVdTOnk=", "email": "none"}},
        "detachKeys": "ctrl-x"}))
    config.chmod(0o644)
    done = program.run("aws-ecr-login", "--once", "-g", ACCOUNT, "-f",
                       str(tmp_path), env=STATIC_ENV)
    assert done.parts == (0, "", "")
    assert read_auths(config) == {"docker.io": "x", HOST: PASSWORD}
    assert json.loads(config.read_text())["detachKeys"] == "ctrl-x"
    assert config.stat().st_mode & 0o777 == 0o644
    assert read_tarball(tmp_path / "docker.tar.gz") == {HOST: PASSWORD}


AWS_REFUSED = [
    (["--once", "-i", "9"], {},
     "--once does not stay: --interval and --listen have no use"),
    ([], {"INTERVAL": "soon"}, f"INTERVAL 'soon': {WHEN[3:]}"),
    ([], {"INTERVAL": "0"}, f"INTERVAL '0': {WHEN[3:]}"),
    (["--tar-mode", "x"], {},
     "tar mode 'x': an octal number like 0644 is wanted"),
    ([OTHER], {}, f"unexpected argument '{OTHER}'"),
    (["--nothing"], {}, "unknown option '--nothing'; --help lists them"),
]


@pytest.mark.parametrize("args, env, message", AWS_REFUSED)
def test_aws_refused(program, aws, args, env, message):
    done = program.run("aws-ecr-login", "-g", ACCOUNT, "-f", "x", *args,
                       env=STATIC_ENV | env)
    assert done.parts == (2, "", f"aws-ecr-login: {message}\n")
    assert not aws.log


@pytest.mark.parametrize("args, env", [
    (["-i", "2"], {}), ([], {"INTERVAL": "2"}),
    (["-i", "2"], {"INTERVAL": "6h"})])
def test_aws_loops(program, aws, tarball, args, env):
    with Daemon(program, "-g", ACCOUNT, "-f", str(tarball), *args,
                applet="aws-ecr-login", env=STATIC_ENV | env) as daemon:
        until(lambda: len(aws.log) >= 2, "two refreshes")
        assert 1.7 <= aws.log[1].at - aws.log[0].at <= 2.3
        assert daemon.stop() == 0


def test_aws_loops_unasked(program, aws, tarball):
    with Daemon(program, "-g", ACCOUNT, "-f", str(tarball),
                applet="aws-ecr-login", env=STATIC_ENV) as daemon:
        until(tarball.exists)
        time.sleep(0.5)
        assert len(aws.log) == 1 and daemon.stop() == 0


def test_aws_by_the_name_of_the_script(program, aws, tarball):
    done = program.run("--once", "-g", ACCOUNT, "-f", str(tarball),
                       binary=program.link("ecr-login.sh"), env=STATIC_ENV)
    assert done.parts == (0, "", "")
    assert read_tarball(tarball) == {HOST: PASSWORD}


# sesam-ecr-login

@pytest.fixture
def node():
    with Sesam() as service:
        service.port = service.listen()
        yield service


SESAM_REFUSED = [
    ([], {}, "the node's address is not known: set LOCALIP, or SESAM_URL to"
     " its API"),
    ([], {"LOCALIP": "127.0.0.1"},
     "Sesam wants a token: set SESAM_JWT_FILE or SESAM_JWT_TOKEN"),
    ([], {"LOCALIP": "127.0.0.1", "SESAM_JWT_TOKEN": JWT,
          "SESAM_JWT_FILE": "x"},
     "SESAM_JWT_TOKEN and SESAM_JWT_FILE are both set; keep one"),
    ([], {"LOCALIP": "1" * 300, "SESAM_JWT_TOKEN": JWT},
     "LOCALIP is longer than an address"),
]


@pytest.mark.parametrize("args, env, message", SESAM_REFUSED)
def test_sesam_refused(program, aws, args, env, message):
    done = program.run("sesam-ecr-login", *args, env=STATIC_ENV | env)
    assert done.parts == (2, "", f"sesam-ecr-login: {message}\n")
    assert not aws.log


# Arguments and variables, and what the node is then sent.
SENT = [
    ([], {}, "POST", "/api/secrets", "AWS_ECR_TOKEN"),
    (["--sesam-put"], {}, "PUT", "/api/secrets", "AWS_ECR_TOKEN"),
    ([], {"SECRET_NAME": "PULL"}, "POST", "/api/secrets", "PULL"),
    (["--sesam-secret", "OURS"], {"SECRET_NAME": "PULL"}, "POST",
     "/api/secrets", "OURS"),
    (["--sesam-system", "ecr-service"], {}, "POST",
     "/api/systems/ecr-service/secrets", "AWS_ECR_TOKEN"),
]


@pytest.mark.parametrize("args, env, method, path, name", SENT)
def test_sesam(program, aws, node, args, env, method, path, name):
    port = free_port()
    with Daemon(program, "--listen", f"127.0.0.1:{port}", *args,
                applet="sesam-ecr-login", env=STATIC_ENV | {
                    "SESAM_URL": f"http://127.0.0.1:{node.port}/api",
                    "LOCALIP": "192.0.2.1", "SESAM_JWT_TOKEN": JWT
                    } | env) as daemon:
        until(lambda: node.log, "the secret")
        sent = node.log[0]
        assert (sent.method, sent.target) == (method, path)
        assert json.loads(sent.body) == {name: PASSWORD}
        assert ask(port, "/?since=1&limit=2").json == [
            {"_id": "ecr_token_updated"}]
        assert daemon.stop() == 0


@pytest.mark.parametrize("env, region", [
    ({"AWS_REGION": None}, "eu-central-1"),
    ({"AWS_REGION": None, "AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
    ({"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"},
     "us-east-1"),
])
def test_sesam_region(program, aws, node, env, region):
    with Daemon(program, "--listen", f"127.0.0.1:{free_port()}",
                applet="sesam-ecr-login", env=STATIC_ENV | {
                    "SESAM_URL": f"http://127.0.0.1:{node.port}/api",
                    "SESAM_JWT_TOKEN": JWT} | env):
        until(lambda: node.log, "the secret")
        assert f"/{region}/ecr/" in aws.log[0].headers["authorization"]


def test_sesam_as_it_was(program, aws, pki, ns):
    """Nothing but the two variables of the original: its addresses."""
    node = Sesam()
    node.listen(port=9042, ns=ns)
    aws.listen(port=80, ns=ns)
    with node, Daemon(program, applet="sesam-ecr-login", ns=ns,
                      env=STATIC_ENV | {
                          "AWS_ENDPOINT_URL": "http://127.0.0.1:80",
                          "LOCALIP": "127.0.0.1", "SESAM_JWT_TOKEN": JWT}):
        until(lambda: node.log, "the secret")
        assert fetch(ns, "http://127.0.0.1:5001/") == (
            200, b'[{"_id":"ecr_token_updated"}]')


def fetch(ns, url):
    """What curl gets there: status, body."""
    done = until(lambda: (lambda done: done if done.returncode == 0 else None)(
        subprocess.run([*ns.prefix(), "/usr/bin/curl", "-s", "-w",
                        "\n%{http_code}", url], capture_output=True,
                       timeout=20, check=False)), url)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body


# marathon-ecr-login

def test_marathon(program, aws):
    port = free_port()
    with Daemon(program, "--listen", f"127.0.0.1:{port}",
                applet="marathon-ecr-login", env=STATIC_ENV) as daemon:
        until(lambda: ready(port), "200")
        assert read_tarball_bytes(ask(port, "/docker.tar.gz").body) == {
            HOST: PASSWORD}
        assert ask(port, "/health").body == b"Yey!"
        assert ask(port, "/config.json").status == 404
        assert daemon.stop() == 0


def ready(port):
    try:
        return ask(port, "/health").status == 200
    except (OSError, http.client.HTTPException):
        return False


def test_marathon_as_it_was(program, aws, ns):
    aws.listen(port=80, ns=ns)
    with Daemon(program, applet="marathon-ecr-login", ns=ns, env=STATIC_ENV | {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:80"}):
        until(lambda: fetch(ns, "http://127.0.0.1:8000/health") == (
            200, b"Yey!"), "Yey!")
        status, body = fetch(ns, "http://127.0.0.1:8000/docker.tar.gz")
        assert status == 200 and read_tarball_bytes(body) == {HOST: PASSWORD}


def test_marathon_with_a_token(program, aws):
    port, token = free_port(), program.write("token", "sesame\n")
    with Daemon(program, "--listen", f"127.0.0.1:{port}",
                "--serve-token-file", str(token), "-g", OTHER,
                applet="marathon-ecr-login", env=STATIC_ENV):
        until(lambda: ready(port), "200")
        assert ask(port, "/docker.tar.gz").status == 401
        assert read_tarball_bytes(ask(port, "/docker.tar.gz", headers={
            "Authorization": "Bearer sesame"}).body) == {
                OTHER_HOST: PASSWORD}


# k8s-ecr-login-renew

K8S_REFUSED = [
    ([], {}, "DOCKER_SECRET_NAME is not set: it names the secret to renew"),
    ([], {"DOCKER_SECRET_NAME": "x", "TARGET_NAMESPACE": "a," * 2100},
     "TARGET_NAMESPACE is longer than 4096 bytes"),
]


@pytest.mark.parametrize("args, env, message", K8S_REFUSED)
def test_k8s_refused(program, aws, args, env, message):
    done = program.run("k8s-ecr-login-renew", *args, env=STATIC_ENV | env)
    assert (done.out, done.err) == ("", f"k8s-ecr-login-renew: {message}\n")
    assert done.status in (1, 2) and not aws.log


@pytest.fixture
def pod(program, pki):
    """A cluster, the variables of a pod in it, and where its account is."""
    with Kubernetes() as cluster:
        cluster.namespaces = ["default", "ecr", "kube-system", "team-a",
                              "team-b"]
        port = cluster.listen(tls=pki.context("kubernetes"))
        env = STATIC_ENV | {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(port),
            "DOCKER_SECRET_NAME": "pull"}
        yield cluster, env, cluster.mount(program.directory / "account", pki)


# Variables, and the namespaces whose secret is then renewed.
NAMESPACES = [
    ({}, ["default"]),
    ({"TARGET_NAMESPACE": "ecr"}, ["ecr"]),
    ({"TARGET_NAMESPACE": "ecr,team-a"}, ["ecr", "team-a"]),
    ({"TARGET_NAMESPACE": "ecr; team-a\ndefault"},
     ["default", "ecr", "team-a"]),
    ({"TARGET_NAMESPACE": "team-?,default"}, ["default", "team-a", "team-b"]),
    ({"TARGET_NAMESPACE": "*", "EXCLUDE_NAMESPACE": "kube-*,team-b"},
     ["default", "ecr", "team-a"]),
]


@pytest.mark.parametrize("env, found", NAMESPACES)
def test_k8s_namespaces(program, aws, pod, env, found):
    cluster, base, account = pod
    done = program.run("k8s-ecr-login-renew", env=base | env, pod=account)
    assert done.parts == (0, SUCCEEDED, "")
    assert sorted(cluster.secrets) == [(name, "pull") for name in found]
    for name in found:
        assert passwords(cluster.auths(name, "pull")) == {HOST: PASSWORD}


def test_k8s_takes_over(program, aws, pod):
    """Whoever made the secret, and what else is in it stays."""
    cluster, env, account = pod
    cluster.put("default", "pull", {"docker.io": {"auth": "QVdTOng="}})
    done = program.run("k8s-ecr-login-renew", env=env, pod=account)
    assert done.parts == (0, SUCCEEDED, "")
    assert passwords(cluster.auths("default", "pull")) == {
        "docker.io": "x", HOST: PASSWORD}


def test_k8s_registries(program, aws, pod):
    cluster, env, account = pod
    done = program.run("k8s-ecr-login-renew", pod=account, env=env | {
        "DOCKER_REGISTRIES": f"https://{HOST},{OTHER_HOST}"})
    assert done.parts == (0, 2 * SUCCEEDED, "")
    assert passwords(cluster.auths("default", "pull")) == {
        HOST: PASSWORD, OTHER_HOST: PASSWORD}


def test_k8s_registry_of_another(program, aws, pod):
    """The others are renewed; who would get the password of an account that
    is not theirs is told."""
    cluster, env, account = pod
    done = program.run("k8s-ecr-login-renew", pod=account, env=env | {
        "DOCKER_REGISTRIES": f"https://{HOST},registry.example"})
    assert done.status != 0
    assert "registry 'registry.example': not an ECR host" in done.err
    assert passwords(cluster.auths("default", "pull")) == {HOST: PASSWORD}


def test_k8s_stays(program, aws, pod):
    cluster, env, account = pod
    aws.fresh = True
    with Daemon(program, "-i", "1", applet="k8s-ecr-login-renew", env=env,
                pod=account) as daemon:
        until(lambda: len(aws.log) >= 2, "two refreshes")
        until(lambda: passwords(cluster.auths("default", "pull")) == {
            HOST: aws.issued[1]} or len(aws.issued) > 2, "the second")
        assert daemon.stop() == 0


# Secrets in files.

KEYS_ENV = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def keys_in_files(program, key):
    return STATIC_ENV | KEYS_ENV | {
        "AWS_ACCESS_KEY_ID_FILE": str(program.write("keys/id", key.id + "\n")),
        "AWS_SECRET_ACCESS_KEY_FILE": str(program.write(
            "keys/secret", key.secret)),
    } | ({"AWS_SESSION_TOKEN_FILE": str(program.write(
        "keys/token", key.token))} if key.token else {})


@pytest.mark.parametrize("key", ["STATIC", "SESSION"])
def test_keys_in_files(program, aws, tarball, key):
    env = keys_in_files(program, getattr(standin_aws, key))
    done = program.run("aws-ecr-login", "--once", "-g", ACCOUNT, "-f",
                       str(tarball), env=env)
    assert done.parts == (0, "", "") and aws.verdicts() == ["ok"]


def test_keys_in_files_are_read_anew(program, aws, tarball):
    first, second = aws.keys.user("first"), aws.keys.user("second")
    with Daemon(program, "-g", ACCOUNT, "-f", str(tarball), "-i", "1",
                applet="aws-ecr-login",
                env=keys_in_files(program, first)):
        until(lambda: len(aws.log) == 1, "a refresh")
        keys_in_files(program, second)
        until(lambda: len(aws.log) >= 2, "another")
        assert aws.reached()[:2] == [first.id, second.id]


def test_keys_in_a_file_that_is_not_there(program, aws, tarball):
    env = keys_in_files(program, standin_aws.STATIC)
    (program.home / "keys" / "secret").unlink()
    done = program.run("aws-ecr-login", "--once", "-g", ACCOUNT, "-f",
                       str(tarball), env=env)
    assert (done.status, done.out) == (1, "")
    assert "credentials of env: AWS_SECRET_ACCESS_KEY_FILE: open" in done.err
    assert not aws.log and not tarball.exists()


def test_sesam_token_in_a_file(program, aws, node):
    path = program.write("jwt", JWT + "\n")
    with Daemon(program, "--listen", f"127.0.0.1:{free_port()}",
                applet="sesam-ecr-login", env=STATIC_ENV | {
                    "SESAM_URL": f"http://127.0.0.1:{node.port}/api",
                    "SESAM_JWT_FILE": str(path)}):
        until(lambda: node.secrets.get("AWS_ECR_TOKEN") == PASSWORD,
              "the secret")
