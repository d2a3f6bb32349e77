"""Who we are, judged by botocore: on the same environment and files the AWS
CLI's order takes the same identity. Where ours is to be another one, a rule
of decisions.py says how we read the case, and botocore reads that."""
import json
import os
import re
import socket
import subprocess
from contextlib import contextmanager
from unittest import mock

import botocore.loaders
import botocore.session
import pytest
from botocore.credentials import SSOProvider
from botocore.exceptions import BotoCoreError, ClientError
from botocore.tokens import SSOTokenProvider

from decisions import CLI, decided
from identities import Case, People, generated
from parts import LOGIN
from program import BINARY, Program, check_errors
from standin.aws import Aws
from standin.container import ECS_PATH, Container
from standin.imds import Imds

CASES = generated(600)
CHUNKS = 8
NONE, ERROR = "nobody", "error"


class Place:
    """The services, one home, and the two who look there."""

    def __init__(self, directory) -> None:
        self.program = Program(directory)
        self.program.env.clear()
        self.home = self.program.home
        self.aws, self.imds, self.container = Aws(), Imds(), Container()
        self.people = People(self.aws, self.home)
        self.imds.key = self.people.keys["IMDS"]
        self.container.key = self.people.keys["CONT"]
        self.url = f"http://127.0.0.1:{self.aws.listen()}"
        self.places = {
            "@IMDS@": f"http://127.0.0.1:{self.imds.listen()}",
            "@CONTAINER@":
                f"http://127.0.0.1:{self.container.listen()}{ECS_PATH}"}
        self.loader = botocore.loaders.Loader()

    def close(self) -> None:
        for service in (self.aws, self.imds, self.container):
            service.stop()

    def settle(self, case: Case) -> dict[str, str]:
        env = self.people.settle(case)
        return {"HOME": str(self.home), "PATH": "/usr/bin:/bin",
                **{name: self.places.get(value, value)
                   for name, value in env.items()}}

    def ours(self, case: Case, env: dict[str, str]) -> tuple[str, str]:
        """The identity that credential-process prints, and its error."""
        done = subprocess.run(
            [BINARY, "credential-process", *case.args],
            env=self.program.environment(env | {
                "AWS_ENDPOINT_URL": self.url}),
            text=True, capture_output=True, timeout=30, check=False)
        check_errors(done.stderr)
        if done.returncode == 0:
            said = json.loads(done.stdout)
            return self.people.whose(said["AccessKeyId"],
                                     said.get("SessionToken")), done.stderr
        if "no credentials: env: " in done.stderr:
            return NONE, done.stderr
        return ERROR, done.stderr

    def theirs(self, case: Case, env: dict[str, str]) -> tuple[str, str]:
        """The same of botocore."""
        cache = str(self.home / ".aws/sso/cache")
        with mock.patch.dict(os.environ, env, clear=True), \
                mock.patch.object(SSOProvider, "_SSO_TOKEN_CACHE_DIR",
                                  cache), \
                mock.patch.object(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR",
                                  cache):
            session = Pointed(self.url, case.args[1] if case.args else None)
            session.register_component("data_loader", self.loader)
            try:
                found = session.get_credentials()
                if found is None:
                    return NONE, ""
                frozen = found.get_frozen_credentials()
            except (BotoCoreError, ClientError, ValueError,
                    OSError, RuntimeError) as error:
                return ERROR, f"{type(error).__name__}: {error}"
        return self.people.whose(frozen.access_key, frozen.token), ""


class Pointed(botocore.session.Session):
    """A session whose services are the stand-in."""

    def __init__(self, url: str, profile: str | None) -> None:
        super().__init__(profile=profile)
        self._url = url

    def create_client(self, *args, **kwargs):
        kwargs["endpoint_url"] = self._url
        return super().create_client(*args, **kwargs)


@contextmanager
def loopback_only():
    """botocore is never to ask the true metadata service."""
    connect = socket.socket.connect

    def guarded(self, address):
        assert not isinstance(address, tuple) or \
            address[0].startswith("127."), address
        return connect(self, address)
    with mock.patch.object(socket.socket, "connect", guarded):
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = Place(tmp_path_factory.mktemp("differential"))
    with loopback_only():
        yield made
    made.close()


# What botocore raises, and what we say then.
ERRORS = [
    (r"ProfileNotFound", r"profile '\w+' not found in '"),
    (r"in env, missing", r"but AWS_SECRET_ACCESS_KEY is not; set both"),
    (r"in assume-role, missing",
     r"has role_arn, but neither source_profile nor credential_source"),
    (r"in (shared-credentials-file|config-file), missing",
     r"has aws_\w+ without aws_\w+; keep both in one file"),
    (r"configured to assume role with web iden",
     r"but no role_arn to take with it|but AWS_ROLE_ARN and the profile's"),
    (r"FileNotFoundError", r"web identity token: open '"),
    (r"InfiniteLoopConfigError", r"source_profile leads round in a circle: "),
    (r"source_profile \S+ referenced in .* does not exist",
     r"source_profile of '\w+': profile '\w+' not found"),
    (r"The credential source \S+ .* is not valid",
     r"credential_source '\w+' is none of Environment, "),
    (r"contains both source_profile and credential_source",
     r"has both source_profile and credential_source; keep one"),
    (r"The source profile \S+ must have credentials",
     r"source_profile '\w+' of profile '\w+': no credentials: profile: "),
    (r"retrieving credentials from custom-process",
     r"credential_process of profile '"),
    (r"retrieving credentials from EcsContainer", r"source EcsContainer of"),
    (r"retrieving credentials from Environment", r"source Environment of"),
    (r"retrieving credentials from Ec2Inst", r"source Ec2InstanceMetadata"),
    (r"configured to use SSO but is missing",
     r"is one of IAM Identity Center, but has no sso_"),
    (r"SSOTokenLoadError", r"not logged in: .*; run: aws sso login --prof"),
    (r"refreshed credentials are still expired", r"of env expired at 2015"),
    (r"Unsupported host", r"FULL_URI: plain http to '192.0.2.1' would show"),
]


def same_cause(ours: str, theirs: str) -> bool:
    return any(re.search(said, ours) for raised, said in ERRORS
               if re.search(raised, theirs))


def compare(place, case: Case) -> str:
    """Empty, or how the two differ beyond what is decided."""
    ours, our_why = place.ours(case, place.settle(case))
    read = decided(case, CLI)
    theirs, their_why = place.theirs(read, place.settle(read))
    if theirs == place.people.keys["LOGIN"].id:
        theirs = f"login {LOGIN}"
    same = ours == theirs and (
        ours != ERROR or same_cause(our_why, their_why))
    return "" if same else \
        f"{case}: ours {ours} ({our_why.strip()}), " \
        f"botocore {theirs} ({their_why})"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_order_of_the_cli(place, chunk):
    assert not [found for found in (
        compare(place, case) for case in CASES[chunk::CHUNKS]) if found]


@pytest.mark.parametrize("rule", CLI, ids=lambda rule: rule.__name__)
def test_rule_is_needed(place, rule):
    """Without it, the two would differ somewhere."""
    for case in CASES:
        read = rule(case)
        if read != case and place.theirs(read, place.settle(read))[0] != \
                place.theirs(case, place.settle(case))[0]:
            return
    pytest.fail(rule.__doc__)


def test_there_are_cases_enough():
    assert len({str(case) for case in CASES}) >= 600
