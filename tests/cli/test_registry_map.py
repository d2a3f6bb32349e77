"""The registry map and --auto-profile: as whom ECR is asked, by each applet,
and who is not let choose."""
import json
import os

import pytest

from program import (ACCOUNT, AUTH, HOST, NOT_FOUND, PASSWORD, REGION,
                     SUCCEEDED, answer, entry)

OTHER = "210987654321"
THERE = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com"
CUSTOM = "registry.example.com"
ROLE = f"arn:aws:iam::{OTHER}:role/pull"
MAP = ".config/ecrbox.conf"
OURS = f"[{CUSTOM}]\naccount = {OTHER}\nregion = us-east-1\nprofile = dev\n"


@pytest.fixture
def users(program, aws):
    """Profiles default, prod and dev, each with a key of its own, and the
    environment's user."""
    config = f"[default]\nregion = {REGION}\n"
    text = ""
    for name in ("default", "prod", "dev"):
        key = aws.keys.user(name)
        text += f"[{name}]\naws_access_key_id = {key.id}\n" \
            f"aws_secret_access_key = {key.secret}\n"
    program.write(".aws/config", config)
    program.write(".aws/credentials", text)
    return {name: aws.keys.user(name).path
            for name in ("default", "prod", "dev", "env")}


def environment(aws):
    key = aws.keys.user("env")
    return {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}


# Map, what is asked for, who asks; for the command line and the helper.
CHOICES = [
    ("", HOST, "default"),
    (f"[{ACCOUNT}]\nprofile = prod\n", HOST, "prod"),
    (f"[{ACCOUNT}]\nprofile = prod\n", THERE, "default"),
    (f"[{ACCOUNT}]\nprofile = prod\n[{OTHER}]\nprofile = dev\n", THERE,
     "dev"),
    (f"[{HOST}]\nprofile = prod\n", HOST, "prod"),
    (f"[*.dkr.ecr.{REGION}.*]\nprofile = prod\n", HOST, "prod"),
    ("[*]\nprofile = prod\n", "public.ecr.aws", "prod"),
    (f"[*]\nprofile = dev\n[{ACCOUNT}]\nprofile = prod\n", HOST, "dev"),
    (f"[{ACCOUNT}]\n[*]\nprofile = dev\n", HOST, "default"),
    (OURS, CUSTOM, "dev"),
]


@pytest.mark.parametrize("text, host, who", CHOICES)
def test_who_asks(program, aws, users, text, host, who):
    program.write(MAP, text)
    assert program.login(host).parts == (0, SUCCEEDED, "")
    assert json.loads(program.config.read_text()) == {
        "auths": {host: {"auth": AUTH}}}
    assert program.get(host, env={"AWS_ECR_DISABLE_CACHE": "1"}).parts == (
        0, answer(host), "")
    assert aws.reached() == [users[who]] * 2
    assert aws.verdicts() == ["ok"] * 2


def test_kubelet(program, aws, users):
    program.write(MAP, OURS)
    request = {"kind": "CredentialProviderRequest",
               "apiVersion": "credentialprovider.kubelet.k8s.io/v1"}
    for image, who in ((f"{CUSTOM}/app:1", "dev"), (f"{HOST}/app", "default")):
        done = program.run("ecr-credential-provider", stdin=json.dumps(
            request | {"image": image}))
        assert (done.status, done.err) == (0, "")
        host = image.partition("/")[0]
        assert json.loads(done.out)["auth"] == {
            host: {"username": "AWS", "password": PASSWORD}}
        assert aws.reached()[-1] == users[who]
    done = program.run("ecr-credential-provider", stdin=json.dumps(
        request | {"image": "registry.example.org/app"}))
    assert done.parts == (
        1, "", "ecr-credential-provider: request: image "
        "'registry.example.org/app' is not in an ECR registry; see "
        "--print-config for a matchImages of ECR's hosts\n")


def test_several_at_once(program, aws, users):
    program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n" + OURS)
    done = program.login(ACCOUNT, CUSTOM, THERE, env={"AWS_REGION": REGION})
    assert done.parts == (0, SUCCEEDED * 3, "")
    assert aws.reached() == [users[w] for w in ("prod", "dev", "default")]
    assert set(json.loads(program.config.read_text())["auths"]) == {
        HOST, CUSTOM, THERE}


def test_account_and_region_of_the_host(program, aws, users):
    program.write(MAP, OURS)
    assert program.get(f"https://{CUSTOM}/v2/").parts == (
        0, answer(f"https://{CUSTOM}/v2/"), "")
    assert json.loads(aws.log[0].body) == {"registryIds": [OTHER]}
    assert "/us-east-1/ecr/" in aws.log[0].headers["authorization"]


def test_role(program, aws, users):
    """On top of the profile; the external id comes along."""
    from standin.sts import Role
    aws.sts.roles[ROLE] = Role(external_id="42", trusts={users["prod"]})
    program.write(MAP, f"[{OTHER}]\nprofile = prod\nrole_arn = {ROLE}\n"
                  "external_id = 42\n")
    assert program.get(THERE).parts == (0, answer(THERE), "")
    assert aws.reached() == [f"{users['prod']} > {OTHER}/pull"]


def test_role_of_the_usual_identity(program, aws, users):
    program.write(MAP, f"[{OTHER}]\nrole_arn = {ROLE}\n")
    assert program.login(THERE, env=environment(aws)).status == 0
    assert aws.reached() == [f"{users['env']} > {OTHER}/pull"]


def test_profile_goes_before_the_environment(program, aws, users):
    program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n")
    assert program.login(HOST, THERE, env=environment(aws)).status == 0
    assert aws.reached() == [users["prod"], users["env"]]


def test_profile_of_the_command_line(program, aws, users):
    program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\nrole_arn = {ROLE}\n")
    done = program.login("-v", "--profile", "dev", HOST)
    assert (done.status, aws.reached()) == (0, [users["dev"]])
    assert "--profile 'dev' goes before what it says\n" in done.err


def test_verbose(program, aws, users):
    path = program.write(MAP, f"\n[{ACCOUNT}]\nprofile = prod\n")
    done = program.get(env={"ECRBOX_VERBOSE": "1"})
    assert done.err.startswith(
        f"docker-credential-ecr-login: registry '{HOST}': section [{ACCOUNT}]"
        f" in line 2 of '{path}'\n")


# Arguments, environment; the region that is asked for.
REGIONS = [
    ([], {}, "us-west-2"),
    ([], {"AWS_REGION": "us-east-1"}, "us-west-2"),
    (["--region", "us-east-1"], {}, "us-east-1"),
]


@pytest.mark.parametrize("args, env, region", REGIONS)
def test_region_of_an_account(program, aws, users, args, env, region):
    program.write(MAP, f"[{ACCOUNT}]\nregion = us-west-2\n")
    assert program.login(*args, ACCOUNT, env=env).status == 0
    assert list(json.loads(program.config.read_text())["auths"]) == [
        f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com"]


def test_endpoint(program, aws, users):
    """For these registries only; the option is stronger, a variable is not."""
    program.write(MAP, f"[{ACCOUNT}]\nendpoint_url = {aws.url}\n")
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1",
               "AWS_MAX_ATTEMPTS": "1"}
    assert program.login(HOST, env=nowhere).parts == (0, SUCCEEDED, "")
    assert program.login(THERE, env=nowhere).status == 1
    assert program.login("--endpoint-url", "http://127.0.0.1:1", HOST,
                         env={"AWS_MAX_ATTEMPTS": "1"}).status == 1
    assert len(aws.log) == 1


def test_authorities_of_the_profile(program, aws, users, pki):
    """Each registry's are its profile's."""
    port = aws.listen(tls=pki.context())
    url = f"endpoint_url = https://localhost:{port}\n"
    program.write(".aws/config", f"[profile prod]\nca_bundle = {pki.bundle}\n"
                  "[profile dev]\n")
    program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n{url}"
                  f"[{OTHER}]\nprofile = dev\n{url}")
    assert program.login(HOST).parts == (0, SUCCEEDED, "")
    assert program.get(env={"AWS_ECR_DISABLE_CACHE": "1"}).status == 0
    done = program.login(THERE)
    assert (done.status, done.out) == (1, "")
    assert "an authority not known here" in done.err
    done = program.run("whoami", "--registry", HOST,
                       env={"AWS_ENDPOINT_URL": f"https://localhost:{port}"})
    assert done.status == 0, done.err
    assert aws.reached() == [users["prod"]] * 2


def test_cache_keeps_identities_apart(program, aws, users):
    for profile in ("prod", "dev", "prod", "dev"):
        program.write(MAP, f"[{ACCOUNT}]\nprofile = {profile}\n")
        assert program.get().parts == (0, answer(), "")
    assert aws.reached() == [users["prod"], users["dev"]]


def test_list_erase_and_logout(program, aws, users):
    program.write(MAP, OURS)
    program.login(CUSTOM)
    done = program.run("docker-credential-ecr-login", "list")
    assert done.parts == (0, f'{{"https://{CUSTOM}":"AWS"}}\n', "")
    done = program.run("docker-credential-ecr-login", "erase",
                       stdin=f"https://{CUSTOM}")
    assert done.parts == (0, "", "") and not list(program.cache.iterdir())
    program.login(CUSTOM)
    assert program.login("--logout", CUSTOM).parts == (
        0, f"Removing login credentials for {CUSTOM}\n", "")
    assert not list(program.cache.iterdir())
    assert json.loads(program.config.read_text()) == {"auths": {}}
    program.login(CUSTOM)
    assert program.login("--logout").parts == (
        0, f"Removing login credentials for {CUSTOM}\n", "")


def test_logout_needs_no_identity(program):
    program.write(MAP, f"[{ACCOUNT}]\nprofile = gone\n" + OURS)
    program.write(".docker/config.json", json.dumps({"auths": {
        HOST: {"auth": "x"}, CUSTOM: {"auth": "y"}, "docker.io": {}}}))
    assert program.login("--logout").parts == (
        0, f"Removing login credentials for {HOST}\n"
        f"Removing login credentials for {CUSTOM}\n", "")


def test_configure_docker(program):
    """No identity is needed, and none looked for."""
    program.write(MAP, f"[{ACCOUNT}]\nregion = us-east-1\n" + OURS)
    program.link("docker-credential-ecr-login")
    env = {"PATH": str(program.directory / "links")}
    there = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
    done = program.login("--configure-docker", CUSTOM, ACCOUNT, env=env)
    assert done.parts == (0, f"Registered ecr-login for {CUSTOM}\n"
                          f"Registered ecr-login for {there}\n", "")
    assert json.loads(program.config.read_text()) == {
        "credHelpers": {CUSTOM: "ecr-login", there: "ecr-login"}}
    done = program.login("--configure-docker", "--remove", env=env)
    assert done.parts == (0, f"Removed ecr-login for {CUSTOM}\n"
                          f"Removed ecr-login for {there}\n", "")


# Hosts that no section names in full.
STRANGERS = ["docker.io", f"evil.{CUSTOM}", f"{CUSTOM}.evil.example",
             f"{CUSTOM}:5000", f"http://{CUSTOM}", f"{CUSTOM}@evil.example",
             "evil.example/" + CUSTOM]


@pytest.mark.parametrize("host", STRANGERS)
def test_no_password_for_strangers(program, aws, users, host):
    program.write(MAP, "[*]\nprofile = prod\n" + OURS)
    assert program.get(host).parts == (1, NOT_FOUND, "")
    assert program.login(host).status == 2
    assert not aws.log


# What is wrong, where and how it is said.
MISTAKES = [
    (f"[{ACCOUNT}]\nprofil = prod\n", 2, "unknown key 'profil' (there are "
     "profile, role_arn, external_id, region, account and endpoint_url)"),
    (f"[{ACCOUNT}]\nprofile prod\n", 2, "neither [section], key = value nor a "
     "comment"),
    ("[*.example.com]\naccount = 123456789012\n", 2, "'account' has no "
     "meaning in a pattern's section: a host of your own is named in full"),
    ("[r.example.com]\nprofile = prod\n", 1, "'r.example.com' is not a host "
     "of ECR's, so its section needs 'account', that of the registry behind "
     "it"),
    (f"[{OTHER}]\n[{OTHER}]\n", 2, f"section '{OTHER}' was there before, in "
     "line 1"),
]


@pytest.mark.parametrize("text, line, message", MISTAKES)
def test_mistakes(program, aws, users, text, line, message):
    """Whatever registry is meant, and though another section would fit."""
    path = program.write(MAP, f"{text}[*]\nprofile = prod\n")
    cause = f"'{path}' line {line}: {message}\n"
    assert program.login(HOST).parts == (2, "", f"ecr-login: {cause}")
    assert program.get().parts == (
        1, NOT_FOUND, f"docker-credential-ecr-login: {cause}")
    assert not aws.log and not program.config.exists()


def test_profile_that_is_not_there(program, aws, users):
    path = program.write(MAP, f"[{ACCOUNT}]\nprofile = gone\n")
    aws_files = program.home / ".aws"
    assert program.login(HOST, THERE).parts == (
        1, SUCCEEDED, f"ecr-login: registry '{HOST}': '{path}' line 1: profile"
        f" 'gone' not found in '{aws_files}/config' or '{aws_files}/"
        "credentials'\necr-login: 1 of 2 registries failed\n")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o664])
def test_map_that_others_can_write(program, aws, users, mode):
    path = program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n", mode)
    assert program.login(HOST).parts == (
        1, "", f"ecr-login: read '{path}': others can write it; chmod go-w "
        "would end that\n")
    assert not aws.log


def test_directory_that_others_can_write(program, aws, users):
    path = program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n")
    path.parent.chmod(0o777)
    assert program.login(HOST).parts == (
        1, "", f"ecr-login: read '{path}': others can write to the directory "
        f"'{path.parent}'; chmod go-w would end that\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_map_of_another_user(program, aws, users):
    path = program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n", 0o644)
    os.chown(path, 12, 12)
    assert program.login(HOST).parts == (
        1, "", f"ecr-login: read '{path}': it belongs to user 12, neither to "
        "us nor to root\n")


def test_map_of_the_variable(program, aws, users):
    program.write(MAP, f"[{ACCOUNT}]\nprofile = prod\n")
    program.write("m", f"[{ACCOUNT}]\nprofile = dev\n")
    for value, who in (("~/m", "dev"), ("/dev/null", "default"),
                       ("", "prod"), (str(program.home / "m"), "dev")):
        assert program.login(HOST, env={
            "ECRBOX_CONFIG": value,
            "AWS_ECR_DISABLE_CACHE": "1"}).status == 0
        assert aws.reached()[-1] == users[who]
    done = program.login(HOST, env={"ECRBOX_CONFIG": "/nonexistent"})
    assert done.parts == (2, "", "ecr-login: ECRBOX_CONFIG: open "
                          "'/nonexistent': No such file or directory\n")


# --auto-profile.

def single_sign_on(*accounts):
    return "".join(f"[profile sso-{i}]\nsso_account_id = {account}\n"
                   "sso_role_name = r\n" for i, account in
                   enumerate(accounts))


def role(name, account, source="prod"):
    return f"[profile {name}]\nrole_arn = arn:aws:iam::{account}:role/pull\n" \
        f"source_profile = {source}\n"


@pytest.mark.parametrize("args, env", [
    (["--auto-profile"], {}), ([], {"ECRBOX_AUTO_PROFILE": "1"}),
    ([], {"ECRBOX_AUTO_PROFILE": "true"})])
def test_auto_profile(program, aws, users, args, env):
    program.write(".aws/config", f"[default]\nregion = {REGION}\n" +
                  role("x", OTHER) + single_sign_on("333333333333"))
    assert program.login(*args, THERE, HOST,
                         env=env | environment(aws)).status == 0
    assert aws.reached() == [f"{users['prod']} > {OTHER}/pull", users["env"]]


def test_auto_profile_of_the_helper(program, aws, users):
    program.write(".aws/config", role("x", OTHER))
    assert program.get(THERE, env={"ECRBOX_AUTO_PROFILE": "1"}).parts == (
        0, answer(THERE), "")
    assert aws.reached() == [f"{users['prod']} > {OTHER}/pull"]


@pytest.mark.parametrize("value", [None, "", "0", "false", "no"])
def test_auto_profile_is_off(program, aws, users, value):
    program.write(".aws/config", role("x", OTHER) + role("y", OTHER))
    assert program.get(THERE, env={"ECRBOX_AUTO_PROFILE": value}).status == 0
    assert aws.reached() == [users["default"]]


def test_two_profiles(program, aws, users):
    program.write(".aws/config", role("x", OTHER) + single_sign_on(OTHER))
    cause = f"registry '{THERE}': auto-profile: account {OTHER} has the " \
        "profiles 'x' and 'sso-0': choose one by --profile, or by a section " \
        f"[{OTHER}] in ecrbox.conf\n"
    assert program.login("--auto-profile", THERE).parts == (
        2, "", f"ecr-login: {cause}")
    assert program.get(THERE, env={"ECRBOX_AUTO_PROFILE": "1"}).parts == (
        1, NOT_FOUND, f"docker-credential-ecr-login: {cause}")
    assert not aws.log
    # Both remedies work.
    assert program.login("--auto-profile", "--profile", "x",
                         THERE).status == 0
    program.write(MAP, f"[{OTHER}]\nprofile = dev\n")
    assert program.login("--auto-profile", THERE).status == 0
    assert aws.reached() == [f"{users['prod']} > {OTHER}/pull", users["dev"]]


@pytest.mark.parametrize("config", [
    role("x", OTHER, "p") + "[profile p]\ncredential_process = {}\n",
    f"[profile x]\nrole_arn = arn:aws:iam::{OTHER}:role/pull\n"
    "source_profile = x\ncredential_process = {}\n",
    f"[profile x]\nsso_account_id = {OTHER}\ncredential_process = {{}}\n",
])
def test_auto_profile_runs_nothing(program, aws, config):
    """Not even for who reads the image's name to us."""
    script = program.write("script", "#!/bin/sh\necho ran >> \"$HOME/ran\"\n",
                           0o755)
    program.write(".aws/config", config.format(script))
    done = program.login("--auto-profile", THERE)
    assert (done.status != 0, done.out) == (True, "")
    assert not (program.home / "ran").exists() and not aws.reached()
    program.login("--profile", "x", THERE)
    if "source_profile = p" in config:
        assert (program.home / "ran").exists()


def test_entry_is_dockers(program, aws, users):
    program.write(MAP, OURS)
    program.login(CUSTOM)
    assert program.config.read_text() == entry(CUSTOM)
