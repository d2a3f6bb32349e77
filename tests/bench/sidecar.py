"""What it costs to stay: the sidecar with every sink, beside a shell's loop
around Debian's AWS CLI.

Times are what the kernel accounted in nanoseconds (/proc/PID/schedstat) or
scaled to that (wait4): its clock ticks are longer than anything here.
"""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

sys.path.append(str(Path(__file__).resolve().parent.parent / "cli"))

from standin.aws import REGION, STATIC, Aws  # noqa: E402
from standin.pki import Pki  # noqa: E402

IDLE_S = int(os.environ.get("BENCH_IDLE_S", 150))
REFRESHES = 30
AWS_CLI = "/usr/bin/aws"
ALL_RSS_KIB, ALL_CPU_MS = 400, 50
# As people write it; docker itself would be as much again.
SHELL = f"""while :; do
{AWS_CLI} --endpoint-url "$0" ecr get-login-password >password.new &&
    mv password.new password
sleep 21600
done"""


def memory(pids: list[int]) -> dict[str, int]:
    """KiB of all of them together; of PSS, pages that are shared count for
    each in parts."""
    total = {"VmRSS": 0, "RssAnon": 0, "Pss": 0, "Private": 0}
    for pid in pids:
        for file in "status", "smaps_rollup":
            for name, size in re.findall(
                    r"^(\w+):\s+(\d+) kB",
                    Path(f"/proc/{pid}/{file}").read_text(), re.M):
                if name in total:
                    total[name] += int(size)
                if name in ("Private_Clean", "Private_Dirty"):
                    total["Private"] += int(size)
    return total


def cpu_ms(pids: list[int]) -> float:
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
               for pid in pids) / 1e6


def ended(pid: int) -> float:
    """Milliseconds of a process that ends, and of those it waited for."""
    _, _, usage = os.wait4(pid, 0)
    return 1000 * (usage.ru_utime + usage.ru_stime)


class Sidecar:
    def __init__(self, directory: Path, pki: Pki, aws: Aws, url: str) -> None:
        from daemon import Daemon, free_port
        from outputs import Outputs
        from program import STATIC_ENV, Program
        directory.mkdir()
        self.aws = aws
        program = Program(directory)
        self.outputs = Outputs(program, pki)
        self.made = self.outputs.all()
        self.daemon = Daemon(
            program, "-i", "6h", "--listen", f"127.0.0.1:{free_port()}",
            "--serve", "docker.tar.gz,config.json",
            *(word for output in self.made for word in output.args),
            env=STATIC_ENV | self.outputs.env | {"AWS_ENDPOINT_URL": url},
            **self.outputs.where)
        self.wait(len(aws.issued) + 1)

    def wait(self, number: int) -> None:
        """Until the last sink has the token of that number, and nothing but
        loop and broker is left."""
        from daemon import until
        last = self.made[-1]
        until(lambda: len(self.aws.issued) >= number and
              last.files[0].exists() and
              self.aws.issued[-1] in last.read().values(),
              self.daemon.err)
        until(lambda: len(self.daemon.members()) == 2, self.daemon.describe)

    def end(self) -> float:
        os.kill(self.daemon.loop, signal.SIGTERM)
        spent = ended(self.daemon.process.pid)
        self.daemon.process.returncode = 0
        self.outputs.close()
        return spent


def ours(directory: Path, pki: Pki, aws: Aws, url: str) -> dict:
    it = Sidecar(directory / "busy", pki, aws, url)
    for _ in range(REFRESHES):
        number = len(aws.issued) + 1
        it.daemon.signal()
        it.wait(number)
    whole = it.end()
    it = Sidecar(directory / "idle", pki, aws, url)
    pids = it.daemon.members()
    time.sleep(2)
    start, begin = cpu_ms(pids), time.monotonic()
    time.sleep(IDLE_S)
    spent = (cpu_ms(pids) - start) * 3600 / (time.monotonic() - begin)
    loop = it.daemon.loop
    broker, = (pid for pid in pids if pid != loop)
    row = {"memory": memory(pids), "loop": memory([loop]),
           "broker": memory([broker]), "idle hour, ms": round(spent, 2)}
    once = it.end()
    row["refresh, ms"] = round((whole - once) / REFRESHES, 2)
    return row


def shell(directory: Path, url: str) -> Optional[dict]:
    """A token alone, into one file."""
    if not os.path.exists(AWS_CLI):
        return None
    directory = directory / "shell"
    directory.mkdir()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(directory),
           "AWS_ACCESS_KEY_ID": STATIC.id,
           "AWS_SECRET_ACCESS_KEY": STATIC.secret, "AWS_REGION": REGION,
           "AWS_EC2_METADATA_DISABLED": "true"}
    spent = []
    for _ in range(3):
        one = subprocess.Popen(
            [AWS_CLI, "--endpoint-url", url, "ecr", "get-login-password"],
            env=env, stdout=subprocess.DEVNULL)
        spent.append(ended(one.pid))
        one.returncode = 0
    loop = subprocess.Popen(["/bin/sh", "-c", SHELL, url], env=env,
                            cwd=directory, start_new_session=True)
    try:
        end = time.monotonic() + 60
        while not (directory / "password").exists() and \
                time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        children = Path(f"/proc/{loop.pid}/task/{loop.pid}/children") \
            .read_text().split()
        sleeping = memory([loop.pid, *map(int, children)])
    finally:
        os.killpg(loop.pid, signal.SIGKILL)
        loop.wait()
    return {"memory": sleeping, "refresh, ms": round(sorted(spent)[1], 1)}


def measure(binary: str, directory: Path, pki: Pki) -> dict:
    os.environ["ECRBOX"] = binary   # what the black-box suite looks at
    with Aws() as aws:
        aws.fresh = True
        url = f"http://127.0.0.1:{aws.listen()}"
        return {"ours": ours(directory, pki, aws, url),
                "shell": shell(directory, url)}


def markdown(report: dict) -> list[str]:
    ours, shell = report["ours"], report["shell"]
    lines = ["| sidecar, idle | RSS | anonymous | PSS | private |"
             " CPU in an hour | CPU of a refresh |",
             "|---|---:|---:|---:|---:|---:|---:|"]

    def row(name: str, memory: dict, hour: str = "", once: str = "") -> None:
        lines.append("| " + " | ".join(
            [name, *(f"{memory[kind]} KiB" for kind in
                     ("VmRSS", "RssAnon", "Pss", "Private")), hour, once])
            + " |")
    row("ours, every sink", ours["memory"],
        f"{ours['idle hour, ms']:.1f} ms", f"{ours['refresh, ms']:.1f} ms")
    row("its loop", ours["loop"])
    row("its broker", ours["broker"])
    if shell:
        row("sh, sleep and AWS CLI, one file", shell["memory"], "",
            f"{shell['refresh, ms']:.0f} ms")
    return lines + ["", f"Idle for {IDLE_S} s; to reach: RSS <= "
                    f"{ALL_RSS_KIB} KiB, CPU < {ALL_CPU_MS} ms in an hour."]
