"""Which host is asked, by region and settings: the program looks names up in a
name server that knows none, and what it asks for is compared with what
Debian's botocore makes of the rule sets that AWS wrote for its SDKs."""
import itertools

import pytest
from botocore import session as botocore
from botocore.endpoint_provider import EndpointProvider

from program import ACCOUNT, STATIC_ENV
from standin import hosts, sso
from standin.aws import Aws
from standin.dns import Dns
from standin.signin import LOGIN

SERVER = "127.0.0.1"
LOADER = botocore.Session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
# By botocore's own names of the services. Sign-in is newer than this botocore.
RULES = {name: EndpointProvider(
    LOADER.load_service_model(name, "endpoint-rule-set-1"), PARTITIONS)
    for name in ("ecr", "ecr-public", "sts", "sso", "sso-oidc")}
REGIONS = [region for partition in PARTITIONS["partitions"]
           for region in partition["regions"] if "global" not in region]
FIPS, DUAL = "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"


def rule(service, region, **settings):
    url = RULES[service].resolve_endpoint(Region=region, **settings).url
    assert url.startswith("https://")
    return [url.removeprefix("https://")]


@pytest.fixture
def asked(program, ns, tmp_path):
    """asked(applet, ...) are the names, in order, that a run looks up."""
    resolv = hosts.write_resolv(tmp_path / "resolv.conf", SERVER)
    with Dns(ns, {}) as server:
        def ask(*args, env):
            server.log.clear()
            done = program.run(*args, ns=ns, resolv=resolv, env=env)
            assert done.status == 1, done
            return list(dict.fromkeys(
                name.lower() for name in server.questions()))
        yield ask


@pytest.fixture
def who(program):
    """Everything that identities come from: by service, the environment that
    makes the program ask it, in a region."""
    with Aws() as aws:
        tokens = [aws.sso.cached(), aws.sso.cached("my", life=-1)]
        logins = [aws.signin.cached(life=-1)]
    for place, files in ("sso", tokens), ("login", logins):
        for name, text in files:
            program.write(f".aws/{place}/cache/{name}", text)
    role = f"sso_account_id = {ACCOUNT}\nsso_role_name = r\n"

    def make(service, region, *, profile="", sections=""):
        portal = f"sso_start_url = {sso.START_URL}\nsso_region = {region}\n"
        lines = {"sso": role + portal, "signin": f"login_session = {LOGIN}\n",
                 "sso-oidc": f"{role}sso_session = my\n"}.get(service, "")
        program.write(
            ".aws/config", f"[profile p]\n{lines}{profile}\n"
            f"[sso-session my]\n{portal}\n{sections}")
        env = {"AWS_REGION": region, "AWS_PROFILE": "p"}
        if service in ("ecr", "ecr-public"):
            env |= {k: STATIC_ENV[k] for k in STATIC_ENV if "KEY" in k}
        if service == "sts":
            env |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(program.write(
                        "token", "web.identity.token")),
                    "AWS_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/r"}
        return env
    return make


def run_for(service):
    if service == "ecr":
        return "ecr-login", "-p"
    if service == "ecr-public":
        return "ecr-login", "-p", "public.ecr.aws"
    return ("credential-process",)


@pytest.mark.parametrize("service", ["ecr", "sts", "sso", "sso-oidc"])
def test_every_region(asked, who, service):
    assert len(REGIONS) > 30
    assert {region: asked(*run_for(service), env=who(service, region))
            for region in REGIONS} == \
        {region: rule(service, region) for region in REGIONS}


def test_public_registry_is_in_one_region(asked, who):
    for region in REGIONS[::5]:
        assert asked(*run_for("ecr-public"), env=who("ecr-public", region)) \
            == rule("ecr-public", "us-east-1")


@pytest.mark.parametrize("service", ["sts", "sso", "sso-oidc"])
@pytest.mark.parametrize("fips, dual", [(True, False), (False, True),
                                        (True, True)])
def test_variants(asked, who, service, fips, dual):
    """But for GovCloud's portal, and its OIDC service: the rule sets know
    their FIPS names by now."""
    for region in ("us-east-1", "eu-west-3", "cn-north-1", "us-gov-west-1"):
        expected = rule(service, region, UseFIPS=fips, UseDualStack=dual)
        if "gov" in region and fips and not dual:
            expected = rule(service, region)
        env = who(service, region) | {FIPS: str(fips), DUAL: str(dual)}
        assert asked(*run_for(service), env=env) == expected


def test_fips_registry_under_both_of_its_names(asked, who):
    """The older one is what this botocore has, and is asked for second."""
    for region in ("us-east-1", "us-gov-west-1"):
        old = rule("ecr", region, UseFIPS=True)
        assert asked(*run_for("ecr"), env=who("ecr", region) |
                     {FIPS: "true"}) == [f"api.{old[0]}", *old]


SIGN_IN = {
    "eu-west-1": "eu-west-1.signin.aws.amazon.com",
    "cn-north-1": "cn-north-1.signin.amazonaws.cn",
    "us-gov-west-1": "us-gov-west-1.signin.amazonaws-us-gov.com",
    "us-iso-east-1": "signin.us-iso-east-1.c2s.ic.gov",
    "eusc-de-east-1": "signin.eusc-de-east-1.amazonaws.eu",
}


@pytest.mark.parametrize("region", SIGN_IN)
def test_sign_in(asked, who, region):
    assert asked(*run_for("signin"), env=who("signin", region)) == \
        [SIGN_IN[region]]
    assert asked(*run_for("signin"), env=who("signin", "eu-west-1") |
                 {FIPS: "true"}) == ["signin-fips.eu-west-1.amazonaws.com"]


@pytest.mark.parametrize("name, setting", [
    ("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
    ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
    (None, None),
])
def test_sts_before_it_had_regions(asked, who, name, setting):
    legacy = setting == "legacy"
    env = {name: setting} if name else {}
    assert {region: asked(*run_for("sts"), env=who("sts", region) | env)
            for region in REGIONS} == \
        {region: rule("sts", region, UseGlobalEndpoint=legacy)
         for region in REGIONS}


def test_sts_without_a_region(asked, who):
    for region in (None, "", "aws-global"):
        env = who("sts", "us-east-1") | {"AWS_REGION": region}
        assert asked(*run_for("sts"), env=env) == ["sts.amazonaws.com"]


@pytest.mark.parametrize("region", ["fips-us-west-2", "us-west-2-fips"])
def test_pseudo_regions(asked, who, region):
    assert asked(*run_for("sts"), env=who("sts", region)) == \
        rule("sts", "us-west-2", UseFIPS=True)


def test_setting_that_is_neither(program, who):
    done = program.run("credential-process", env=who("sts", "eu-west-1") | {
        "AWS_STS_REGIONAL_ENDPOINTS": "global"})
    assert done.status == 2 and done.out == ""
    assert done.err.endswith("AWS_STS_REGIONAL_ENDPOINTS 'global': neither "
                             "legacy nor regional\n")


URL = "AWS_ENDPOINT_URL"
SERVICES = {"ecr": "ECR", "ecr-public": "ECR_PUBLIC", "sts": "STS",
            "sso": "SSO", "sso-oidc": "SSO_OIDC", "signin": "SIGNIN"}


@pytest.mark.parametrize("service", SERVICES)
def test_overrides(asked, who, service):
    """From the strongest down; each step leaves one more out. What is meant
    for the other services does not count."""
    name = SERVICES[service]
    others = {f"{URL}_{other}": "http://wrong.example"
              for other in SERVICES.values() if other != name}

    def seen(section="", **more):
        env = others | more | who(
            service, "eu-west-1",
            profile="services = s\nendpoint_url = http://profile.example\n",
            sections="[services s]\nother =\n"
            f"  endpoint_url = http://wrong.example\n{section}")
        return asked(*run_for(service), env=env)

    section = f"{name.lower()} =\n  endpoint_url = http://section.example\n"
    mine = {f"{URL}_{name}": "http://mine.example"}
    each = {URL: "http://all.example"}
    ignore = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert seen(section, **mine, **each) == ["mine.example"]
    assert seen(section, **each) == ["all.example"]
    assert seen(section) == ["section.example"]
    assert seen() == ["profile.example"]
    names = seen(section, **mine, **each, **ignore)
    assert len(names) == 1 and names[0].startswith(
        ("api.ecr", "sts.", "portal.sso.", "oidc.", "eu-west-1.signin."))


def test_names_are_all_different():
    """Or the cases above would prove little."""
    found = [rule(service, region)[0] for service, region in
             itertools.product(RULES, REGIONS)]
    assert len(set(found)) == len(found)
