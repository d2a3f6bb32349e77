"""A name server, over UDP and TCP, that can be told to misbehave."""
from __future__ import annotations

import ipaddress
import socket
import struct
import threading
from contextlib import nullcontext
from typing import Callable, Mapping, Optional, Union

A, CNAME, AAAA, IN = 1, 5, 28, 1
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
TC = 0x0200

# Addresses; or another name; or a response code.
Record = Union[list[str], str, int]
# (query, answer, over TCP?) -> the datagrams or messages to send.
Mangle = Callable[[bytes, bytes, bool], list[bytes]]


def encode_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.split(".") if label) + b"\0"


def _question(query: bytes) -> tuple[str, int, bytes]:
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind, = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels), kind, query[12:at + 5]


def _record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack("!HHIH", kind, IN, 60, len(data)) + data


class Dns:
    """Serves records (names in lower case) at address:53 in ns."""

    def __init__(self, ns, records: Mapping[str, Record],
                 address: str = "127.0.0.1",
                 mangle: Optional[Mangle] = None) -> None:
        self.records, self.address = dict(records), address
        self.mangle = mangle or (lambda _query, answer, _tcp: [answer])
        self.log: list[tuple[str, int, bool]] = []  # name, type, TCP?
        self.ports: list[int] = []
        self.ids: list[int] = []
        with ns.entered() if ns else nullcontext():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self._udp = socket.socket(family, socket.SOCK_DGRAM)
            self._udp.bind((address, 53))
            self._tcp = socket.socket(family, socket.SOCK_STREAM)
            self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._tcp.bind((address, 53))
            self._tcp.listen(16)
        self._threads = [threading.Thread(target=serve, daemon=True)
                         for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Dns":
        return self

    def __exit__(self, *_exc) -> None:
        for link in (self._udp, self._tcp):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            link.close()
        # A thread that is still in a call keeps its socket, and the address.
        for thread in self._threads:
            thread.join(10)

    def questions(self) -> list[str]:
        """The names that were asked for."""
        return [name for name, _kind, _tcp in self.log]

    def _answer(self, query: bytes, tcp: bool) -> bytes:
        name, kind, question = _question(query)
        self.log.append((name, kind, tcp))
        self.ids.append(struct.unpack_from("!H", query)[0])
        found = self.records.get(name.lower(), NXDOMAIN)
        answers, owner = b"", b"\xc0\x0c"
        count = hops = 0
        while isinstance(found, str) and hops < 40:
            target = encode_name(found)
            answers += _record(owner, CNAME, target)
            owner, count, hops = target, count + 1, hops + 1
            found = self.records.get(found.lower(), NXDOMAIN)
        code = found if isinstance(found, int) else NOERROR
        for text in found if isinstance(found, list) else []:
            address = ipaddress.ip_address(text)
            if kind == (A if address.version == 4 else AAAA):
                answers += _record(owner, kind, address.packed)
                count += 1
        return query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, count,
                                       0, 0) + question + answers

    def _serve_udp(self) -> None:
        while True:
            try:
                query, client = self._udp.recvfrom(4096)
                if len(query) < 17:
                    return
                self.ports.append(client[1])
                for part in self.mangle(query, self._answer(query, False),
                                        False):
                    self._udp.sendto(part, client)
            except (OSError, ValueError):
                return

    def _serve_tcp(self) -> None:
        while True:
            try:
                link, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(link,),
                             daemon=True).start()

    def _converse(self, link: socket.socket) -> None:
        with link, link.makefile("rb") as stream:
            while True:
                head = stream.read(2)
                if len(head) < 2:
                    return
                query = stream.read(int.from_bytes(head, "big"))
                for part in self.mangle(query, self._answer(query, True),
                                        True):
                    link.sendall(len(part).to_bytes(2, "big") + part)


# Ways to misbehave.

def mute(_query: bytes, _answer: bytes, _tcp: bool) -> list[bytes]:
    return []


def truncated(_query: bytes, answer: bytes, tcp: bool) -> list[bytes]:
    """Over UDP only the question comes back, marked as cut."""
    if tcp:
        return [answer]
    flags, = struct.unpack_from("!H", answer, 2)
    _, _, question = _question(answer)
    return [answer[:2] + struct.pack("!HHHHH", flags | TC, 1, 0, 0, 0)
            + question]


def truncated_and_mute(query: bytes, answer: bytes, tcp: bool) -> list[bytes]:
    return [] if tcp else truncated(query, answer, tcp)


def spoofed(evil: str) -> Mangle:
    """Before the true answer: one with another id, one to another question,
    one that is no answer; all of them name evil."""
    def mangle(query: bytes, answer: bytes, _tcp: bool) -> list[bytes]:
        data = ipaddress.ip_address(evil).packed
        _, kind, question = _question(query)
        head = struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
        lie = _record(b"\xc0\x0c", A, data)
        other = encode_name("other.example") + struct.pack("!HH", kind, IN)
        wrong_id = bytes([query[0] ^ 1, query[1]])
        return [wrong_id + head + question + lie,
                query[:2] + head + other + lie,
                query[:2] + b"\x01\x00" + head[2:] + question + lie,
                answer[:7], b"", answer]
    return mangle


def looping(query: bytes, _answer: bytes, _tcp: bool) -> list[bytes]:
    """A name that is compressed into itself."""
    _, kind, question = _question(query)
    at = 12 + len(question)
    return [query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + question
            + struct.pack("!HHHIH", 0xc000 | at, kind, IN, 60, 4)
            + b"\x7f\0\0\1"]


def only(kind: int) -> Mangle:
    """Answers questions of that type and keeps silent about others."""
    def mangle(query: bytes, answer: bytes, _tcp: bool) -> list[bytes]:
        return [answer] if _question(query)[1] == kind else []
    return mangle
