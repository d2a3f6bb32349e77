"""The process that stays: when it refreshes, what it logs, how it ends."""
import datetime
import json
import os
import re
import time
from signal import SIGHUP, SIGINT, SIGQUIT, SIGTERM

import pytest

from daemon import TEXT, free_port, until
from outputs import FILES, read_tarball
from program import ACCOUNT, HOST, PASSWORD, REGION, SECRETS, STATIC_ENV
from standin import faults

OTHER = "210987654321"


def times(aws, count):
    """When the first so many calls came."""
    until(lambda: len(aws.log) >= count, f"{count} calls", 30)
    return [request.at for request in aws.log[:count]]


def check_gaps(aws, count, least, most):
    at = times(aws, count + 1)
    gaps = [round(b - a, 2) for a, b in zip(at, at[1:])]
    assert all(least <= gap <= most for gap in gaps), gaps


@pytest.fixture
def auth(program):
    return program.directory / "auth.json"


def content(path):
    return json.loads(path.read_text())["auths"]


def test_once_is_the_default(start, aws, auth):
    daemon = start("--auth-file", str(auth))
    assert daemon.process.wait(10) == 0 and HOST in content(auth)
    assert len(aws.log) == 1


@pytest.mark.parametrize("interval", ["2", "2s"])
def test_interval(start, aws, auth, interval):
    """Never later than that, and a tenth of it earlier at most."""
    daemon = start("-i", interval, "--auth-file", str(auth))
    check_gaps(aws, 2, 1.7, 2.3)
    assert daemon.stop() == 0


@pytest.mark.parametrize("args, life, least, most", [
    (["-i", "90m"], 100, 43, 51),       # half of what is left
    (["-i", "90m"], 12 * 3600, 4859, 5401),
    (["-i", "2d"], 12 * 3600, 19438, 21601),
    (["--listen"], 12 * 3600, 19438, 21601),
    (["--listen"], 1000, 448, 501),
])
def test_when(start, aws, auth, args, life, least, most):
    """A tenth earlier at random, never later."""
    aws.token_life = life
    if args == ["--listen"]:
        args.append(f"127.0.0.1:{free_port()}")
    daemon = start(*args, "--auth-file", str(auth))
    said = daemon.wait_line("refresh done").split()
    at, due = (datetime.datetime.strptime(said[i], "%Y-%m-%dT%H:%M:%SZ")
               for i in (0, -1))
    assert least <= (due - at).total_seconds() <= most


def test_the_interval_when_it_is_shorter(start, aws, auth):
    aws.token_life = 90
    start("-i", "1", "--auth-file", str(auth))
    check_gaps(aws, 3, 0.8, 1.4)


def test_backoff(start, aws, auth):
    """Soon again, long before the interval; the output stays as it was."""
    daemon = start("-i", "6h", "--auth-file", str(auth), env={
        "AWS_MAX_ATTEMPTS": "1"})
    daemon.wait_line("token")
    until(auth.exists)
    before = auth.read_bytes()
    aws.password = "B" + PASSWORD[1:]
    aws.fail(faults.status(500), times=1)
    daemon.signal(SIGHUP)
    times(aws, 3)
    assert 2.3 <= aws.log[2].at - aws.log[1].at <= 5.5
    daemon.wait_line("500")
    until(lambda: auth.read_bytes() != before)


def test_hangup_refreshes_now(start, aws, auth):
    aws.fresh = True
    daemon = start("-i", "6h", "--auth-file", str(auth))
    times(aws, 1)
    until(auth.exists)
    for count in range(2, 5):
        before = auth.read_bytes()
        daemon.signal(SIGHUP)
        times(aws, count)
        until(lambda: auth.read_bytes() != before)
    assert daemon.stop() == 0


def test_hangups_in_a_row(start, aws, auth):
    """Twenty at once are two refreshes at most."""
    aws.fail(faults.delay(0.5))
    daemon = start("-i", "6h", "--auth-file", str(auth))
    times(aws, 1)
    for _ in range(20):
        daemon.signal(SIGHUP)
    times(aws, 2)
    time.sleep(0.5)
    assert len(aws.log) == 2


@pytest.mark.parametrize("number", [SIGTERM, SIGINT, SIGQUIT])
def test_signals_end_it(start, aws, auth, number):
    daemon = start("-i", "6h", "--auth-file", str(auth))
    until(auth.exists)
    assert daemon.stop(number) == 0
    assert daemon.seconds < 0.1
    assert any(number.name in line for line in daemon.lines())


def log_of(daemon):
    until(lambda: len(daemon.lines()) >= 2, "lines")
    daemon.signal(SIGHUP)
    until(lambda: len(daemon.lines()) >= 4, "lines")
    assert daemon.stop() == 0
    return daemon.lines()


def test_log_text(start, aws, auth):
    daemon = start("-i", "6h", "--auth-file", str(auth))
    lines = log_of(daemon)
    for line in lines:
        assert TEXT.fullmatch(line), line
    assert any(HOST in line for line in lines)
    assert any(str(auth) in line for line in lines)
    assert not daemon.out


def test_log_json(start, aws, auth):
    daemon = start("-i", "6h", "--log-format", "json", "--auth-file",
                   str(auth))
    for line in log_of(daemon):
        event = json.loads(line)
        assert list(event)[:3] == ["time", "level", "message"]
        assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z",
                            event["time"])
        assert event["level"] in ("debug", "info", "warning", "error")


@pytest.mark.parametrize("more", [["-v"], ["-v", "--log-format", "json"]])
def test_log_verbose(start, aws, auth, more):
    """Each line has its form, whoever wrote it; no line has a secret."""
    aws.fail(faults.throttle())
    daemon = start("-i", "6h", *more, "--auth-file", str(auth))
    daemon.wait_line("sandbox")
    lines = log_of(daemon)
    for line in lines:
        if len(more) > 1:
            json.loads(line)
        else:
            assert TEXT.fullmatch(line), line
    assert not any(secret in daemon.err for secret in SECRETS)


def test_one_event_of_a_failure_that_goes_on(start, aws, auth):
    """A failure is one line a refresh, with its level and its cause."""
    aws.fail(faults.error("AccessDeniedException", "not\nyou \x1b[31m"),
             times=faults.FOREVER)
    daemon = start("-i", "6h", "--auth-file", str(auth))
    line = daemon.wait_line("AccessDenied")
    assert TEXT.fullmatch(line) and " error " in line
    assert "\x1b" not in daemon.err and not auth.exists()
    time.sleep(0.3)
    assert len(daemon.lines("AccessDenied")) == 1


def test_many_registries(start, aws, auth):
    """One call for each region, ten ids in it at most."""
    ids = [f"{number:012}" for number in range(100000000000, 100000000012)]
    listed = f"{ACCOUNT} {OTHER}@us-east-1,{OTHER};" + \
        f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com\t" + ",".join(ids)
    daemon = start("-i", "6h", "-g", listed, "--auth-file", str(auth))
    until(auth.exists, "auth file")
    assert len(content(auth)) == 16
    daemon.stop()
    calls = {}
    for region, asked in aws.asked:
        calls.setdefault(region, []).append(asked)
    assert sorted(map(len, calls[REGION])) == [4, 10]
    assert sorted(calls["us-east-1"][0]) == sorted([ACCOUNT, OTHER])
    assert len(calls["us-east-1"]) == 1


def test_one_registry_fails(start, aws, auth):
    """The other is written; the line names the one that failed; it is tried
    again, and then both are there."""
    aws.unknown.add(OTHER)
    daemon = start("-i", "6h", "-g", f"{ACCOUNT},{OTHER}", "--auth-file",
                   str(auth))
    line = daemon.wait_line(OTHER)
    assert " error " in line or " warning " in line
    until(auth.exists)
    assert list(content(auth)) == [HOST]
    aws.unknown.clear()
    until(lambda: len(content(auth)) == 2, "both", 10)


def test_a_registry_keeps_its_last_token(start, aws, program):
    """What is written anew still has the entry of the one that fails now."""
    tarball = program.directory / "docker.tar.gz"
    aws.fresh = True
    daemon = start("-i", "6h", "-g", f"{ACCOUNT},{OTHER}", "-f",
                   str(tarball))
    until(tarball.exists)
    before = read_tarball(tarball)
    aws.unknown.add(OTHER)
    daemon.signal(SIGHUP)
    until(lambda: read_tarball(tarball) != before)
    after = read_tarball(tarball)
    assert sorted(after) == sorted(before)
    other = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com"
    assert after[other] == before[other] and after[HOST] != before[HOST]


def test_identity_is_looked_up_anew(start, aws, program, auth):
    """Keys that were rotated in the file count from the next refresh on."""
    keys = "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n"
    first, second = aws.keys.user("first"), aws.keys.user("second")
    program.write(".aws/credentials", keys.format(first.id, first.secret))
    daemon = start("-i", "6h", "--auth-file", str(auth), env={
        name: None for name in STATIC_ENV} | {"AWS_REGION": REGION})
    times(aws, 1)
    program.write(".aws/credentials", keys.format(second.id, second.secret))
    until(auth.exists)
    daemon.signal(SIGHUP)
    times(aws, 2)
    assert aws.reached() == [first.id, second.id]


def test_no_token_cache(start, aws, program, auth):
    """It neither takes a token from there nor leaves one."""
    assert program.login(env=STATIC_ENV).status == 0
    cached = {path: path.read_bytes() for path in program.cache.iterdir()}
    start("-i", "6h", "--auth-file", str(auth))
    until(auth.exists)
    assert len(aws.log) == 2
    assert cached == {path: path.read_bytes()
                      for path in program.cache.iterdir()}


def test_outputs_are_replaced(start, aws, outputs):
    """Who has a file open reads all of the old one, whatever happens."""
    aws.fresh = True
    made = [outputs.make(kind) for kind in FILES]
    daemon = start("-i", "6h", *(word for output in made
                                 for word in output.args))
    daemon.wait_line("refresh done")
    files = [path for output in made for path in output.files]
    before = [(open(path, "rb"), path.read_bytes()) for path in files]
    daemon.signal(SIGHUP)
    daemon.wait_line("refresh done", 2)
    for path, (file, content) in zip(files, before):
        with file:
            assert file.read() == content != path.read_bytes()


def test_nothing_secret_in_proc(start, aws, auth):
    daemon = start("-i", "6h", "--auth-file", str(auth))
    until(auth.exists)
    for pid in daemon.ours():
        line = open(f"/proc/{pid}/cmdline", "rb").read()
        assert not any(secret.encode() in line for secret in SECRETS)
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0


@pytest.mark.parametrize("args", [
    ["-i", ""], ["-i", "0"], ["-i", "-1"], ["-i", "1x"], ["-i", "1h30m"],
    ["-i", "1.5h"], ["-i", "0x10"], ["-i", " 5"], ["-i", "99999999999999d"],
    ["--log-format", "xml", "-i", "5"], ["-i", "5", "-p"],
    ["-i", "5", "--logout"], ["-i", "5", "--configure-docker"],
])
def test_usage(start, aws, args):
    daemon = start(*args)
    assert daemon.process.wait(10) == 2 and daemon.err.count("\n") <= 2
    assert not aws.log
