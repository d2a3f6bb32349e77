"""Every applet that needs an identity, wherever AWS puts one: the metadata
service and the containers' agents at their true addresses."""
import json

import pytest

from program import HOST, PASSWORD, REGION
from standin import aws as stand, netns
from standin.container import (ECS_ADDRESS, ECS_PATH, EKS_ADDRESS,
                               EKS_ADDRESS_6, EKS_PATH, Container)
from standin.imds import (ADDRESS, ADDRESS_6, Imds, expire, rename_role,
                          token_lost)

PUBLIC = "public.ecr.aws"


def request(host):
    return json.dumps({
        "kind": "CredentialProviderRequest", "image": f"{host}/app",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1"})


# Arguments for a host, standard input, what is found in the output.
APPLETS = {
    "ecr-login": lambda host: (["-p", host], "", PASSWORD),
    "docker-credential-ecr-login": lambda host: (["get"], host, PASSWORD),
    "ecr-credential-provider": lambda host: ([], request(host), PASSWORD),
    "credential-process": lambda _: ([], "", stand.SESSION_SECRET),
}
# Needs the caller's account, and no host.
OWN = {"ecr-login --configure-docker": lambda _: (
    ["--configure-docker", "--region", REGION], "", f" {HOST}\n")}


@pytest.fixture
def real(program, aws, ns):
    """ECR inside the namespace; metadata not switched off."""
    program.env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{aws.listen(ns=ns)}"
    program.env["AWS_ECR_DISABLE_CACHE"] = "1"
    del program.env["AWS_EC2_METADATA_DISABLED"]
    program.link("docker-credential-ecr-login")
    program.env["PATH"] = str(program.directory / "links")
    return program


# The stand-in's machine may be busy; the budget itself is test_metadata.py's.
PATIENT = {"AWS_METADATA_SERVICE_TIMEOUT": "10"}


def check(program, ns, name, host=HOST, env=None):
    args, stdin, out = (APPLETS | OWN)[name](host)
    done = program.run(name.split()[0], *args, stdin=stdin, ns=ns,
                       env=PATIENT | (env or {}))
    assert (done.status, done.err) == (0, "") and out in done.out


@pytest.mark.parametrize("name", [*APPLETS, *OWN])
@pytest.mark.parametrize("address, env", [
    (ADDRESS, {}),
    (ADDRESS_6, {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}),
])
def test_metadata(real, aws, ns, name, address, env):
    with Imds() as service:
        service.listen(address, 80, ns=ns)
        check(real, ns, name, env=env)
        assert service.connections == 1
        assert len(aws.log) == (name != "credential-process")


# What goes wrong in the middle, and on what.
MIDDLE = {
    "token lost": (token_lost, "security-credentials/app-role"),
    "token that expires": (expire, "security-credentials/"),
    "role renamed": (rename_role, "security-credentials/app-role"),
}


@pytest.mark.parametrize("name", [*APPLETS, *OWN])
@pytest.mark.parametrize("fault", MIDDLE)
def test_in_the_middle(real, ns, name, fault):
    what, on = MIDDLE[fault]
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        service.fail(what, on=on)
        check(real, ns, name)
        assert len(service.log) > 3


@pytest.mark.parametrize("name", [*APPLETS, *OWN])
def test_between_two_runs(real, ns, name):
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        check(real, ns, name)
        service.role, service.offset = "other-role", service.offset + 21601
        service.tokens.clear()
        check(real, ns, name)


@pytest.mark.parametrize("name", [*APPLETS, *OWN])
def test_hop_limit(program, namespaces, name):
    args, stdin, _ = (APPLETS | OWN)[name](HOST)
    with netns.HopLimit() as hop, Imds() as service:
        service.listen(ADDRESS, 80, ns=hop.service)
        done = program.run(name.split()[0], *args, stdin=stdin, ns=hop.pod,
                           env={"AWS_EC2_METADATA_DISABLED": None})
    assert done.status == 1 and done.seconds < 3
    assert "HttpPutResponseHopLimit must be 2 or more\n" in done.err


RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
AGENTS = [
    (ECS_ADDRESS, {RELATIVE: ECS_PATH}),
    (EKS_ADDRESS, {FULL: f"http://{EKS_ADDRESS}{EKS_PATH}"}),
    (EKS_ADDRESS_6, {FULL: f"http://[{EKS_ADDRESS_6}]{EKS_PATH}"}),
]


@pytest.mark.parametrize("name", [*APPLETS, *OWN])
@pytest.mark.parametrize("address, env", AGENTS)
def test_agent(real, ns, name, address, env):
    with Container() as service:
        service.listen(address, 80, ns=ns)
        check(real, ns, name, env=env)
        assert len(service.log) == 1


@pytest.mark.parametrize("name", [*APPLETS][:3])
def test_ecr_public(real, aws, ns, name):
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        check(real, ns, name, PUBLIC)
    (asked,) = aws.log
    assert "/us-east-1/ecr-public/" in asked.headers["authorization"]
