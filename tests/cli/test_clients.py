"""Real clients against a real registry under an ECR host name, with the
password through our helper and through the files that ecr-login wrote."""
import json

import pytest

from clients import (buildah_pull, docker_manifest_inspect,
                     podman_pull, skopeo_copy_from, skopeo_copy_to,
                     skopeo_inspect, skopeo_list_tags)
from program import HOST, PASSWORD, STATIC_ENV


# Where the password comes from.

def by_helper(client):
    client.program.write(".docker/config.json", json.dumps(
        {"credHelpers": {HOST: "ecr-login"}}))
    return {}


def by_config(client):
    client.login()
    return {}


def by_auth_file(client):
    path = client.program.directory / "auth.json"
    client.login("--auth-file", str(path))
    return {"REGISTRY_AUTH_FILE": str(path)}


def by_runtime_auth_file(client):
    """Where podman and skopeo look without being told."""
    path = client.program.directory / "run" / "containers" / "auth.json"
    client.login("--auth-file", str(path))
    return {}


def by_configure_docker(client):
    client.configure("--configure-docker", HOST)
    return {}


def by_configure_containers(client):
    client.configure("--configure-containers")
    return {}


def by_nothing(_client):
    return {}


CONTAINERS = [skopeo_inspect, skopeo_list_tags, skopeo_copy_from,
              skopeo_copy_to, buildah_pull, podman_pull]
ROWS = [(act, by) for act in CONTAINERS
        for by in (by_helper, by_config, by_auth_file)] + [
    (skopeo_inspect, by_runtime_auth_file),
    (podman_pull, by_runtime_auth_file),
    (docker_manifest_inspect, by_helper),
    (docker_manifest_inspect, by_config),
    (docker_manifest_inspect, by_configure_docker),
    (skopeo_inspect, by_configure_docker),
    (skopeo_inspect, by_configure_containers),
    (buildah_pull, by_configure_containers),
    (podman_pull, by_configure_containers),
]


@pytest.mark.parametrize("act, by", ROWS)
def test_client(client, act, by):
    env = by(client)
    done = act(client, env)
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    # The password was ours, and one call to ECR was enough.
    assert client.place.aws.verdicts() == ["ok"]


@pytest.mark.parametrize("act", [skopeo_inspect, docker_manifest_inspect])
def test_registry_wants_a_password(client, act):
    assert act(client, by_nothing(client)).returncode != 0


@pytest.mark.parametrize("act", [skopeo_inspect, docker_manifest_inspect])
def test_after_logout(client, act):
    env = by_config(client)
    client.program.login("--logout", HOST, env=STATIC_ENV)
    assert act(client, env).returncode != 0


def test_helper_without_credentials_says_why(client):
    """docker shows its helper's standard error."""
    by_helper(client)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del client.env[name]
    done = docker_manifest_inspect(client, {})
    assert done.returncode != 0
    assert "docker-credential-ecr-login: no credentials: env: " in done.stderr


def test_docker_logout_through_the_helper(client):
    by_helper(client)
    docker_manifest_inspect(client, {})
    assert list(client.program.cache.iterdir())
    done = client.run("/usr/bin/docker", "logout", HOST)
    assert done.returncode == 0 and "WARNING" not in done.stderr
    assert not list(client.program.cache.iterdir())


def test_helper_as_the_store_for_everything(client):
    """As credsStore we are asked for Docker Hub too, and keep quiet."""
    client.program.write(".docker/config.json", '{"credsStore":"ecr-login"}')
    done = docker_manifest_inspect(client, {})
    assert done.returncode == 0, done.stderr
    done = client.run("/usr/bin/docker", "manifest", "inspect",
                      "localhost:1/x:1")
    assert "ecr-login" not in done.stderr


@pytest.mark.parametrize("tool", ["podman", "skopeo"])
def test_credential_helpers_of_registries_conf(client, tool):
    client.program.write(
        ".config/containers/registries.conf",
        'credential-helpers = ["containers-auth.json", "ecr-login"]\n')
    env = {"CONTAINERS_REGISTRIES_CONF": str(
        client.program.home / ".config/containers/registries.conf")}
    act = podman_pull if tool == "podman" else skopeo_inspect
    done = act(client, env)
    assert done.returncode == 0, done.stderr


def test_configure_containers_keeps_what_was_set(client):
    """The user's registries.conf still leads from another name to our
    registry, and its helper is still asked, before ours."""
    client.program.write(
        ".config/containers/registries.conf",
        'credential-helpers = ["other"]\n[[registry]]\n'
        f'prefix = "mirror.example/team"\nlocation = "{HOST}/team"\n')
    other = client.program.directory / "bin" / "docker-credential-other"
    other.write_text("#!/bin/sh\ncat >>asked\necho credentials not found in"
                     " native keychain\nexit 1\n")
    other.chmod(0o755)
    asked = client.program.directory / "asked"

    def inspect():
        return client.run("/usr/bin/skopeo", "inspect", "--no-tags",
                          "docker://mirror.example/team/app:1")

    assert inspect().returncode != 0 and asked.read_text() == HOST
    by_configure_containers(client)
    done = inspect()
    assert done.returncode == 0, done.stderr
    assert asked.read_text() == 2 * HOST
    client.configure("--configure-containers", "--remove")
    assert inspect().returncode != 0 and asked.read_text() == 3 * HOST


@pytest.mark.parametrize("act, option", [
    (docker_manifest_inspect, "--configure-docker"),
    (skopeo_inspect, "--configure-containers")])
def test_configure_undone(client, act, option):
    client.configure(option, *([HOST] if "docker" in option else []))
    assert act(client, {}).returncode == 0
    client.configure(option, "--remove")
    assert act(client, {}).returncode != 0
