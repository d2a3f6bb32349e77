"""A long line between two network namespaces.

Each end is a tun device; in between a program of its own holds every packet
for half a round trip. At the far end are the addresses that a cloud has: the
metadata service's, a name server's, and those of everybody else.
"""
from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque

from .netns import Netns

NEAR, FAR = "10.9.9.1", "10.9.9.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
DEVICE = "line0"


def _tun(ns: Netns) -> int:
    with ns.entered():
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack(
            "16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return fd


class Line:
    """near: where the program runs; far: where whoever it talks to listens,
    at FAR or at more addresses. trip is a round trip's seconds."""

    def __init__(self, trip: float, more: tuple[str, ...] = (
            "169.254.169.254",)) -> None:
        self.near = Netns(addresses=False)
        self.far = Netns(addresses=False)
        ends = [_tun(self.near), _tun(self.far)]
        for ns, here, there in ((self.near, NEAR, FAR),
                                (self.far, FAR, NEAR)):
            ns.ip("addr", "add", here, "peer", there, "dev", DEVICE)
            ns.ip("link", "set", DEVICE, "up")
        self.near.ip("route", "add", "default", "via", FAR)
        for address in more:
            self.far.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.holder = subprocess.Popen(
            [sys.executable, "-B", "-m", "standin.line", str(trip / 2),
             *map(str, ends)], pass_fds=ends, stdin=subprocess.PIPE,
            cwd=os.path.dirname(os.path.dirname(__file__)))
        for fd in ends:
            os.close(fd)

    def drop(self, protocol: str, port: int) -> None:
        """What goes to that port is lost."""
        self.far.iptables("-A", "INPUT", "-p", protocol, "--dport", str(port),
                          "-j", "DROP")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_exc) -> None:
        self.holder.stdin.close()
        self.holder.wait()
        self.near.close()
        self.far.close()


def hold(delay: float, ends: list[int]) -> None:
    """Until standard input ends: carry packets from each end to the other,
    each delay seconds after it came."""
    held: deque[tuple[float, int, bytes]] = deque()
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else None
        ready = select.select([0, *ends], [], [], wait)[0]
        if 0 in ready:
            return
        for fd in ready:
            try:
                while True:
                    packet = os.read(fd, 65536)
                    held.append((time.monotonic() + delay,
                                 ends[ends[0] == fd], packet))
            except BlockingIOError:
                pass
        while held and held[0][0] <= time.monotonic():
            _, fd, packet = held.popleft()
            try:
                os.write(fd, packet)
            except OSError:     # a full queue, or a device that is down
                pass


if __name__ == "__main__":
    hold(float(sys.argv[1]), [int(word) for word in sys.argv[2:]])
