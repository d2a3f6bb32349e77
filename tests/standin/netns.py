"""Network namespaces with the metadata addresses, and their faults."""
from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

CLONE_NEWNET = 0x40000000
V4 = ["169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.169.253",
      "127.0.0.2"]
V6 = ["fd00:ec2::254", "fd00:ec2::23"]

_libc = ctypes.CDLL(None, use_errno=True)
_count = itertools.count(1)


def _setns(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _run(*args: str) -> None:
    subprocess.run(args, check=True, capture_output=True, text=True,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def unusable() -> Optional[str]:
    """Why namespaces cannot be had here; None when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        with Netns(addresses=False) as ns, ns.entered():
            pass
        _run("unshare", "-m", "true")
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces here: {error}"
    return None


def leave() -> None:
    """Go on in a network of our own, which has loopback only: those who run
    beside us may use the same ports."""
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    _run("ip", "link", "set", "lo", "up")


class Netns:
    """One namespace; only loopback in it, with the well-known addresses."""

    def __init__(self, addresses: bool = True) -> None:
        self.name = f"ecrbox-test-{os.getpid()}-{next(_count)}"
        _run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")
        if addresses:
            for address in V4:
                self.ip("addr", "add", f"{address}/32", "dev", "lo")
            for address in V6:
                self.ip("-6", "addr", "add", f"{address}/128", "dev", "lo",
                        "nodad")

    def __enter__(self) -> "Netns":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        _run("ip", "netns", "del", self.name)

    def ip(self, *args: str) -> None:
        _run("ip", "-n", self.name, *args)

    def prefix(self) -> list[str]:
        """Words to put before a command that is to run inside."""
        return ["/usr/bin/nsenter", f"--net=/run/netns/{self.name}", "--"]

    def iptables(self, *args: str) -> None:
        _run(*self.prefix(), "/usr/sbin/iptables", *args)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread is inside; a socket made here stays inside."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        away = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(away)
            try:
                yield
            finally:
                _setns(home)
        finally:
            os.close(away)
            os.close(home)

    # The table of faults; each for one address and port.

    def silent(self, address: str = "169.254.169.254", port: int = 80) -> None:
        """Packets vanish: a client's connect times out."""
        self.iptables("-A", "INPUT", "-d", address, "-p", "tcp", "--dport",
                      str(port), "-j", "DROP")

    def refused(self, address: str = "169.254.169.254",
                port: int = 80) -> None:
        self.iptables("-A", "INPUT", "-d", address, "-p", "tcp", "--dport",
                      str(port), "-j", "REJECT", "--reject-with", "tcp-reset")

    def unreachable(self, address: str = "169.254.169.254",
                    port: int = 80) -> None:
        self.iptables("-A", "INPUT", "-d", address, "-p", "tcp", "--dport",
                      str(port), "-j", "REJECT", "--reject-with",
                      "icmp-host-unreachable")

    def response_lost(self, port: int = 80) -> None:
        """Connections stand, answers vanish."""
        self.iptables("-A", "OUTPUT", "-p", "tcp", "--sport", str(port),
                      "-m", "length", "--length", "100:1500", "-j", "DROP")

    def reset_in_request(self, port: int = 80) -> None:
        """Connections stand; the first data sent on one resets it."""
        self.iptables("-A", "INPUT", "-p", "tcp", "--dport", str(port),
                      "-m", "length", "--length", "100:1500",
                      "-j", "REJECT", "--reject-with", "tcp-reset")


class HopLimit:
    """pod - node - metadata: answers with data have one hop to live, so they
    die on the node; the handshake gets through."""

    def __init__(self) -> None:
        self.pod = Netns(addresses=False)
        self.node = Netns(addresses=False)
        self.service = Netns(addresses=False)
        self._link(self.node, "pod0", "10.9.1.1/24",
                   self.pod, "eth0", "10.9.1.2/24")
        self._link(self.node, "svc0", "10.9.2.1/24",
                   self.service, "eth0", "10.9.2.2/24")
        self.service.ip("addr", "add", "169.254.169.254/32", "dev", "lo")
        self.pod.ip("route", "add", "default", "via", "10.9.1.1")
        self.node.ip("route", "add", "169.254.169.254/32", "via", "10.9.2.2")
        self.service.ip("route", "add", "default", "via", "10.9.2.1")
        with self.node.entered():   # what is in /proc/sys/net is its own
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self.service.iptables(
            "-t", "mangle", "-A", "POSTROUTING", "-p", "tcp", "--sport", "80",
            "-m", "length", "--length", "100:65535", "-j", "TTL",
            "--ttl-set", "1")

    @staticmethod
    def _link(a: Netns, a_name: str, a_address: str,
              b: Netns, b_name: str, b_address: str) -> None:
        a.ip("link", "add", a_name, "type", "veth", "peer", "name", b_name,
             "netns", b.name)
        for ns, name, address in ((a, a_name, a_address),
                                  (b, b_name, b_address)):
            ns.ip("addr", "add", address, "dev", name)
            ns.ip("link", "set", name, "up")

    def __enter__(self) -> "HopLimit":
        return self

    def __exit__(self, *_exc) -> None:
        for ns in (self.pod, self.node, self.service):
            ns.close()
