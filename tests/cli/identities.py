"""Environments and files in which somebody has to say who we are.

A Case is made of parts, each of which brings some variables and some lines;
generated() gives the same few hundred each time. Every source of credentials
has an identity of its own, so that the one that is taken tells the source.
"""
from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from parts import (CHOICE, ENVIRONMENT, FAILING, FILES, KEYS, LOGIN, OTHERS,
                   OTHERS_CREDENTIALS, PROFILE, ROLES, SESSION, STYLES,
                   WEB_ENVIRONMENT, keys)
from program import REGION
from standin.aws import Aws

WEB_TOKEN = "web.identity.token"


class People:
    """The keys, as the stand-in knows them, and the files of a home."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.aws, self.home = aws, home
        self.keys = {name: aws.keys.user(name, token)
                     for name, token in KEYS.items()}
        for place, (name, text) in (("sso", aws.sso.cached()),
                                    ("sso", aws.sso.cached(SESSION)),
                                    ("login", aws.signin.cached(LOGIN))):
            self._write(f".aws/{place}/cache/{name}", text)
        self._write("token", WEB_TOKEN)
        for name in ("PROC", "PROCSESS", "LOGIN"):
            key = self.keys[name]
            self._write(f"{name}.json", json.dumps({
                "Version": 1, "AccessKeyId": key.id,
                "SecretAccessKey": key.secret, **(
                    {"SessionToken": key.token} if key.token else {})}))
        (home / "elsewhere").mkdir()
        self._write("bad.json", '{"Version":2}')

    def _write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)

    def settle(self, case: "Case") -> dict[str, str]:
        """Write the case's files; its environment."""
        used = "elsewhere" if case.has(*FILES) else ".aws"
        for where in (".aws", "elsewhere"):
            for name, text in (("config", case.config),
                               ("credentials", case.credentials)):
                path = self.home / where / name
                path.unlink(missing_ok=True)
                if text is not None and where == used:
                    path.write_bytes(self.fill(text).encode())
        return {name: self.fill(value) for name, value in case.env.items()}

    def fill(self, text: str) -> str:
        """@NAME.id@ and the like become what the key has."""
        text = text.replace("@HOME@", str(self.home))
        for name, key in self.keys.items():
            for member in ("id", "secret", "token"):
                text = text.replace(f"@{name}.{member}@",
                                    getattr(key, member))
        return text

    def whose(self, key_id: str, token: str | None) -> str:
        """The identity; of a key that never changes, with its token."""
        path = self.aws.keys.path(key_id)
        if path is None:
            return f"unknown {key_id}"
        if path == key_id and token != (self.aws.keys[key_id].token or None):
            return f"{path} with another token"
        return path


@dataclass
class Case:
    parts: list[str]
    env: dict[str, str] = field(default_factory=dict)
    config: str | None = ""         # None: there is no such file
    credentials: str | None = ""
    args: list[str] = field(default_factory=list)
    profile: str = "default"        # where the parts stand

    def __str__(self) -> str:
        return " + ".join(self.parts)

    def has(self, *names: str) -> bool:
        return any(name in self.parts for name in names)


def section(name: str, where: str) -> str:
    return f"[{name}]\n" if where == "credentials" or name == "default" \
        else f"[profile {name}]\n"


def make(parts: list[str], style: str = "plain") -> Case:
    """The case made of these parts; parts of the same kind are not mixed."""
    case = Case([*parts, style])
    env: dict[str, str] = {"AWS_DEFAULT_REGION": REGION}
    for part in parts:
        if part in CHOICE:
            more, case.args, case.profile = CHOICE[part]
            env |= more
        env |= ENVIRONMENT.get(part, {}) | WEB_ENVIRONMENT.get(part, {})
    name = case.profile
    texts = []
    for index, where in enumerate(("config", "credentials")):
        lines = "".join({**PROFILE, **ROLES}[part][index] for part in parts
                        if part in PROFILE or part in ROLES)
        texts.append(section(name, where) + lines if lines else "")
    case.config = STYLES[style](
        texts[0].replace("@ME@", name) + "\n[profile other]\n"
        + keys("OTHER") + OTHERS)
    case.credentials = (texts[1] + OTHERS_CREDENTIALS).replace("@ME@", name)
    if style == "crlf":
        case.credentials = case.credentials.replace("\n", "\r\n")
    for part in parts:
        if part in FILES:
            env["AWS_CONFIG_FILE"] = FILES[part] + "config"
            env["AWS_SHARED_CREDENTIALS_FILE"] = FILES[part] + "credentials"
    if "no config" in parts:
        case.config = None
    if "no credentials" in parts:
        case.credentials = None
    if "container" in parts:
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "@CONTAINER@"
    if "bad container" in parts:
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://192.0.2.1/x"
    if "imds" in parts:
        env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "@IMDS@"
    else:
        env["AWS_EC2_METADATA_DISABLED"] = "true"
    case.env = env
    return case


def pick(rng: random.Random, rare: float, table, usual: str) -> str:
    """The usual one, or with that probability any."""
    return rng.choice(list(table)) if rng.random() < rare else usual


def generated(count: int, seed: int = 20261121) -> list[Case]:
    """Each part by itself, then mixtures."""
    rng = random.Random(seed)
    made: dict[str, Case] = {}

    def add(parts: list[str], style: str = "plain") -> None:
        case = make(parts, style)
        made.setdefault(str(case), case)

    for part in [*PROFILE, *ROLES]:
        for choice in ("default", "AWS_PROFILE", "--profile"):
            add([choice, part])
    for part in [*ENVIRONMENT, *WEB_ENVIRONMENT]:
        add(["default", part])
        add(["--profile", part, "keys in config"])
        add(["AWS_PROFILE", part, "role of base"])
    for choice in CHOICE:
        add([choice, "keys in credentials"])
    for style in STYLES:
        add(["AWS_PROFILE", "role of base"], style)
        add(["default", "keys in config", "process"], style)
    for more in (*FILES, "container", "imds"):
        add(["AWS_PROFILE", "role of base", more])
        add(["default", "role alone", more])
    while len(made) < count:
        parts = mixture(rng)
        # Two lines of the same key would be another subject.
        if all(len(set(names)) == len(names)
               for names in sections(make(parts))):
            add(parts, pick(rng, 0.3, STYLES, "plain"))
    return list(made.values())


def mixture(rng: random.Random) -> list[str]:
    """Parts that may meet; few of them are bound to fail."""
    def some(table) -> str:
        good = [part for part in table if part not in FAILING]
        return rng.choice(good if rng.random() < 0.9 else list(table))

    parts = [some(CHOICE),
             some(ENVIRONMENT) if rng.random() < 0.25 else "no env",
             some(WEB_ENVIRONMENT) if rng.random() < 0.25 else "no irsa"]
    parts += {some(PROFILE) for _ in range(rng.choice([0, 1, 1, 2, 3]))}
    parts[3:] = sorted(parts[3:])
    if rng.random() < 0.4:
        parts.append(some(ROLES))
    if len(parts) == 3:
        parts.append("nothing")
    wants = {"role of Environment": "env keys",
             "role of Ec2InstanceMetadata": "imds",
             "role of EcsContainer": "container"}.get(parts[-1], "")
    if wants and rng.random() < 0.8:
        if wants in ENVIRONMENT:
            parts[1] = wants
        else:
            parts.append(wants)
    for place, chance in (("container", 0.3), ("imds", 0.4),
                          ("bad container", 0.03), ("no config", 0.03),
                          ("no credentials", 0.03), ("files at ~", 0.05),
                          ("files elsewhere", 0.05)):
        if rng.random() < chance and place not in parts:
            parts.append(place)
    return parts


def sections(case: Case):
    """The keys of each section of both files."""
    for text in (case.config, case.credentials):
        names: list[str] = []
        for line in (text or "").splitlines():
            if line.startswith("["):
                yield names
                names = []
            elif " = " in line:
                names.append(line.partition(" = ")[0])
        yield names
