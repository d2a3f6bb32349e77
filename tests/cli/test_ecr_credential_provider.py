"""ecr-credential-provider: requests and answers of kubelet's API."""
import fnmatch
import json
import re
from urllib.parse import parse_qs

import pytest
import yaml

from program import (ACCOUNT, DYNAMIC, HOST, PASSWORD, REGION, STATIC_ENV,
                     STORY)
from standin import faults, hosts
from standin.aws import SESSION
from standin.imds import ADDRESS, Imds

NAME = "ecr-credential-provider"
GROUP = "credentialprovider.kubelet.k8s.io/"
ANNOTATION = "eks.amazonaws.com/ecr-role-arn"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/puller"
IMAGE = f"{HOST}/team/app:1"
TOKEN = "web.identity.token"


def request(image=IMAGE, version="v1", **more) -> str:
    return json.dumps({"kind": "CredentialProviderRequest",
                       "apiVersion": GROUP + version, "image": image} | more)


def ask(program, stdin=None, *args, env=STATIC_ENV, **keywords):
    return program.run(NAME, *args, env=env,
                       stdin=request() if stdin is None else stdin, **keywords)


# CredentialProviderResponse of k8s.io/kubelet/pkg/apis/credentialprovider, all
# three versions; kubelet decodes it strictly.
FIELDS = {"kind": str, "apiVersion": str, "cacheKeyType": str,
          "cacheDuration": str, "auth": dict}
DURATION = re.compile(r"(?:(\d+)h)?(?:([0-5]?\d)m)?([0-5]?\d)s")


def no_twins(pairs):
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)


def check(done, version="v1"):
    """The answer's auth and its duration in seconds."""
    assert done.status == 0, done.err
    assert done.out.count("\n") == 1 and done.out.endswith("}\n")
    body = json.loads(done.out, object_pairs_hook=no_twins)
    assert {name: type(value) for name, value in body.items()} == FIELDS
    assert body["kind"] == "CredentialProviderResponse"
    assert body["apiVersion"] == GROUP + version
    assert body["cacheKeyType"] == "Registry"
    for entry in body["auth"].values():
        assert list(entry) == ["username", "password"]
        assert all(isinstance(value, str) for value in entry.values())
    hours, minutes, seconds = DURATION.fullmatch(
        body["cacheDuration"]).groups("0")
    return body["auth"], \
        int(hours) * 3600 + int(minutes) * 60 + int(seconds)


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_answer(program, aws, version):
    done = ask(program, request(version=version))
    check(done, version)
    assert re.fullmatch(re.escape(
        '{"kind":"CredentialProviderResponse","apiVersion":"'
        f'{GROUP}{version}","cacheKeyType":"Registry","cacheDuration":"') +
        r"(6h0m0s|5h59m5\ds)" + re.escape(
        f'","auth":{{"{HOST}":{{"username":"AWS","password":"{PASSWORD}"}}}}'
        "}\n"), done.out)
    assert done.err == "" and aws.verdicts() == ["ok"]
    # As the original: no registry is named.
    assert aws.log[0].body == b"{}"


# Image -> the key of its credentials.
IMAGES = [
    (f"{HOST}/app", HOST),
    (f"{HOST}/team/app:1.0", HOST),
    (f"{HOST}/app@sha256:" + "0" * 64, HOST),
    (f"{HOST}/app:1@sha256:" + "0" * 64, HOST),
    # kubelet takes no key for an image with another port.
    (f"{HOST}:443/app:1", f"{HOST}:443"),
    (HOST, HOST),
    # kubelet compares byte by byte.
    (f"{HOST.upper()}/app", HOST.upper()),
    (f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com/app",
     f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com"),
    (f"{ACCOUNT}.dkr-ecr.us-east-1.on.aws/app",
     f"{ACCOUNT}.dkr-ecr.us-east-1.on.aws"),
    (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/app",
     f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ("public.ecr.aws/x/app:1", "public.ecr.aws"),
    ("ecr-public.aws.com/x/app:1", "ecr-public.aws.com"),
]


@pytest.mark.parametrize("image, key", IMAGES)
def test_image(program, aws, image, key):
    auth, _ = check(ask(program, request(image)))
    assert auth == {key: {"username": "AWS", "password": PASSWORD}}
    region = "us-east-1" if "public" in key else key.split(".")[-3]
    if "public" in key:
        assert "/us-east-1/ecr-public/" in \
            aws.log[0].headers["authorization"]
    elif key == HOST:
        assert f"/{region}/" not in key and f"/{REGION}/ecr/" in \
            aws.log[0].headers["authorization"]


# Life of a token -> what kubelet may keep it for.
LIVES = [
    (12 * 3600, {21600, 21599}), (7301, {3650, 3649}), (600, {300, 299}),
    (100, {50, 49}), (1, {0}), (0, {0}), (-3600, {0}),
    # No token lives so long.
    (10 * 365 * 86400, {21600}),
]


@pytest.mark.parametrize("life, kept", LIVES)
def test_duration(program, aws, life, kept):
    aws.token_life = life
    auth, seconds = check(ask(program))
    assert seconds in kept and auth[HOST]["password"] == PASSWORD


def test_password_is_quoted(program, aws):
    aws.password = 'a"b\\c<>&/:'
    auth, _ = check(ask(program))
    assert auth[HOST]["password"] == aws.password


# Where the original takes more, kubelet never sends it.
REFUSED = [
    ("", "not json at byte 0, the end: value expected"),
    ("{", "not json at byte 1, the end: string expected"),
    ("[]", "no 'kind'"),
    ("{}", "no 'kind'"),
    ('{"kind":5}', "no 'kind'"),
    (request().replace("Request", "Response"),
     "kind 'CredentialProviderResponse' is not CredentialProviderRequest"),
    (request().replace('"kind"', '"Kind"'), "no 'kind'"),
    ('{"kind":"CredentialProviderRequest"}', "no 'apiVersion'"),
    *((request(version=version),
       f"group version '{GROUP}{version}' is not supported: only v1, v1beta1 "
       f"and v1alpha1 of {GROUP}") for version in ("v2", "", "V1", "v1 ")),
    (request().replace(GROUP, "kubelet.config.k8s.io/"),
     "group version 'kubelet.config.k8s.io/v1' is not supported: only v1, "
     f"v1beta1 and v1alpha1 of {GROUP}"),
    (request(""), "image in plugin request was empty"),
    (request(None), "image in plugin request was empty"),
    (request(5), "'image': json string expected"),
    (request(serviceAccountToken=5),
     "'serviceAccountToken': json string expected"),
    (request(serviceAccountAnnotations=[]),
     "'serviceAccountAnnotations' is no object"),
    (request(serviceAccountAnnotations={ANNOTATION: 5}),
     f"annotation '{ANNOTATION}': json string expected"),
    (request(serviceAccountToken=TOKEN,
             serviceAccountAnnotations={ANNOTATION: ""}),
     f"annotation '{ANNOTATION}' is empty"),
    (request() + "{}", None),
    (request()[:-1] + ',"image":"x"}', None),
]


@pytest.mark.parametrize("stdin, message", REFUSED)
def test_refused(program, aws, stdin, message):
    done = ask(program, stdin)
    assert (done.status, done.out) == (1, "")
    if message:
        assert done.err == f"{NAME}: request: {message}\n"
    assert done.err.count("\n") == 1 and not aws.log


FOREIGN = [
    "registry.k8s.io/pause:3.9", "docker.io/library/busybox", "busybox",
    "busybox:1", f"evil.example/{HOST}/app", f"{HOST}.evil.example/app",
    f"https://{HOST}/app", f"http://{HOST}/app", f"evil@{HOST}/app",
    f"{HOST}:x/app", f"{HOST}:/app", f"x{HOST}/app", "public.ecr.aws:latest",
    "ecr.aws/x", "/", "\x1b[31m",
]


@pytest.mark.parametrize("image", FOREIGN)
def test_foreign_image(program, aws, image):
    """A deliberate difference: the original hands an ECR token to any."""
    done = ask(program, request(image))
    shown = image.replace("\x1b", "?")
    assert done.parts == (
        1, "", f"{NAME}: request: image '{shown}' is not in an ECR registry; "
        "see --print-config for a matchImages of ECR's hosts\n")
    assert not aws.log


def test_members_of_newer_kubelets(program, aws):
    done = ask(program, request(podName="x", more={"a": [1, None]},
                                serviceAccountAnnotations=None,
                                serviceAccountToken=None))
    assert done.err == ""
    check(done)


def test_input_without_end(program, aws):
    check(ask(program, request().rjust(1 << 20)))
    aws.forget()
    done = ask(program, request().rjust((1 << 20) + 1))
    assert done.parts == (
        1, "", f"{NAME}: standard input: more than 1048576 bytes\n")


def test_failure_leaves_stdout_empty(program, aws):
    aws.fail(faults.error("AccessDeniedException", "not for you"))
    done = ask(program)
    assert done.parts == (
        1, "", f"{NAME}: ecr GetAuthorizationToken at '127.0.0.1:{aws.port}': "
        "AccessDeniedException: not for you; this identity needs the "
        "permission ecr:GetAuthorizationToken\n")


def test_bad_settings_are_failures(program, aws):
    """Exit status 2 is for bad options."""
    done = ask(program, env=STATIC_ENV | {"AWS_PROFILE": "nope"})
    assert (done.status, done.out) == (1, "") and "'nope'" in done.err


def test_stdout_full(program, aws):
    with open("/dev/full", "wb") as full:
        done = ask(program, stdout=full)
    assert done.status == 1 and "No space left on device" in done.err


def test_nothing_is_kept(program, aws):
    before = sorted(program.directory.rglob("*"))
    first, second = ask(program), ask(program)
    assert check(first)[0] == check(second)[0]
    assert len(aws.log) == 2
    assert sorted(program.directory.rglob("*")) == before


# Command line.

@pytest.mark.parametrize("args", [["get-credentials"], ["a", "b"], ["--"]])
def test_operands_mean_nothing(program, aws, args):
    check(ask(program, None, *args))


def test_unknown_option(program, aws):
    done = ask(program, None, "--nothing")
    assert done.parts == (
        2, "", f"{NAME}: unknown option '--nothing'; --help lists them\n")


def test_version(program):
    done = ask(program, None, "--version")
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(NAME + r" \(ecrbox\) \S+\n", done.out)


def test_verbose(program, aws):
    done = ask(program, env=STATIC_ENV | {"ECRBOX_VERBOSE": "1"})
    check(done)
    assert len(done.err.splitlines()) >= 1


# kubelet.config.k8s.io/v1, CredentialProvider: required fields, and the rules
# of kubelet's validation.
def test_print_config(program, aws):
    done = program.run(NAME, "--print-config")
    assert (done.status, done.err) == (0, "")
    config = yaml.safe_load(done.out)
    assert set(config) == {"apiVersion", "kind", "providers"}
    assert config["apiVersion"] == "kubelet.config.k8s.io/v1"
    assert config["kind"] == "CredentialProviderConfig"
    (provider,) = config["providers"]
    assert set(provider) == {"name", "matchImages", "defaultCacheDuration",
                             "apiVersion"}
    assert provider["name"] == NAME
    assert provider["apiVersion"] == GROUP + "v1"
    assert DURATION.fullmatch(provider["defaultCacheDuration"] + "0m0s")
    patterns = provider["matchImages"]
    assert len(set(patterns)) == len(patterns)
    for pattern in patterns:
        host = pattern.replace("*", ACCOUNT, 1).replace("*", "us-east-1", 1)
        check(ask(program, request(f"{host}/app")))
    for image, key in IMAGES:
        if key.islower() and ":" not in key:
            assert any(fnmatch.fnmatchcase(key, p) for p in patterns)


# Whose credentials.

def test_the_nodes_role(program, aws, imds):
    done = ask(program, env={})
    check(done)
    assert done.err == "" and aws.verdicts() == ["ok"]
    assert SESSION.id in aws.log[0].headers["authorization"]


def test_the_nodes_role_at_the_true_address(program, aws, ns):
    port = aws.listen(ns=ns)
    with Imds() as imds:
        imds.listen(ADDRESS, 80, ns=ns)
        check(ask(program, ns=ns, env={
            "AWS_EC2_METADATA_DISABLED": None,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}))
    assert aws.verdicts() == ["ok"]


def test_order_is_gos(program, aws):
    program.write(".aws/config", "[default]\nsso_account_id=1\n"
                  "sso_role_name=x\naws_access_key_id="
                  f"{STATIC_ENV['AWS_ACCESS_KEY_ID']}\n"
                  "aws_secret_access_key="
                  f"{STATIC_ENV['AWS_SECRET_ACCESS_KEY']}\n")
    check(ask(program, env={}))


def test_no_credentials(program, aws):
    done = ask(program, env={})
    assert done.parts == (1, "", f"{NAME}: {STORY}imds: switched off by "
                          "AWS_EC2_METADATA_DISABLED\n")


def with_role(role=ROLE, **more):
    return request(serviceAccountToken=TOKEN,
                   serviceAccountAnnotations={ANNOTATION: role} | more)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("stdin, env", [
    (with_role(), {}),
    (with_role(**{"other.example/x": "y"}), STATIC_ENV),
    (request(serviceAccountToken=TOKEN), {"AWS_ECR_ROLE_ARN": ROLE}),
    (request(serviceAccountToken=TOKEN, serviceAccountAnnotations={"x": ""}),
     {"AWS_ECR_ROLE_ARN": ROLE}),
    (with_role(), {"AWS_ECR_ROLE_ARN": ROLE + "-other"}),
    (request(version="v1beta1", serviceAccountToken=TOKEN),
     {"AWS_ECR_ROLE_ARN": ROLE}),
])
def test_service_account(program, aws, stdin, env, as_json):
    aws.sts.json = as_json
    done = ask(program, stdin, env=env)
    check(done, "v1beta1" if "beta" in stdin else "v1")
    assert done.err == "" and aws.verdicts() == ["ok", "ok"]
    sts, ecr = aws.log
    assert parse_qs(sts.body.decode()) == {
        "Action": ["AssumeRoleWithWebIdentity"], "Version": ["2011-06-15"],
        "RoleArn": [ROLE], "RoleSessionName": [NAME],
        "WebIdentityToken": [TOKEN]}
    assert "authorization" not in sts.headers
    assert "Credential=ASIASTANDINROLE" in ecr.headers["authorization"]
    # Neither the token nor what it gave is left anywhere.
    assert not list(program.home.iterdir())


@pytest.mark.parametrize("stdin", [
    request(serviceAccountToken=TOKEN),
    request(serviceAccountToken=TOKEN, serviceAccountAnnotations={}),
])
def test_service_account_without_a_role(program, aws, stdin):
    done = ask(program, stdin)
    check(done)
    assert done.err == f"{NAME}: warning: the request has a service " \
        f"account's token but no role to use it for (annotation {ANNOTATION}" \
        " or AWS_ECR_ROLE_ARN); using the node's credentials\n"
    assert len(aws.log) == 1
    assert STATIC_ENV["AWS_ACCESS_KEY_ID"] in \
        aws.log[0].headers["authorization"]


@pytest.mark.parametrize("stdin", [
    request(), request(serviceAccountToken=""),
    request(serviceAccountAnnotations={ANNOTATION: ROLE}),
])
def test_role_without_a_token(program, aws, stdin):
    done = ask(program, stdin, env=STATIC_ENV | {"AWS_ECR_ROLE_ARN": ROLE})
    check(done)
    assert done.err == "" and len(aws.log) == 1


STS = "sts AssumeRoleWithWebIdentity at '127.0.0.1"
DENIALS = [
    (with_role("nonsense"), [], "nonsense", "ValidationError: 1 validation "
     "error detected: Value at 'roleArn' failed to satisfy constraint", 1),
    (with_role().replace(TOKEN, "another.one"), [], ROLE,
     "InvalidIdentityToken: No OpenIDConnect provider found in your account; "
     "the role's account needs an IAM identity provider for the token's issuer "
     "and audience", 3),
    (with_role(), [faults.reply("<ErrorResponse><Error><Code>AccessDenied"
                                "</Code></Error></ErrorResponse>", 403)],
     ROLE, "AccessDenied; the role's trust policy must allow this token's "
     "issuer, audience and subject", 1),
    (with_role(), [faults.reply("<html></html>")], ROLE, "no 'AccessKeyId'",
     1),
    (with_role(), [faults.reply("ok")], ROLE,
     "not json at byte 0: value expected", 1),
    # What is sent back is not shown.
    (with_role(), [faults.reply(f"bad token {TOKEN}!", 403)], ROLE,
     "status 403 without an error of AWS's: bad token ", 1),
]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("stdin, fails, role, message, calls", DENIALS)
def test_denied(program, aws, stdin, fails, role, message, calls, as_json):
    """And nobody falls back to the node's credentials."""
    aws.sts.json = as_json
    for fault in fails:
        aws.fail(fault)
    done = ask(program, stdin)
    assert (done.status, done.out) == (1, "")
    assert done.err.replace(f":{aws.port}'", "'") == \
        f"{NAME}: failed to assume role '{role}': {STS}': {message}\n"
    assert len(aws.log) == calls


@pytest.mark.parametrize("code", ["IDPCommunicationError",
                                  "InvalidIdentityToken"])
def test_sts_is_asked_again(program, aws, code):
    aws.fail(faults.reply(json.dumps({"Error": {"Code": code}}), 400),
             times=2)
    check(ask(program, with_role(), env={}))
    assert len(aws.log) == 4


PLACES = [
    (f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app",
     ["sts.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"]),
    (f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com/app",
     ["sts.us-east-1.amazonaws.com", "api.ecr-fips.us-east-1.amazonaws.com"]),
    ("public.ecr.aws/x/app", ["sts.us-east-1.amazonaws.com",
                              "api.ecr-public.us-east-1.amazonaws.com"]),
]


@pytest.mark.parametrize("image, names", PLACES)
def test_the_images_region(program, aws, pki, ns, tmp_path, image, names):
    """Not the node's, for STS neither."""
    aws.listen(port=443, tls=pki.context(), ns=ns)
    path = hosts.write(tmp_path / "hosts", dict.fromkeys(names, "127.0.0.1"))
    stdin = json.loads(with_role()) | {"image": image}
    done = ask(program, json.dumps(stdin), ns=ns, hosts=path, env={
        "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": None,
        "AWS_CA_BUNDLE": str(pki.bundle)})
    check(done)
    assert [r.headers["host"] for r in aws.log] == names


def test_on_a_node_with_nothing(program, aws):
    if DYNAMIC:
        pytest.skip("a sanitized build needs more")
    root = program.bare_root()
    root.chmod(0o555)
    check(ask(program, root=root, env=STATIC_ENV | {"HOME": None}))


def test_by_the_name_that_kubelet_runs(program, aws):
    link = program.link(NAME)
    done = program.run("get-credentials", binary=link, stdin=request(),
                       env=STATIC_ENV)
    check(done)


@pytest.mark.slow
def test_within_kubelets_minute(program, aws):
    aws.fail(faults.stall, times=9)
    done = ask(program, with_role(), timeout=65)
    assert (done.status, done.out) == (1, "")
    assert 50 < done.seconds < 58
