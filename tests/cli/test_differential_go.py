"""Who we are, judged by the Go SDK in Debian's amazon-ecr-credential-helper:
whose key reaches ECR. Where ours is to be another one, a rule of decisions.py
says how we read the case, and the helper reads that."""
import os
import subprocess

import pytest

from decisions import GO, decided
from identities import Case, People, generated
from parts import LOGIN
from program import BINARY, HOST, Program
from standin import hosts, netns
from standin.aws import REGION, Aws
from standin.container import ECS_ADDRESS, ECS_PATH, Container
from standin.imds import Imds

THEIRS = "/usr/bin/docker-credential-ecr-login"
NONE = "nobody"
NAMES = [f"{name}.{REGION}.amazonaws.com"
         for name in ("api.ecr", "sts", "portal.sso", "oidc")]
# They have no --profile, and are slower: each third case will do.
ALL = [case for case in generated(600) if not case.args]
CASES = ALL[::3]
CHUNKS = 4


class Place:
    """AWS under its own names, in a network without anything else."""

    def __init__(self, directory, pki) -> None:
        self.ns = netns.Netns()
        self.program = Program(directory)
        self.program.env.clear()
        self.home = self.program.home
        self.aws, self.imds, self.container = Aws(), Imds(), Container()
        self.people = People(self.aws, self.home)
        self.imds.key = self.people.keys["IMDS"]
        self.container.key = self.people.keys["CONT"]
        self.aws.listen(port=443, tls=pki.context(), ns=self.ns)
        self.container.listen(ECS_ADDRESS, 80, ns=self.ns)
        self.places = {
            "@ECS@": ECS_PATH,
            "@IMDS@": f"http://127.0.0.1:{self.imds.listen(ns=self.ns)}",
            "@CONTAINER@": "http://127.0.0.1:"
                           f"{self.container.listen(ns=self.ns)}{ECS_PATH}"}
        self.prefix = [*self.ns.prefix(), *hosts.prefix(hosts.write(
            directory / "hosts", {name: "127.0.0.1" for name in NAMES}))]
        self.bundle = str(pki.bundle)

    def close(self) -> None:
        for service in (self.aws, self.imds, self.container):
            service.stop()
        self.ns.close()

    def ask(self, case: Case, *words: str) -> str:
        env = {"HOME": str(self.home), "PATH": "/usr/bin:/bin",
               "SSL_CERT_FILE": self.bundle, "AWS_REGION": REGION,
               "AWS_ECR_DISABLE_CACHE": "1",
               **{name: self.places.get(value, value)
                  for name, value in self.people.settle(case).items()}}
        self.aws.forget()
        done = subprocess.run(
            [*self.prefix, *words, "get"], input=HOST,
            env=self.program.environment(env), text=True,
            capture_output=True, timeout=60, check=False)
        if done.returncode:
            return f"{NONE}: {done.stderr.strip()}"
        return self.aws.reached()[-1]

    def ours(self, case: Case) -> str:
        return self.ask(case, str(BINARY), "docker-credential-ecr-login")

    def theirs(self, case: Case) -> str:
        return self.ask(case, THEIRS)


@pytest.fixture(scope="module")
def place(tmp_path_factory, namespaces, pki):
    if not os.path.exists(THEIRS):
        pytest.skip("amazon-ecr-credential-helper is not installed")
    made = Place(tmp_path_factory.mktemp("go"), pki)
    yield made
    made.close()


def who(outcome: str) -> str:
    """Their reasons are in a log, and not compared."""
    return NONE if outcome.startswith(NONE) else outcome


def compare(place, case: Case) -> str:
    """Empty, or how the two differ beyond what is decided."""
    ours = place.ours(case)
    theirs = place.theirs(decided(case, GO))
    if theirs == place.people.keys["LOGIN"].id:
        theirs = f"login {LOGIN}"
    return "" if who(ours) == who(theirs) else \
        f"{case}: ours {ours}, theirs {theirs}"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_order_of_go(place, chunk):
    assert not [found for found in (
        compare(place, case) for case in CASES[chunk::CHUNKS]) if found]


@pytest.mark.parametrize("rule", GO, ids=lambda rule: rule.__name__)
def test_rule_is_needed(place, rule):
    """Without it, the two would differ somewhere."""
    for case in ALL:
        read = rule(case)
        if read != case and who(place.theirs(read)) != who(place.theirs(case)):
            return
    pytest.fail(rule.__doc__)


def test_there_are_cases_enough():
    assert len({str(case) for case in CASES}) >= 100
