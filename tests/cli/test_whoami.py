"""whoami: the identity, in words and in JSON."""
import json
import re

import pytest

from program import ACCOUNT, API, HOST, REGION, SESSION_ENV, STATIC_ENV
from standin import faults, hosts
from standin.keys import SESSION, STATIC

OTHER = "210987654321"


def ask(program, *args, **keywords):
    return program.run("whoami", *args, **keywords)


def whole(url, key=STATIC, **changes):
    """The object in the order of its members; None is left out."""
    answer = {"UserId": key.id, "Account": key.account, "Arn": key.arn,
              "Source": "env", "Profile": None, "Region": REGION,
              "Endpoint": url, "Expires": None} | changes
    return {name: value for name, value in answer.items() if value}


def test_text(program, aws):
    assert ask(program, env=STATIC_ENV).parts == (
        0, f"account   {ACCOUNT}\narn       {STATIC.arn}\n"
        f"source    env\nregion    {REGION}\nendpoint  {aws.url}\n", "")
    assert aws.actions() == ["sts:GetCallerIdentity"]


def test_all_lines(program, aws):
    program.write(".aws/config", "[profile p]\nregion = us-west-2\n"
                  f"role_arn = arn:aws:iam::{OTHER}:role/r\n"
                  "source_profile = p\nrole_session_name = me\n"
                  f"aws_access_key_id = {STATIC.id}\n"
                  f"aws_secret_access_key = {STATIC.secret}\n")
    done = ask(program, "--profile", "p")
    assert re.fullmatch(
        f"account   {OTHER}\n"
        f"arn       arn:aws:sts::{OTHER}:assumed-role/r/me\n"
        "source    role\nprofile   p\nregion    us-west-2\n"
        f"endpoint  {re.escape(aws.url)}\n"
        r"expires   \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", done.out), done.out
    assert (done.status, done.err) == (0, "")


def test_json(program, aws):
    done = ask(program, "--json", env=STATIC_ENV)
    assert done.status == 0 and done.out.count("\n") == 1
    assert list(json.loads(done.out).items()) == list(whole(aws.url).items())
    done = ask(program, "--json", env=SESSION_ENV | {
        "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00+00:00"})
    assert json.loads(done.out) == whole(
        aws.url, SESSION, Expires="2099-01-01T00:00:00Z")


def test_no_region(program, aws):
    """STS has an endpoint for all the world; ECR has not."""
    done = ask(program, "--json", env=STATIC_ENV | {"AWS_REGION": None})
    assert json.loads(done.out) == whole(None, Region=None)
    assert "/us-east-1/sts/" in aws.log[0].headers["authorization"]


def test_region_of_metadata(program, aws, imds):
    imds.region = "us-west-2"
    done = ask(program, "--json", env=STATIC_ENV | {"AWS_REGION": None})
    assert json.loads(done.out)["Region"] == "us-west-2"


# Arguments, and the registry's region and endpoint.
REGISTRIES = [
    ([], REGION, API),
    (["--registry", HOST], REGION, API),
    (["--registry", f"{ACCOUNT}@us-east-1"], "us-east-1",
     "api.ecr.us-east-1.amazonaws.com"),
    (["--registry", f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com"],
     "us-east-1", "api.ecr-fips.us-east-1.amazonaws.com"),
    (["--registry", f"{ACCOUNT}.dkr-ecr.eu-west-1.on.aws"], REGION,
     "ecr.eu-west-1.api.aws"),
    (["--registry", "public.ecr.aws"], "us-east-1",
     "api.ecr-public.us-east-1.amazonaws.com"),
    (["--region", "us-west-2"], "us-west-2",
     "api.ecr.us-west-2.amazonaws.com"),
]


@pytest.mark.parametrize("args, region, endpoint", REGISTRIES)
def test_endpoint(program, aws, args, region, endpoint):
    done = ask(program, "--json", *args, env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": None, "AWS_ENDPOINT_URL_STS": aws.url})
    found = json.loads(done.out)
    assert (found["Region"], found["Endpoint"]) == (
        region, f"https://{endpoint}")
    assert aws.actions() == ["sts:GetCallerIdentity"]


def test_registry_map(program, aws):
    for name in ("default", "prod"):
        key = aws.keys.user(name)
        with open(program.write(f".aws/{name}", ""), "w") as file:
            file.write(f"[{name}]\naws_access_key_id = {key.id}\n"
                       f"aws_secret_access_key = {key.secret}\n")
    text = "".join((program.home / ".aws" / name).read_text()
                   for name in ("default", "prod"))
    program.write(".aws/credentials", text)
    path = program.write(
        ".config/ecrbox.conf", f"[r.example.com]\naccount = {OTHER}\n"
        "region = us-west-1\nprofile = prod\n"
        "endpoint_url = http://localhost:4566/x\n")
    done = ask(program, "-v", "--json", "--registry", "r.example.com")
    key = aws.keys.user("prod")
    assert json.loads(done.out) == whole(
        "http://localhost:4566/x", key, Source="profile", Profile="prod",
        Region="us-west-1")
    assert f"whoami: registry 'r.example.com': section [r.example.com] in " \
        f"line 1 of '{path}'\n" in done.err


def test_auto_profile(program, aws):
    program.write(".aws/config", "[profile x]\nregion = us-west-2\n"
                  f"role_arn = arn:aws:iam::{OTHER}:role/r\n"
                  "source_profile = x\n"
                  f"aws_access_key_id = {STATIC.id}\n"
                  f"aws_secret_access_key = {STATIC.secret}\n")
    done = ask(program, "--auto-profile", "--registry", OTHER, "--json")
    found = json.loads(done.out)
    assert (found["Profile"], found["Account"], found["Region"]) == (
        "x", OTHER, "us-west-2")


# Arguments, exit status, message.
REFUSED = [
    (["x"], 2, "unexpected argument 'x'"),
    (["--registry"], 2, "option '--registry' needs a value (REGISTRY)"),
    (["--registry", ""], 2, "option '--registry': the value is empty"),
    (["--registry", "docker.io"], 2, "registry 'docker.io': not an ECR host,"
     " an account id or ACCOUNT@REGION, nor a host of ecrbox.conf"),
    (["--registry", f"{ACCOUNT}@x_y"], 2, f"registry '{ACCOUNT}@x_y': region "
     "'x_y': not a name of letters, digits and hyphens"),
    (["--region", "x_y"], 2, "region 'x_y' of --region cannot be part of a "
     "host name: letters, digits and '-' only"),
]


@pytest.mark.parametrize("args, status, message", REFUSED)
def test_refused(program, aws, args, status, message):
    assert ask(program, *args, env=STATIC_ENV).parts == (
        status, "", f"whoami: {message}\n")
    assert not aws.log


def test_nobody(program, aws):
    """Each source says why it has none."""
    done = ask(program, env={"AWS_REGION": REGION})
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("whoami: no credentials: env: "
                               "AWS_ACCESS_KEY_ID not set; profile: ")
    for source in ("container: ", "imds: "):
        assert source in done.err
    assert not aws.log


def test_denied(program, aws):
    aws.fail(faults.error("AccessDenied", "with an explicit deny"))
    done = ask(program, env=STATIC_ENV)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("whoami: sts GetCallerIdentity at ")
    assert "with an explicit deny" in done.err


def test_wrong_key(program, aws):
    done = ask(program, env=STATIC_ENV | {"AWS_ACCESS_KEY_ID": "AKIAOTHER"})
    assert (done.status, done.out) == (1, "")
    assert "InvalidClientTokenId" in done.err


def test_tls(program, aws, pki, ns, tmp_path):
    """By the name of STS in the region."""
    name = f"sts.{REGION}.amazonaws.com"
    aws.listen(port=443, tls=pki.context(), ns=ns)
    names = hosts.write(tmp_path / "hosts", {name: "127.0.0.1"})
    done = ask(program, ns=ns, hosts=names, env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": None, "AWS_CA_BUNDLE": str(pki.bundle)})
    assert (done.status, done.err) == (0, "")
    assert [r.headers["host"] for r in aws.log] == [name]
