"""SIGTERM ends it, all of it, within a tenth of a second in every state; and
nothing is left of it whatever ends."""
import fcntl
import json
import os
import socket
import time
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM

import pytest

from daemon import connect, free_port, listening, until
from program import DYNAMIC, REGION
from standin import faults, hosts

# A sanitizer takes its time to end a process.
AT_ONCE = 1.0 if DYNAMIC else 0.1
# A program may ignore SIGTERM for so long (CHILD_END_MS), and some.
STUBBORN = 0.3 + AT_ONCE
TRIES = 3       # on a machine that has much to do
PID_1 = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child",
         "--mount-proc"]


def mute_listener():
    """Takes connections, and never says a word."""
    link = socket.socket()
    link.bind(("127.0.0.1", 0))
    link.listen(16)
    return link


class States:
    """Each makes a sidecar that is in that state when it returns."""

    def __init__(self, request, start, program, aws, outputs) -> None:
        self.start, self.program, self.aws = start, program, aws
        self.request, self.outputs = request, outputs
        self.auth = program.directory / "auth.json"
        self.keep = []

    def run(self, *args, **more):
        for name in "auth.json", "ran":
            (self.program.directory / name).unlink(missing_ok=True)
        self.aws.forget()
        return self.start("-i", "6h", *args, "--auth-file", str(self.auth),
                          **more)

    def sleep(self, **more):
        daemon = self.run(**more)
        until(self.auth.exists)
        return daemon

    def dns(self, **more):
        """The name server's answers never come."""
        ns = self.request.getfixturevalue("ns")
        ns.iptables("-A", "INPUT", "-p", "udp", "--dport", "53",
                         "-j", "DROP")
        resolv = hosts.write_resolv(self.program.directory / "resolv.conf",
                                    "127.0.0.1")
        daemon = self.run(ns=ns, resolv=resolv, env={
            "AWS_ENDPOINT_URL": None}, **more)
        time.sleep(0.3)
        return daemon

    def connect(self, **more):
        ns = self.request.getfixturevalue("ns")
        ns.silent("127.0.0.1", 4430)
        daemon = self.run(ns=ns, env={
            "AWS_ENDPOINT_URL": "http://127.0.0.1:4430"}, **more)
        time.sleep(0.3)
        return daemon

    def tls(self, **more):
        link = mute_listener()
        self.keep.append(link)
        daemon = self.run(env={
            "AWS_ENDPOINT_URL":
            f"https://localhost:{link.getsockname()[1]}"}, **more)
        self.keep.append(link.accept()[0])
        return daemon

    def answer(self, **more):
        self.aws.fail(faults.stall)
        daemon = self.run(**more)
        until(lambda: self.aws.log)
        return daemon

    def backoff(self, **more):
        """Waits to try again."""
        self.aws.fail(faults.error("AccessDeniedException", "no"), times=99)
        daemon = self.run(**more)
        daemon.wait_line("AccessDenied")
        return daemon

    def retry(self, **more):
        """Between two attempts of one refresh."""
        self.aws.fail(faults.throttle(), times=99)
        daemon = self.run(env={"AWS_MAX_ATTEMPTS": "20"}, **more)
        until(lambda: len(self.aws.log) >= 2)
        return daemon

    def exec(self, script="exec sleep 100", **more):
        path = self.program.write("hang", f"#!/bin/sh\n: >ran\n{script}\n",
                                  0o755)
        daemon = self.run("--exec", str(path), **more)
        until((self.program.directory / "ran").exists, lambda: daemon.err)
        return daemon

    def exec_with_a_child(self, **more):
        return self.exec("sleep 100 & sleep 100; exit 1", **more)

    def exec_that_ignores_it(self, **more):
        return self.exec("trap '' TERM INT HUP\nsleep 100\nsleep 100", **more)

    def credential_process(self, **more):
        self.program.write(".aws/config", "[default]\n"
                           "credential_process = /bin/sleep 100\n")
        daemon = self.run(env={"AWS_ACCESS_KEY_ID": None,
                               "AWS_SECRET_ACCESS_KEY": None,
                               "AWS_REGION": REGION}, **more)
        until(lambda: any("sleep" in open(f"/proc/{pid}/comm").read()
                          for pid in daemon.members()))
        return daemon

    def sesam(self, **more):
        made = self.outputs.sesam()
        self.outputs.node.forget()
        self.outputs.node.fail(faults.stall)
        daemon = self.start("-i", "6h", *made.args, env=self.outputs.env,
                            **more)
        until(lambda: self.outputs.node.log)
        return daemon

    def kubernetes(self, **more):
        made = self.outputs.kubernetes()
        self.outputs.cluster.forget()
        self.outputs.cluster.fail(faults.stall)
        daemon = self.start("-i", "6h", *made.args, env=self.outputs.env,
                            **self.outputs.where, **more)
        until(lambda: self.outputs.cluster.log)
        return daemon

    def lock(self, **more):
        """Another login holds the file."""
        self.auth.write_text("{}")
        for name in (self.auth, self.auth.with_name("auth.json.lock")):
            held = open(name, "a")
            fcntl.flock(held, fcntl.LOCK_EX)
            self.keep.append(held)
        daemon = self.run(**more)
        until(lambda: self.aws.log)
        time.sleep(0.3)
        return daemon

    def connections(self, **more):
        """Clients that wait, and one half of a request."""
        port = free_port()
        self.aws.fail(faults.stall)
        daemon = self.run("--listen", f"127.0.0.1:{port}", **more)
        until(lambda: daemon._over() or listening(port))
        for text in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET",
                     b""):
            self.keep.append(connect(port))
            self.keep[-1].sendall(text)
        time.sleep(0.2)
        return daemon

    def stopped(self, **more):
        """Nothing has begun yet."""
        daemon = self.run(**more)
        return daemon.loop and daemon


STATES = ["sleep", "dns", "connect", "tls", "answer", "backoff", "retry",
          "exec", "exec_with_a_child", "exec_that_ignores_it",
          "credential_process", "sesam", "kubernetes", "lock", "connections"]


@pytest.fixture
def states(request, start, program, aws, outputs):
    made = States(request, start, program, aws, outputs)
    yield made
    for thing in made.keep:
        thing.close()


def check_at_once(state, number, rest, **more):
    for _ in range(TRIES):
        daemon = state(**more)
        assert daemon.stop(number) == 0
        if daemon.seconds < AT_ONCE and daemon.rest_seconds < rest:
            return
    assert (daemon.seconds, daemon.rest_seconds) < (AT_ONCE, rest)


@pytest.mark.parametrize("state", STATES)
def test_at_once(states, state):
    check_at_once(getattr(states, state), SIGTERM,
                  STUBBORN if "ignores" in state else AT_ONCE)


@pytest.mark.parametrize("state", ["sleep", "answer", "exec", "connections"])
@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_as_process_1(namespaces, states, state, number):
    def process_1(**more):
        daemon = getattr(states, state)(**more)
        until(lambda: f"\nNSpid:\t{daemon.loop}\t1\n" in open(
            f"/proc/{daemon.loop}/status").read())
        return daemon
    # The kernel ends all others with it; then unshare ends.
    check_at_once(process_1, number, AT_ONCE, before=PID_1)


def test_right_after_the_start(start, program, aws):
    """A signal in the first milliseconds is not lost."""
    auth = program.directory / "auth.json"
    for delay in range(0, 20, 2):
        daemon = start("-i", "6h", "--auth-file", str(auth))
        daemon.loop
        time.sleep(delay / 1000)
        assert daemon.stop() in (0, -SIGTERM)


def test_orphans_are_reaped(namespaces, states):
    """Process 1 is the parent of whatever its programs leave behind."""
    daemon = states.exec("for i in 1 2 3; do (sleep 0.2 &) ; done; exit 0",
                         before=PID_1)
    until(lambda: states.auth.exists())
    time.sleep(0.5)
    until(lambda: not daemon.zombies(), "zombies")
    # What ran in the background may stay as long as it likes; it is gone now.
    until(lambda: all("sleep" not in open(f"/proc/{pid}/comm").read()
                      for pid in daemon.members()), "sleepers")


def test_no_zombie_of_a_refresh(states):
    daemon = states.sleep()
    for count in range(2, 8):
        daemon.signal(SIGHUP)
        until(lambda: len(states.aws.log) >= count)
    until(lambda: not daemon.zombies() and len(daemon.ours()) == 2,
          daemon.describe)


@pytest.mark.parametrize("state", ["sleep", "answer", "exec", "sesam",
                                   "tls"])
def test_kill_9_of_the_loop(states, state):
    """Its broker and the work see it and end."""
    daemon = getattr(states, state)()
    os.kill(daemon.loop, SIGKILL)
    until(lambda: daemon.process.poll() is not None)
    until(lambda: not daemon.members(), daemon.describe(), 2)


def test_kill_9_of_the_broker(states):
    """Without one there is nothing to stay for: the supervisor may do what
    it does."""
    daemon = states.sleep()
    broker, = daemon.children(daemon.loop)
    os.kill(broker, SIGKILL)
    assert daemon.process.wait(5) == 1
    assert daemon.err.count("\n") >= 1 and "Sanitizer" not in daemon.err
    until(lambda: not daemon.members(), daemon.describe)


def test_kill_9_of_a_refresh(states):
    """One refresh is lost; it is said, and done again."""
    daemon = states.answer()
    broker, = daemon.children(daemon.loop)
    work = until(lambda: daemon.children(broker))
    os.kill(work[0], SIGKILL)
    daemon.wait_line("error")
    until(states.auth.exists, "next refresh", 10)
    assert daemon.stop() == 0


def test_two_at_once_share_a_file(start, program, aws):
    """Two sidecars write one file, each its own entry, and none is lost."""
    auth = program.directory / "auth.json"
    other = "210987654321"
    for account in ("123456789012", other):
        start("-i", "6h", "-g", account, "--auth-file", str(auth))
    until(lambda: auth.exists() and len(json.loads(
        auth.read_text())["auths"]) == 2)
