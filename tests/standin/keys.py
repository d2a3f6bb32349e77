"""Who may come: aws.keys.user("A") makes a long-term key; a key's path says
how it came to be ("AKIA... > role/app"), the same from run to run, and
aws.reached() lists the paths that reached ECR."""
from __future__ import annotations

import itertools
import time
from typing import Callable, Optional

from .signature import Key

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HOUR = 3600

# What the tests may look for where it must not be.
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSTANDINKEY"
SESSION_SECRET = "sessionSecret/K7MDENG+bPxRfiCYSTANDINKEY"
SESSION_TOKEN = "FwoGZXIvYXdzEPT//////////wEa+session+token/" + "Q" * 400 + "=="
STATIC = Key("AKIASTANDINSTATICKEY", SECRET)
SESSION = Key("ASIASTANDINSESSIONKY", SESSION_SECRET, SESSION_TOKEN,
              arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app-role/i-0abc")


class Keys(dict):
    """Access key id -> Key."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__({key.id: key for key in (STATIC, SESSION)})
        self._now = now
        self._serial = itertools.count(1)

    def user(self, name: str, token: str = "",
             account: str = ACCOUNT) -> Key:
        """The key of user name: always the same."""
        word = "".join(c for c in name.upper() if c.isalnum())
        start = "ASIA" if token else "AKIA"
        key = Key(f"{start}STANDIN{word:0>9}"[:32], f"{SECRET}/{name}",
                  token and f"{SESSION_TOKEN}/{token}", account,
                  f"arn:aws:iam::{account}:user/{name}")
        return self.setdefault(key.id, key)

    def issue(self, kind: str, path: str, account: str, arn: str,
              life: float) -> Key:
        """A new session key; kind is four or five letters of its id."""
        number = next(self._serial)
        key = Key(f"ASIASTANDIN{kind}{number:0{9 - len(kind)}}",
                  SESSION_SECRET, SESSION_TOKEN + str(number), account, arn,
                  self._now() + life, path)
        self[key.id] = key
        return key

    def path(self, key_id: str) -> Optional[str]:
        return self[key_id].path if key_id in self else None
