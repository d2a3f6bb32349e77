"""What an identity costs: many profiles, roles upon roles, a long line."""
from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Callable

from standin import faults, hosts, netns
from standin.aws import ACCOUNT, STATIC, Aws
from standin.dns import Dns
from standin.imds import ADDRESS, Imds
from standin.line import FAR, Line
from standin.pki import Pki
from standin.server import Standin

REGION = "us-east-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
API = f"api.ecr.{REGION}.amazonaws.com"
STS = f"sts.{REGION}.amazonaws.com"
PROFILES = 50
TRIP_MS = 50
RUNS = 20
KEYS = {"AWS_ACCESS_KEY_ID": STATIC.id,
        "AWS_SECRET_ACCESS_KEY": STATIC.secret}


def write_profiles(directory: Path) -> dict[str, str]:
    """A team's config, in whose last profile are the keys; the variables that
    lead there."""
    config = directory / "profiles"
    config.write_text("".join(
        f"[profile team-{i}]\nregion = eu-west-1\nrole_arn = "
        f"arn:aws:iam::{ACCOUNT}:role/deploy-{i} # the usual\n"
        "source_profile = base\ns3 =\n  max_queue_size = 10\n\n"
        for i in range(PROFILES - 1)) +
        f"[profile base]\nregion = {REGION}\n"
        f"aws_access_key_id = {STATIC.id}\n"
        f"aws_secret_access_key = {STATIC.secret}\n")
    return {"PATH": "/usr/bin:/bin", "HOME": str(directory),
            "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "base",
            "AWS_EC2_METADATA_DISABLED": "true"}


class Get:
    """An uncached get, again and again, in a world of its own."""

    def __init__(self, ours: str, directory: Path, before: list[str],
                 pki: Pki) -> None:
        self.before = [*before, ours, "credential-helper", "get"]
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(directory),
                    "AWS_ECR_DISABLE_CACHE": "1",
                    "AWS_CA_BUNDLE": str(pki.bundle)}

    def times(self, env: dict[str, str],
              services: tuple[Standin, ...] = ()) -> tuple[list[float],
                                                           list[int]]:
        """Milliseconds; and connections to each service, of the last."""
        walls = []
        for _ in range(RUNS):
            for service in services:
                service.forget()
            start = time.monotonic()
            subprocess.run(self.before, input=REGISTRY.encode(), check=True,
                           env=self.env | env, stdout=subprocess.DEVNULL)
            walls.append(1000 * (time.monotonic() - start))
        return walls, [service.connections for service in services]


def two_roles(ours: str, directory: Path, pki: Pki,
              spread: Callable[[list[float]], dict]) -> dict:
    """A role that is taken with a role that is taken with keys."""
    config = directory / "roles"
    config.write_text(
        f"[profile two]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/two\n"
        "source_profile = one\n"
        f"[profile one]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/one\n"
        f"source_profile = keys\n[profile keys]\n"
        f"aws_access_key_id = {STATIC.id}\n"
        f"aws_secret_access_key = {STATIC.secret}\n")
    with netns.Netns() as ns, Aws() as ecr, Aws() as sts:
        ecr.keys = sts.keys     # what STS gives, ECR knows
        for service, address in (ecr, "127.0.0.1"), (sts, "127.0.0.2"):
            service.listen(address, 443, tls=pki.context(), ns=ns)
        get = Get(ours, directory, ns.prefix() + hosts.prefix(hosts.write(
            directory / "roles-hosts", {API: "127.0.0.1",
                                        STS: "127.0.0.2"})), pki)
        env = {"AWS_CONFIG_FILE": str(config), "AWS_REGION": REGION,
               "AWS_EC2_METADATA_DISABLED": "true"}
        keys, _ = get.times(env | {"AWS_PROFILE": "keys"})
        walls, (to_ecr, to_sts) = get.times(env | {"AWS_PROFILE": "two"},
                                            (ecr, sts))
        return {"keys alone, ms": spread(keys), "two roles, ms": spread(walls),
                "calls": [request.line for request in sts.log + ecr.log],
                "connections": {"sts": to_sts, "ecr": to_ecr}}


def closing(link, answer) -> None:
    answer.headers["Connection"] = "close"
    faults.send_plainly(link, answer)


def long_line(ours: str, directory: Path, pki: Pki,
              spread: Callable[[list[float]], dict]) -> dict:
    """Wall time in round trips, the program's own work included."""
    rows = {}
    with Line(TRIP_MS / 1000) as line, Aws() as aws, Imds() as imds, \
            Dns(line.far, {API: [FAR]}, FAR):
        aws.listen(FAR, 443, tls=pki.context(), ns=line.far)
        imds.listen(ADDRESS, 80, ns=line.far)
        get = Get(ours, directory, line.near.prefix() + hosts.prefix(
            hosts.write(directory / "line-hosts", {}),
            hosts.write_resolv(directory / "line-resolv", FAR)), pki)
        for name, env in (("static keys", KEYS), ("metadata", {}),
                          ("metadata without keep-alive", {})):
            if "without" in name:
                imds.fail(closing, times=faults.FOREVER)
            walls, (to_ecr, to_imds) = get.times(env, (aws, imds))
            rows[name] = {
                "round trips": spread([ms / TRIP_MS for ms in walls]),
                "connections": {"ecr": to_ecr, "imds": to_imds}}
    return rows


def markdown(report: dict) -> list[str]:
    chain, roles, line = (report[name] for name in
                          ("profiles", "two roles", "line"))
    lines = [
        f"Whole chain, {PROFILES} profiles in the config: "
        f"{chain['median']:.0f} µs ({chain['q1']:.0f}–{chain['q3']:.0f})"
        " over the empty program; to reach: <= 1000 µs."]
    if roles:
        lines += [
            "", "Two roles, one with the other, and ECR: "
            f"{roles['two roles, ms']['median']:.1f} ms, with the keys alone "
            f"{roles['keys alone, ms']['median']:.1f} ms; "
            f"{len(roles['calls'])} calls on "
            f"{roles['connections']['sts']} connection to STS and "
            f"{roles['connections']['ecr']} to ECR."]
    if line:
        lines += ["", f"| uncached get, {TRIP_MS} ms a round trip |"
                  " round trips | quarters | connections |",
                  "|---|---:|---:|---|"]
        lines += [
            f"| {name} | {row['round trips']['median']:.2f} | "
            f"{row['round trips']['q1']:.2f}–{row['round trips']['q3']:.2f} |"
            f" {row['connections']['ecr']} to ECR, "
            f"{row['connections']['imds']} to the metadata service |"
            for name, row in line.items()]
    return lines
