"""An HTTP/1.1 server whose every answer can be made to fail.

One write per answer and TCP_NODELAY, or a client would wait for delayed
acknowledgements. Connections are kept, so that reuse can be counted.
"""
from __future__ import annotations

import email.utils
import re
import socket
import ssl
import struct
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Optional


@dataclass
class Answer:
    """What a service wants to say; a fault may say something else."""
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    verdict: str = "ok"     # for the log: "ok" or why the request was refused
    # What changes when this answer is the one that is given: a fault that
    # refuses instead leaves the service as it was.
    commit: Optional[Callable[[], None]] = None


@dataclass
class Request:
    """One request as it came; header names in lower case."""
    connection: int
    method: str
    target: str
    headers: dict[str, str]
    repeated: list[str]     # names that came more than once
    body: bytes
    secure: bool
    at: float
    action: str = ""        # "sts:AssumeRole" and the like, once known
    by: str = ""            # whose signature, as signature.Key.path has it
    verdict: str = ""
    # Of the answer that the service wanted to give:
    status: int = 0
    size: int = 0           # bytes of its body

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


Fault = Callable[["Link", Answer], None]


@dataclass
class Rule:
    """Use fault for the next times requests whose line or action matches
    on."""
    fault: Fault
    times: int
    on: str


class Link(BaseHTTPRequestHandler):
    """One connection; what faults send through."""
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    timeout = 60

    def setup(self) -> None:
        self.service: Standin = self.server.service
        self.abrupt = False
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self.service.connected(self.request)
        self.secure = self.server.tls is not None
        if self.secure:
            self.request.settimeout(self.timeout)
            self.request = self.server.tls.wrap_socket(
                self.request, server_side=True)
            self.service.connected(self.request, self.number)
        super().setup()

    def handle_expect_100(self) -> bool:
        return True

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        names = [name.lower() for name in self.headers.keys()]
        request = Request(
            self.number, self.command, self.path,
            {name.lower(): value for name, value in self.headers.items()},
            sorted({name for name in names if names.count(name) > 1}),
            self.rfile.read(size), self.secure, time.time())
        with self.service.turn:
            wanted = self.service.answer(request)
            request.verdict, request.status = wanted.verdict, wanted.status
            request.size = len(wanted.body)
            fault = self.service.take(request)
            if wanted.commit and not getattr(fault, "instead", False):
                wanted.commit()
        (fault or send_plainly)(self, wanted)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

    # What faults are made of.

    def send(self, data: bytes) -> None:
        self.request.sendall(data)

    def encode(self, answer: Answer) -> bytes:
        """Head and body; a Content-Length or Transfer-Encoding among the
        answer's own headers replaces ours, an empty value removes it."""
        fields = {"Date": email.utils.formatdate(self.service.now(),
                                                 usegmt=True),
                  "Content-Length": str(len(answer.body))}
        fields.update(answer.headers)
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Unknown"
        head = f"HTTP/1.1 {answer.status} {reason}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v)
        body = b"" if self.command == "HEAD" else answer.body
        return head.encode("latin-1") + b"\r\n" + body

    def hang_up(self) -> None:
        """Close after this answer, in good order."""
        self.close_connection = True

    def cut(self) -> None:
        """Close after this answer without close_notify."""
        self.close_connection = self.abrupt = True

    def reset(self) -> None:
        """Close with RST."""
        self.cut()
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))

    def wait(self, seconds: float) -> bool:
        """Sleep; True when the stand-in is being stopped."""
        return self.service.stopping.wait(seconds)

    def finish(self) -> None:
        if self.secure and not self.abrupt:
            try:
                self.request.settimeout(0.5)
                self.request.unwrap()
            except (OSError, ValueError):
                pass
        try:
            super().finish()
        except OSError:
            pass
        self.request.close()
        self.service.disconnected(self.number)

    def log_message(self, *_args) -> None:
        pass


def send_plainly(link: Link, answer: Answer) -> None:
    link.send(link.encode(answer))
    if answer.headers.get("Connection", "").lower() == "close":
        link.hang_up()


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, service: "Standin", host: str, port: int,
                 tls: Optional[ssl.SSLContext]) -> None:
        self.service, self.tls = service, tls
        self.address_family = \
            socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Link)

    def server_bind(self) -> None:
        # HTTPServer's own would look the address up in the DNS.
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]
        # A client that is gone again before accept(2) must not hold us there.
        self.socket.setblocking(False)

    def get_request(self):
        link, address = super().get_request()
        link.setblocking(True)
        return link, address

    def handle_error(self, _request, _client_address) -> None:
        self.service.trouble(sys.exc_info()[1])


class Standin:
    """One service: its listeners, its log, its faults, its clock."""

    def __init__(self) -> None:
        self.log: list[Request] = []
        self.errors: list[str] = []     # handshakes and links that failed
        self.connections = 0
        self.offset = 0.0               # our clock minus the true one
        self.stopping = threading.Event()
        self._rules: list[Rule] = []
        self._listeners: list[Listener] = []
        self._open: dict[int, socket.socket] = {}
        self._lock = threading.Lock()
        self.turn = threading.RLock()   # held while an answer is made

    def __enter__(self):
        return self

    def __exit__(self, *_exc) -> None:
        self.stop()

    def now(self) -> float:
        return time.time() + self.offset

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def listen(self, host: str = "127.0.0.1", port: int = 0, *,
               tls: Optional[ssl.SSLContext] = None, ns=None) -> int:
        """Listen, in network namespace ns if given; returns the port."""
        with ns.entered() if ns else nullcontext():
            listener = Listener(self, host, port, tls)
        self._listeners.append(listener)
        threading.Thread(target=listener.serve_forever, args=(0.02,),
                         daemon=True).start()
        return listener.server_port

    def fail(self, fault: Fault, *, times: int = 1, on: str = "") -> None:
        """Answer by fault the next times requests in whose "METHOD target" or
        action ("sts:AssumeRole") the pattern on is found. Rules are used in
        the order in which they were given."""
        with self._lock:
            self._rules.append(Rule(fault, times, on))

    def heal(self) -> None:
        with self._lock:
            self._rules.clear()

    def lines(self) -> list[str]:
        """The requests so far, as "METHOD target"."""
        return [request.line for request in self.log]

    def verdicts(self) -> list[str]:
        return [request.verdict for request in self.log]

    def forget(self) -> None:
        """An empty log, as if nobody had come yet."""
        with self._lock:
            self.log.clear()
            self.errors.clear()
            self.connections = 0

    def stop(self) -> None:
        self.stopping.set()
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
        with self._lock:
            links = list(self._open.values())
        for link in links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except (OSError, ValueError):
                pass

    # For Link.

    def connected(self, link: socket.socket, number: int = 0) -> int:
        with self._lock:
            if not number:
                self.connections += 1
                number = self.connections
            self._open[number] = link
        return number

    def disconnected(self, number: int) -> None:
        with self._lock:
            self._open.pop(number, None)

    def trouble(self, error: Optional[BaseException]) -> None:
        with self._lock:
            self.errors.append(str(error))

    def take(self, request: Request) -> Optional[Fault]:
        with self._lock:
            self.log.append(request)
            for rule in self._rules:
                if rule.times > 0 and \
                        (re.search(rule.on, request.line) or
                         re.search(rule.on, request.action)):
                    rule.times -= 1
                    return rule.fault
        return None
