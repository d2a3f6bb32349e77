"""Long runs: a thousand refreshes, two hundred ends at random moments, ten
thousand requests. The figures are shown at the end of the run."""
import os
import random
import re
import subprocess
import time
from signal import SIGKILL

import pytest

from daemon import Daemon, ask, free_port, listening, until
from outputs import read_auths
from program import DYNAMIC, HOST, STATIC_ENV
from standin import faults

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    os.geteuid() != 0, reason="descriptors are shown to root")]
WRK = "/usr/bin/wrk"


@pytest.fixture
def figure(record_property):
    def figure(name, value):
        record_property(f"figure: {name}", value)
    return figure


def look(daemon):
    """Of loop and broker, when nothing else is there."""
    until(lambda: len(daemon.members()) == 2, "a pause", 30)
    loop = daemon.loop
    assert len(daemon.children(loop)) == 1
    return {"RssAnon": sum(daemon.memory().values()),
            "descriptors": sum(daemon.descriptors().values()),
            "loop": daemon.memory()[loop]}


def test_a_thousand_refreshes(start, aws, outputs, figure):
    aws.fresh = True
    made = outputs.all()
    port = free_port()
    daemon = start("-i", "6h", "--listen", f"127.0.0.1:{port}", "--serve",
                   "docker.tar.gz,config.json",
                   *(word for output in made for word in output.args),
                   env=outputs.env, **outputs.where)
    last = made[-1]     # the one that is written last

    def done(number):
        return len(aws.issued) >= number and last.files[0].exists() and \
            last.read() == {HOST: aws.issued[-1]}
    until(lambda: done(1), "first")
    begin, early, chance = time.monotonic(), None, random.Random(20261121)
    outputs.together = False
    for number in range(2, 1001):
        if number == 20:
            early = look(daemon)
        if number % 100 == 0:       # a failure once in a while
            outputs.node.fail(faults.status(500))
        daemon.signal()
        # Whoever looks meanwhile sees the old one or the new one, whole.
        time.sleep(chance.uniform(0, 0.03))
        for output in made[:-1] if number > 2 else []:
            (found,) = output.read().values()
            assert found in aws.issued[-2:] or number % 100 <= 1, output.name
        until(lambda: done(number),
              lambda: f"refresh {number}\n{daemon.err[-3000:]}", 30)
        if number % 100 == 0:
            assert ask(port, "/docker.tar.gz").status == 200
    late = look(daemon)
    figure("1,000 refreshes, seconds", round(time.monotonic() - begin, 1))
    figure("after 20 refreshes", early)
    figure("after 1,000 refreshes", late)
    assert not daemon.zombies()
    assert late["descriptors"] == early["descriptors"]
    assert late["RssAnon"] <= early["RssAnon"] + (64 if DYNAMIC else 8)
    assert daemon.stop() == 0


def strays(outputs):
    """Files that nobody asked for."""
    known = {path for kind in ("auth-file", "tarball", "directory-form",
                               "dockercfg", "password-file", "exec")
             for path in outputs.make(kind).files}
    return [path for path in outputs.directory.rglob("*")
            if path.is_file() and path not in known and
            not path.name.startswith("told")]


def test_kill_9_at_200_moments(program, aws, outputs, figure):
    """Each output is the old one or the new one, whole."""
    aws.fresh = True
    made = outputs.all()
    both = next(output for output in made
                if output.name == "directory-form")
    words = [word for output in made for word in output.args]
    chance = random.Random(20261121)

    def read():
        found = {output.name: output.read() for output in made}
        return found | {"its config": read_auths(both.files[1])}

    def begin():
        return Daemon(program, "-i", "6h", *words, **outputs.where,
                      env=STATIC_ENV | outputs.env)

    with begin() as daemon:         # how long the whole of it takes
        started = time.monotonic()
        until(lambda: made[-1].files[0].exists() and
              made[-1].read() == {HOST: aws.issued[-1]}, lambda: daemon.err)
        span = (time.monotonic() - started) * 1.1
    old = new = refreshed = 0
    outputs.together = False
    for number in range(200):
        before = read()
        issued = len(aws.issued)
        with begin() as daemon:
            time.sleep(chance.uniform(0, span))
            how = number % 3
            members = daemon.members()
            if how == 0 and members:    # the power goes
                os.killpg(daemon.process.pid, SIGKILL)
            elif how == 1 and members:  # some process dies
                try:
                    os.kill(chance.choice(members), SIGKILL)
                except ProcessLookupError:
                    pass
                time.sleep(chance.uniform(0, 0.02))
        for name, found in read().items():
            assert list(found) == [HOST], name
            if found == before[name]:
                old += 1
            else:
                assert found[HOST] in aws.issued[issued:], name
                new += 1
        refreshed += len(aws.issued) > issued
    figure("200 kills: outputs old, new, refreshes begun",
           (old, new, refreshed))
    figure("files left behind by 200 kills", len(strays(outputs)))
    assert old > 100 and new > 100
    # All is well afterwards.
    with begin() as daemon:
        until(lambda: all(found == {HOST: aws.issued[-1]}
                          for found in read().values()), lambda: daemon.err)
        assert daemon.stop() == 0


@pytest.mark.skipif(not os.path.exists(WRK), reason="wrk is not installed")
def test_ten_thousand_requests(start, aws, figure):
    port = free_port()
    daemon = start("--listen", f"127.0.0.1:{port}", "--serve",
                   "docker.tar.gz,config.json")
    until(lambda: daemon._over() or listening(port))
    until(lambda: ask(port, "/health").status == 200)

    def wrk(path, seconds):
        done = subprocess.run(
            [WRK, "-t2", "-c64", f"-d{seconds}s", "--timeout", "5s",
             f"http://127.0.0.1:{port}{path}"], capture_output=True,
            text=True, check=True, env={})
        assert "Socket errors" not in done.stdout, done.stdout
        assert "Non-2xx" not in done.stdout, done.stdout
        return int(re.search(r"(\d+) requests in", done.stdout)[1])

    paths = ["/", "/health", "/metrics", "/config.json", "/docker.tar.gz"]
    for path in paths:
        wrk(path, 1)
    early, total = look(daemon), 0
    for path in paths:
        count = wrk(path, 3)
        figure(f"requests a second, 64 connections, {path}", count // 3)
        total += count
    until(lambda: sum(daemon.descriptors().values())
          == early["descriptors"], "descriptors")
    late = look(daemon)
    figure("requests", total)
    figure("before, after", (early, late))
    assert total >= 10000 and late == early
    assert len(aws.log) == 1 and daemon.stop() == 0


def test_short_lives(start, aws, program, figure):
    """Tokens that live for 62 seconds, the least that is believed: half of
    that later there is a new one."""
    auth = program.directory / "auth.json"
    aws.fresh, aws.token_life = True, 62
    daemon = start("-i", "6h", "--auth-file", str(auth))
    until(auth.exists)
    end, worst = time.monotonic() + 100, 99.0
    while time.monotonic() < end:
        worst = min(worst, 62 - (time.time() - auth.stat().st_mtime))
        time.sleep(0.05)
    figure("seconds of life left at worst, of 62", round(worst, 1))
    assert worst > 30 and 3 <= len(aws.issued) <= 5
    assert daemon.stop() == 0
