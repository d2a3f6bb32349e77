"""python3 -m standin --dir DIR: a stand-in AWS on loopback ports.

Serves the metadata service, ECR, STS, single sign-on and sign-in until SIGTERM
or SIGINT. DIR gets the certificates and, once everything answers, the file
env: what a shell needs to meet the stand-in instead of AWS.
"""
from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading
from pathlib import Path

from .aws import ACCOUNT, REGION, Aws
from .imds import Imds
from .pki import Pki


def report(name: str, service, seen: int) -> int:
    for request in service.log[seen:]:
        print(f"stand-in: {name}: {request.line}: {request.verdict}",
              file=sys.stderr, flush=True)
    return len(service.log)


def main() -> None:
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--leaf", default="rsa",
                        help="the server's certificate: rsa, p256, ...")
    parser.add_argument("--verbose", action="store_true",
                        help="a line on standard error for each request")
    args = parser.parse_args()

    pki = Pki(args.dir.resolve() / "pki")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Aws() as aws, Imds() as imds:
        port = aws.listen(tls=pki.context(args.leaf))
        environment = {
            "AWS_ENDPOINT_URL": f"https://localhost:{port}",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT":
                f"http://127.0.0.1:{imds.listen()}",
            "AWS_CA_BUNDLE": str(pki.bundle),
            "STANDIN_REGISTRY":
                f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        }
        lines = "".join(f"export {name}={shlex.quote(value)}\n"
                        for name, value in environment.items())
        fresh = args.dir / "env.new"
        fresh.write_text(lines)
        os.replace(fresh, args.dir / "env")
        print(lines, end="", flush=True)
        seen = [0, 0]
        while not stop.wait(0.05):
            if args.verbose:
                seen = [report("metadata", imds, seen[0]),
                        report("aws", aws, seen[1])]
        if args.verbose:
            report("metadata", imds, seen[0])
            report("aws", aws, seen[1])


main()
