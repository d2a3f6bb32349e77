"""What answers look like on the wire."""
from __future__ import annotations

import json
import time
import uuid
from xml.sax.saxutils import escape

from .server import Answer

STS_XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"


def json_answer(body: dict, kind: str = "application/json",
                status: int = 200) -> Answer:
    return Answer(status, json.dumps(body, separators=(",", ":")).encode(),
                  {"Content-Type": kind,
                   "x-amzn-RequestId": str(uuid.uuid4())})


def refusal(answer: Answer, code: str, text: str) -> Answer:
    answer.verdict = f"{code}: {text}"
    return answer


def xml_answer(status: int, root: str, body: dict) -> Answer:
    text = f'<{root} xmlns="{STS_XMLNS}">\n{_elements(body)}</{root}>\n'
    return Answer(status, text.encode(), {"Content-Type": "text/xml"})


def _elements(value) -> str:
    if not isinstance(value, dict):
        return escape(str(value))
    return "".join(f"<{name}>{_elements(inner)}</{name}>\n"
                   for name, inner in value.items())


def utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
