"""ecr-login: which registry is asked for what, options, exit status."""
import json
import re

import pytest

from program import (ACCOUNT, API, AUTH, HOST, PASSWORD, REGION, SESSION_ENV,
                     STATIC_ENV, SUCCEEDED, entry)
from standin import faults, hosts
from standin.dns import Dns

OTHER = "210987654321"

# Arguments, the file's keys, registryIds asked for, region signed for.
FORMS = [
    ([], [HOST], None, REGION),
    ([ACCOUNT], [HOST], ACCOUNT, REGION),
    ([OTHER], [f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com"], OTHER, REGION),
    ([f"{ACCOUNT}@us-east-1"],
     [f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"], ACCOUNT, "us-east-1"),
    ([f"{ACCOUNT}@cn-north-1"],
     [f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"], ACCOUNT,
     "cn-north-1"),
    ([HOST], [HOST], ACCOUNT, REGION),
    ([HOST.upper()], [HOST], ACCOUNT, REGION),
    ([f"https://{HOST}"], [HOST], ACCOUNT, REGION),
    ([f"https://{HOST}/v2/"], [HOST], ACCOUNT, REGION),
    ([f"{HOST}/team/app:1.2"], [HOST], ACCOUNT, REGION),
    ([f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com"],
     [f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com"], ACCOUNT,
     "us-east-1"),
    ([f"{ACCOUNT}.dkr-ecr.eu-west-1.on.aws"],
     [f"{ACCOUNT}.dkr-ecr.eu-west-1.on.aws"], ACCOUNT, REGION),
    (["public.ecr.aws"], ["public.ecr.aws"], None, "us-east-1"),
    ([HOST, "public.ecr.aws"], [HOST, "public.ecr.aws"], None, "us-east-1"),
    (["--region", "us-west-2"],
     [f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com"], None, "us-west-2"),
    (["--region=us-west-2", ACCOUNT],
     [f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com"], ACCOUNT, "us-west-2"),
    # The region in a name is stronger than the option.
    (["--region", "us-west-2", HOST], [HOST], ACCOUNT, REGION),
]


@pytest.mark.parametrize("args, keys, account, region", FORMS)
def test_registry_forms(program, aws, args, keys, account, region):
    done = program.login(*args, env=STATIC_ENV)
    assert done.parts == (0, SUCCEEDED * len(keys), "")
    auths = json.loads(program.config.read_text())["auths"]
    assert auths == {key: {"auth": AUTH} for key in keys}
    assert aws.verdicts() == ["ok"] * len(keys)
    last = aws.log[-1]
    assert json.loads(last.body) == (
        {"registryIds": [account]} if account else {})
    assert f"/{region}/ecr" in last.headers["authorization"]


# Registry host -> host of the API that is asked.
ENDPOINTS = [
    (HOST, API),
    (f"{ACCOUNT}.dkr-ecr.eu-west-1.on.aws", "ecr.eu-west-1.api.aws"),
    (f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com",
     "api.ecr-fips.us-east-1.amazonaws.com"),
    (f"{ACCOUNT}.dkr-ecr-fips.us-east-1.on.aws",
     "ecr-fips.us-east-1.api.aws"),
    (f"{ACCOUNT}.dkr.ecr.us-gov-west-1.amazonaws.com",
     "api.ecr.us-gov-west-1.amazonaws.com"),
    (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn",
     "api.ecr.cn-north-1.amazonaws.com.cn"),
    ("public.ecr.aws", "api.ecr-public.us-east-1.amazonaws.com"),
]


@pytest.mark.parametrize("registry, api", ENDPOINTS)
def test_endpoint_follows_the_host(program, aws, pki, ns, tmp_path, registry,
                                   api):
    aws.listen(port=443, tls=pki.context(), ns=ns)
    names = hosts.write(tmp_path / "hosts", {api: "127.0.0.1"})
    done = program.login(
        registry, ns=ns, hosts=names, env=STATIC_ENV | {
            "AWS_ENDPOINT_URL": None, "AWS_CA_BUNDLE": str(pki.bundle)})
    assert done.parts == (0, SUCCEEDED, "")
    assert [r.headers["host"] for r in aws.log] == [api]
    assert aws.verdicts() == ["ok"]


def test_old_fips_name_when_the_new_one_does_not_exist(program, aws, pki, ns,
                                                       tmp_path):
    old = "ecr-fips.us-east-1.amazonaws.com"
    aws.listen(port=443, tls=pki.context(), ns=ns)
    names = hosts.write(tmp_path / "hosts", {old: "127.0.0.1"})
    resolv = hosts.write_resolv(tmp_path / "resolv.conf", "127.0.0.1")
    with Dns(ns, {}):
        done = program.login(
            f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com", ns=ns,
            hosts=names, resolv=resolv, env=STATIC_ENV | {
                "AWS_ENDPOINT_URL": None, "AWS_CA_BUNDLE": str(pki.bundle)})
    assert done.parts == (0, SUCCEEDED, "")
    assert [r.headers["host"] for r in aws.log] == [old]


REFUSED = [
    (["--nothing"], "unknown option '--nothing'; --help lists them"),
    (["-x"], "unknown option '-x'; --help lists them"),
    (["--region"], "option '--region' needs a value (REGION)"),
    (["--region="], "option '--region': the value is empty"),
    (["--logout=yes"], "option '--logout' takes no value"),
    (["--timeout", "0"], "option '--timeout': '0' is not a number of seconds"
     " from 1 to 86400"),
    (["--timeout", "1.5"], "option '--timeout': '1.5' is not a number of"
     " seconds from 1 to 86400"),
    (["-p", "--logout"],
     "--print-password and --logout do not go together"),
    (["-p", "--auth-file", "x"],
     "--print-password writes no file: --auth-file has no use"),
    (["-p", "1", "2"], "--print-password is for one registry, not 2"),
    (["registry.example"], "registry 'registry.example': not an ECR host, an"
     " account id or ACCOUNT@REGION, nor a host of ecrbox.conf"),
    (["12345678901"], "registry '12345678901': '12345678901' is not an"
     " account id of 12 digits"),
    (["1234567890123"], "registry '1234567890123': '1234567890123' is not an"
     " account id of 12 digits"),
    ([f"http://{HOST}"], f"registry 'http://{HOST}': not an ECR host, an"
     " account id or ACCOUNT@REGION, nor a host of ecrbox.conf"),
    ([f"{HOST}.evil.example"], f"registry '{HOST}.evil.example': not an ECR"
     " host, an account id or ACCOUNT@REGION, nor a host of ecrbox.conf"),
    (["docker.io@eu-west-1"], "registry 'docker.io@eu-west-1': 'docker.io' is"
     " not an account id of 12 digits"),
    ([f"{ACCOUNT}@"], f"registry '{ACCOUNT}@': region '': not a name of"
     " letters, digits and hyphens"),
    ([f"{ACCOUNT}@eu_west_1"], f"registry '{ACCOUNT}@eu_west_1': region"
     " 'eu_west_1': not a name of letters, digits and hyphens"),
    ([""], "registry '': the name is empty; leave it out for the caller's"
     " own"),
    ([HOST, ""], "registry '': the name is empty; leave it out for the"
     " caller's own"),
    (["-g", " ,;"], "--registries names none; leave it out for the caller's"
     " own"),
    (["--logout", ""], "registry '': the name is empty; leave it out for the"
     " caller's own"),
]


@pytest.mark.parametrize("args, message", REFUSED)
def test_refused(program, aws, args, message):
    done = program.login(*args, env=STATIC_ENV)
    assert done.parts == (2, "", f"ecr-login: {message}\n")
    assert not aws.log and not program.config.exists()


BAD_REGIONS = ["us_east_1", "-us", "us-", "1234", "a.b", "x" * 64,
               "eu-west-1/../", "evil.example#", "a\nb"]


@pytest.mark.parametrize("region", BAD_REGIONS)
def test_region_that_is_no_label(program, aws, region):
    for args in (["--region", region], [f"{ACCOUNT}@{region}"]):
        done = program.login(*args, env=STATIC_ENV)
        assert done.status == 2 and done.out == ""
        assert done.err.count("\n") == 1
    assert not aws.log


def test_no_region(program, aws):
    done = program.login(env=STATIC_ENV | {"AWS_REGION": None})
    assert done.parts == (
        1, "", "ecr-login: no region: give --region, or set AWS_REGION or the "
        "profile's region; imds: switched off by "
        "AWS_EC2_METADATA_DISABLED\n")
    assert not aws.log


def test_region_of_metadata(program, aws, imds):
    imds.region = "us-west-2"
    done = program.login(env=STATIC_ENV | {"AWS_REGION": None})
    assert done.parts == (0, SUCCEEDED, "")
    assert "/us-west-2/ecr/" in aws.log[0].headers["authorization"]


def test_region_of_profile(program, aws):
    program.write(".aws/config", "[profile work]\nregion = us-west-2\n"
                  "aws_access_key_id = AKIASTANDINSTATICKEY\n"
                  "aws_secret_access_key = "
                  f"{STATIC_ENV['AWS_SECRET_ACCESS_KEY']}\n")
    done = program.login("--profile", "work")
    assert done.parts == (0, SUCCEEDED, "")
    assert "/us-west-2/ecr/" in aws.log[0].headers["authorization"]


def test_profile_beats_environment_when_given(program, aws):
    program.write(".aws/credentials",
                  "[work]\naws_access_key_id = AKIAUNKNOWN\n"
                  "aws_secret_access_key = abc\n")
    done = program.login("--profile", "work", env=STATIC_ENV)
    assert done.status == 1
    assert "UnrecognizedClientException" in done.err
    assert "AKIAUNKNOWN" in aws.log[0].headers["authorization"]


def test_profile_that_is_not_there(program, aws):
    done = program.login("--profile", "nope", env=STATIC_ENV)
    assert done.status == 2 and "'nope'" in done.err
    assert not aws.log


def test_print_password(program, aws):
    for option in ("-p", "--print-password"):
        done = program.login(option, env=STATIC_ENV)
        assert done.parts == (0, PASSWORD + "\n", "")
    assert not program.config.exists()


def test_print_password_without_home(program, aws, nobody):
    done = program.login("-p", env=STATIC_ENV | {"HOME": None}, over=nobody)
    assert done.parts == (0, PASSWORD + "\n", "")


def test_session_token_is_signed(program, aws):
    assert program.login(env=SESSION_ENV).parts == (0, SUCCEEDED, "")
    assert "x-amz-security-token" in aws.log[0].headers["authorization"]


def test_endpoint_option(program, aws):
    done = program.login("--endpoint-url", aws.url, env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert done.parts == (0, SUCCEEDED, "")


def test_endpoint_of_service_beats_the_general_one(program, aws):
    done = program.login(env=STATIC_ENV | {
        "AWS_ENDPOINT_URL_ECR": aws.url,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert done.parts == (0, SUCCEEDED, "")


def test_ca_bundle_option(program, aws, pki):
    port = aws.listen(tls=pki.context())
    url = f"https://localhost:{port}"
    done = program.login("--endpoint-url", url, "--ca-bundle",
                         str(pki.bundle), env=STATIC_ENV | {
                             "AWS_CA_BUNDLE": "/nonexistent"})
    assert done.parts == (0, SUCCEEDED, "")
    assert aws.log[0].secure


def test_timeout_option(program, aws):
    aws.fail(faults.stall, times=9)
    done = program.login("--timeout", "1", env=STATIC_ENV)
    assert done.status == 1 and done.out == ""
    assert "timed out" in done.err
    assert done.seconds < 2


def test_verbose_says_what_it_does(program, aws):
    done = program.login("-v", env=STATIC_ENV)
    assert (done.status, done.out) == (0, SUCCEEDED)
    kind = re.compile(
        "^ecr-login: sandbox (off|on: holds .*|strict: holds .*)\n", re.M)
    assert len(kind.findall(done.err)) == 2   # one asks, one writes
    assert kind.sub("", done.err) == (
        "ecr-login: credentials of env: key AKIASTANDINSTATICKEY\n"
        f"ecr-login: connected to '127.0.0.1' port {aws.port}\n"
        "ecr-login: POST '127.0.0.1': status 200 OK\n")


def test_one_failure_does_not_keep_the_others(program, aws):
    """Asked for together, then each alone."""
    aws.fail(faults.error("AccessDeniedException", "User: x is not authorized"
                          " to perform: ecr:GetAuthorizationToken"), times=2)
    done = program.login(OTHER, ACCOUNT, env=STATIC_ENV)
    assert (done.status, done.out) == (1, SUCCEEDED)
    assert "AccessDeniedException" in done.err
    assert done.err.endswith("ecr-login: 1 of 2 registries failed\n")
    assert program.config.read_text() == entry()


def test_denied(program, aws):
    text = "User: arn:aws:iam::1:user/x is not authorized to perform: " \
        "ecr:GetAuthorizationToken on resource: *"
    aws.fail(faults.error("AccessDeniedException", text))
    done = program.login(env=STATIC_ENV)
    assert done.status == 1 and text in done.err
    assert done.err.count("\n") == 1
    assert not program.config.exists()
    assert len(aws.log) == 1


def test_no_credentials(program, aws):
    done = program.login(env={"AWS_REGION": REGION})
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("ecr-login: no credentials: env: ")
    for source in ("env:", "profile:", "container:", "imds:"):
        assert source in done.err
    assert not aws.log


@pytest.mark.parametrize("known, host", [
    ({HOST: "x", "docker.io": "y"}, HOST),
    ({f"https://{HOST}": "x"}, HOST),
    ({f"https://{HOST}": "x", HOST: "y"}, HOST),
])
def test_logout(program, aws, known, host):
    auths = {key: {"auth": value} for key, value in known.items()}
    program.write(".docker/config.json", json.dumps({"auths": auths, "x": 1}))
    done = program.login("--logout", host, env=STATIC_ENV)
    assert done.parts == (0, f"Removing login credentials for {host}\n", "")
    left = json.loads(program.config.read_text())
    assert left == {"auths": {key: value for key, value in auths.items()
                              if host not in key}, "x": 1}
    assert not aws.log


def test_logout_of_everything(program, aws):
    auths = {HOST: {"auth": "x"}, "public.ecr.aws": {"auth": "y"},
             "docker.io": {"auth": "z"}}
    program.write(".docker/config.json", json.dumps({"auths": auths}))
    done = program.login("--logout", env=STATIC_ENV)
    assert done.parts == (
        0, f"Removing login credentials for {HOST}\n"
        "Removing login credentials for public.ecr.aws\n", "")
    assert json.loads(program.config.read_text()) == {
        "auths": {"docker.io": {"auth": "z"}}}


def test_logout_of_everything_twice_named(program, aws):
    auths = {HOST: {"auth": "x"}, f"https://{HOST}": {"auth": "y"}}
    program.write(".docker/config.json", json.dumps({"auths": auths}))
    done = program.login("--logout", env=STATIC_ENV)
    assert done.parts == (0, f"Removing login credentials for {HOST}\n", "")
    assert json.loads(program.config.read_text()) == {"auths": {}}


@pytest.mark.parametrize("text", [
    None, "", " \n", "{}", '{"auths":{}}', '{"auths":null}',
    '{"auths":{"docker.io":{"auth":"z"}}}'])
def test_logout_of_everything_when_there_is_nothing(program, aws, text):
    if text is not None:
        program.write(".docker/config.json", text)
    done = program.login("--logout", env=STATIC_ENV)
    assert done.parts == (0, "Not logged in to any ECR registry\n", "")
    assert text is None or program.config.read_text() == text


@pytest.mark.parametrize("auths", [[1, 2], [[]], "x", 1])
def test_logout_of_everything_in_a_broken_file(program, auths):
    text = json.dumps({"auths": auths})
    program.write(".docker/config.json", text)
    assert program.login("--logout", env=STATIC_ENV).parts == (
        1, "", f"ecr-login: read '{program.config}': 'auths' is not an "
        "object\n")
    assert program.config.read_text() == text


def test_logout_of_everything_in_no_json(program):
    program.write(".docker/config.json", '{"auths":{}')
    assert program.login("--logout", env=STATIC_ENV).parts == (
        1, "", f"ecr-login: read '{program.config}': not json at byte 11, the "
        "end: ',' or '}' expected\n")


def test_logout_of_one_that_is_none(program):
    """The others are left all the same."""
    program.write(".docker/config.json", entry())
    done = program.login("--logout", "docker.io", HOST, env=STATIC_ENV)
    assert done.parts == (
        1, f"Removing login credentials for {HOST}\n",
        "ecr-login: registry 'docker.io': not an ECR host, an account id or "
        "ACCOUNT@REGION, nor a host of ecrbox.conf\n"
        "ecr-login: 1 of 2 registries failed\n")


def test_path_that_is_too_long(program):
    env = STATIC_ENV | {"DOCKER_CONFIG": "/" + "d" * 4100}
    assert program.login(env=env).parts == (
        1, "", "ecr-login: find config.json: path is longer than 4096 "
        "bytes\n")


def test_logout_removes_cached_tokens(program, aws):
    program.login(env=STATIC_ENV)
    program.login(HOST, env=STATIC_ENV)
    assert len(list(program.cache.iterdir())) == 2
    program.login("--logout", HOST, env=STATIC_ENV)
    assert not list(program.cache.iterdir())
    aws.forget()
    program.login(HOST, env=STATIC_ENV)
    assert len(aws.log) == 1


def test_logout_when_not_logged_in(program):
    done = program.login("--logout", HOST, env=STATIC_ENV)
    assert done.parts == (0, f"Not logged in to {HOST}\n", "")
    assert not program.config.parent.exists()


def test_logout_needs_no_identity(program):
    """Whoever logs out may have lost the credentials first."""
    program.write(".docker/config.json",
                  json.dumps({"auths": {HOST: {"auth": "x"}}}))
    done = program.login("--logout", HOST)
    assert done.parts == (0, f"Removing login credentials for {HOST}\n", "")
