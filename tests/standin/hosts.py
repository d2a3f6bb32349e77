"""A private /etc/hosts and /etc/resolv.conf for one command."""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, Optional

SCRIPT = """
while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done
shift
exec "$@"
"""

# /var/run is a link to /run, which must not change for others.
POD = """
mount -t tmpfs none /run || exit 125
at=/run/secrets/kubernetes.io/serviceaccount
mkdir -p $at && mount --bind "$1" $at || exit 125
shift
exec "$@"
"""


def write(path: Path, names: Mapping[str, str]) -> Path:
    """A hosts file: name -> address."""
    path.write_text("127.0.0.1 localhost\n" + "".join(
        f"{address} {name}\n" for name, address in names.items()))
    return path


def write_resolv(path: Path, *servers: str, more: str = "") -> Path:
    """A resolv.conf with these name servers."""
    path.write_text("".join(f"nameserver {s}\n" for s in servers) + more)
    return path


def prefix(hosts: Optional[Path] = None, resolv: Optional[Path] = None,
           over: Optional[Mapping[str, str]] = None) -> list[str]:
    """Words to put before a command that is to see these files in place of
    the machine's. over: more bind mounts, from -> to."""
    mounts = dict(over or {})
    if hosts:
        mounts[str(hosts)] = "/etc/hosts"
    if resolv:
        mounts[str(resolv)] = "/etc/resolv.conf"
    if not mounts:
        return []
    words = [word for pair in mounts.items() for word in pair]
    return _unshared(SCRIPT, *words, "--")


def pod(account: Path) -> list[str]:
    """Words to put before a command that is to find that directory as a pod
    finds its service account."""
    return _unshared(POD, str(account))


def _unshared(script: str, *words: str) -> list[str]:
    return ["/usr/bin/unshare", "--mount", "--propagation", "private",
            "/bin/sh", "-c", script, "sh", *words]
