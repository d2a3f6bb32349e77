"""What can go wrong with an answer. Each is a Fault, or makes one."""
from __future__ import annotations

import gzip
import json
from typing import Callable

from .server import Answer, Fault, Link, send_plainly

JSON_11 = "application/x-amz-json-1.1"
FOREVER = 1 << 30


def reply(body: bytes | str, status: int = 200,
          headers: dict[str, str] | None = None) -> Fault:
    """Say this instead."""
    data = body.encode() if isinstance(body, str) else body

    def fault(link: Link, _answer: Answer) -> None:
        send_plainly(link, Answer(status, data, headers or {}))
    fault.instead = True
    return fault


def error(code: str, message: str, status: int = 400) -> Fault:
    """An error as ECR reports it."""
    return reply(json.dumps({"__type": code, "message": message}), status,
                 {"Content-Type": JSON_11,
                  "x-amzn-RequestId": "00000000-0000-4000-8000-000000000000"})


def query_error(code: str, message: str, status: int = 400) -> Fault:
    """An error as STS reports it, in XML."""
    return reply("<ErrorResponse><Error><Type>Sender</Type><Code>"
                 f"{code}</Code><Message>{message}</Message></Error>"
                 "<RequestId>00000000-0000-4000-8000-000000000000"
                 "</RequestId></ErrorResponse>\n", status,
                 {"Content-Type": "text/xml"})


def rest_error(code: str, message: str, status: int = 400) -> Fault:
    """An error as the portal of single sign-on reports it."""
    return reply(json.dumps({"message": message}), status,
                 {"Content-Type": "application/json",
                  "x-amzn-ErrorType": code})


def oauth_error(error: str, text: str, status: int = 400) -> Fault:
    """An error as the token endpoint of single sign-on reports it."""
    return reply(json.dumps({"error": error, "error_description": text}),
                 status, {"Content-Type": "application/json"})


def throttle() -> Fault:
    return error("ThrottlingException", "Rate exceeded")


def status(number: int) -> Fault:
    return reply(b"", number)


def html(number: int = 502) -> Fault:
    """A proxy's idea of an error."""
    return reply("<html><head><title>Bad Gateway</title></head>\n"
                 "<body><h1>Bad Gateway</h1></body></html>\n", number,
                 {"Content-Type": "text/html"})


def redirect(location: str, number: int = 307) -> Fault:
    return reply(b"", number, {"Location": location})


def edit(change: Callable[[Answer], Answer]) -> Fault:
    """The true answer, changed."""
    def fault(link: Link, answer: Answer) -> None:
        send_plainly(link, change(answer))
    return fault


def members(**changed) -> Fault:
    """The true authorizationData with members replaced; None removes one."""
    def change(answer: Answer) -> Answer:
        body = json.loads(answer.body)
        data = body["authorizationData"]
        entry = data[0] if isinstance(data, list) else data
        for name, value in changed.items():
            if value is None:
                entry.pop(name, None)
            else:
                entry[name] = value
        return Answer(answer.status, json.dumps(body).encode(),
                      answer.headers)
    return edit(change)


def raw(data: bytes) -> Fault:
    """Exactly these bytes, then an orderly end."""
    def fault(link: Link, _answer: Answer) -> None:
        link.send(data)
        link.hang_up()
    return fault


def cut(keep: int) -> Fault:
    """Head and the first keep bytes of the body, then no more; over TLS
    without close_notify."""
    def fault(link: Link, answer: Answer) -> None:
        whole = link.encode(answer)
        link.send(whole[:len(whole) - len(answer.body) + keep])
        link.cut()
    return fault


def cut_head(keep: int) -> Fault:
    """The first keep bytes of the head, then no more."""
    def fault(link: Link, answer: Answer) -> None:
        link.send(link.encode(answer)[:keep])
        link.cut()
    return fault


def length(delta: int) -> Fault:
    """A Content-Length that is wrong by delta, then an orderly end."""
    def fault(link: Link, answer: Answer) -> None:
        answer.headers["Content-Length"] = str(len(answer.body) + delta)
        link.send(link.encode(answer))
        link.hang_up()
    return fault


def until_close(orderly: bool = True) -> Fault:
    """A body that only the end of the connection ends."""
    def fault(link: Link, answer: Answer) -> None:
        answer.headers["Content-Length"] = ""
        link.send(link.encode(answer))
        if orderly:
            link.hang_up()
        else:
            link.cut()
    return fault


def chunked(size: int = 7, *, last: bool = True) -> Fault:
    """The body in chunks of size bytes; last=False leaves the end out."""
    def fault(link: Link, answer: Answer) -> None:
        body, answer.body = answer.body, b""
        answer.headers.update({"Content-Length": "",
                               "Transfer-Encoding": "chunked"})
        data = link.encode(answer)
        for at in range(0, len(body), size):
            part = body[at:at + size]
            data += b"%x;note=\"x\"\r\n%s\r\n" % (len(part), part)
        link.send(data + (b"0\r\nx-trailer: 1\r\n\r\n" if last else b""))
        if not last:
            link.cut()
    return fault


def interim(count: int) -> Fault:
    """That many 1xx answers before the true one."""
    def fault(link: Link, answer: Answer) -> None:
        link.send(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * count
                  + link.encode(answer))
    return fault


def gzipped(link: Link, answer: Answer) -> None:
    """Compressed though nobody asked for it."""
    answer.body = gzip.compress(answer.body)
    answer.headers["Content-Encoding"] = "gzip"
    send_plainly(link, answer)


def huge(size: int) -> Fault:
    """A body of size blanks around the true one."""
    def fault(link: Link, answer: Answer) -> None:
        answer.body = answer.body + b" " * (size - len(answer.body))
        try:
            send_plainly(link, answer)
        except OSError:
            link.cut()
    return fault


def huge_head(size: int) -> Fault:
    def fault(link: Link, answer: Answer) -> None:
        for at in range(0, size, 4000):
            answer.headers[f"X-Filler-{at}"] = "x" * 4000
        try:
            send_plainly(link, answer)
        except OSError:
            link.cut()
    return fault


def drip(pause: float, step: int = 1) -> Fault:
    """step bytes of the answer every pause seconds."""
    def fault(link: Link, answer: Answer) -> None:
        data = link.encode(answer)
        try:
            for at in range(0, len(data), step):
                link.send(data[at:at + step])
                if link.wait(pause):
                    return
        except OSError:
            link.cut()
    return fault


def delay(seconds: float) -> Fault:
    """The true answer, late."""
    def fault(link: Link, answer: Answer) -> None:
        if not link.wait(seconds):
            try:
                send_plainly(link, answer)
            except OSError:
                link.cut()
    return fault


def stall(link: Link, _answer: Answer) -> None:
    """No answer at all, until the client goes away."""
    link.wait(60)
    link.cut()


def drop(link: Link, _answer: Answer) -> None:
    """The connection ends without a byte."""
    link.cut()


def reset(link: Link, _answer: Answer) -> None:
    """The connection ends with RST."""
    link.reset()


def then_close(link: Link, answer: Answer) -> None:
    """The true answer, and an unannounced end of the kept connection."""
    send_plainly(link, answer)
    link.hang_up()
