"""What a process in a sandbox may still do: a program enters one and tries a
single thing. It is built as what is shipped is; a sanitized build would call
the system in other ways."""
import errno
import os
import pty
import re
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from program import LANDLOCK
from standin import dns, hosts
from standin.dns import Dns
from standin.server import Answer, Standin

PROBE = Path(os.environ.get("ECRBOX_PROBE", "/nonexistent"))
KILLED = "killed"
CALLS = {"ptrace": 101, "mount": 165, "bpf": 321, "unshare": 272,
         "kexec_load": 246, "init_module": 175, "keyctl": 250,
         "userfaultfd": 323, "process_vm_readv": 310, "io_uring_setup": 425,
         "clone3": 435, "openat2": 437, "sched_yield": 24, "personality": 135,
         "sendmsg": 46, "clone": 56, "connect": 42, "bind": 49, "listen": 50,
         "sendto": 44, "setsockopt": 54, "accept4": 288,
         "fcntl": 72, "tkill": 200, "ptrace_x32": 0x40000209,
         "none": 0xffffffff}

pytestmark = pytest.mark.skipif(
    not PROBE.exists() or LANDLOCK < 1 or os.uname().machine != "x86_64",
    reason="needs the probe, Landlock and the numbers of x86_64")


def ports(case):
    return pytest.mark.skipif(LANDLOCK < 4, reason="Landlock 4")(case)


class Sandbox:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.words: dict[str, object] = {}

    def run(self, mode: str, needs: str, action: str, ns=None
            ) -> tuple[str, str]:
        """The report, and how it went."""
        words = [mode, *needs.split(), "--", *action.split()]
        done = subprocess.run(
            [*(ns.prefix() if ns else []), PROBE,
             *(word.format(**self.words) for word in words)],
            env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
            timeout=30, cwd=self.directory)
        assert not done.stderr
        report, *said = done.stdout.splitlines()
        if done.returncode == -signal.SIGSYS:
            assert not said
            return report, KILLED
        assert done.returncode in (0, 1), done
        said = said[0] if said else report
        if said.startswith("errno "):
            said = errno.errorcode[int(said[6:])]
        return report, re.sub(r":\d{4,5}:", ":PORT:",
                              said.replace(str(self.directory), "DIR"))


@pytest.fixture
def sandbox(tmp_path):
    box = Sandbox(tmp_path)
    for name in "in", "out", "out/sub", "other":
        (tmp_path / name).mkdir()
    for name in "in/file", "out/old", "other/file", "alone":
        (tmp_path / name).write_text("text")
    (tmp_path / "link").symlink_to("in/file")
    (tmp_path / "loop").symlink_to("loop")
    with socket.create_server(("127.0.0.1", 0)) as listed, \
            socket.create_server(("127.0.0.1", 0)) as other:
        box.words = {
            "in": tmp_path / "in", "out": tmp_path / "out",
            "other": tmp_path / "other", "dir": tmp_path,
            "port": listed.getsockname()[1],
            "else": other.getsockname()[1], **CALLS}
        yield box


# needs, action, outcome in mode on, and in mode strict if it is another.
REFUSED = [
    # files
    ("read={in}", "open read /etc/passwd", "EACCES"),
    ("read={in}", "open read {other}/file", "EACCES"),
    ("read={in}", "open read {dir}/alone", "EACCES"),
    ("read={in}", "open dir {dir}", "EACCES"),
    ("read={in}/file", "open dir {in}", "EACCES"),
    ("read={in}", "open write {in}/file", "EACCES"),
    ("read={in}", "open cut {in}/file", "EACCES"),
    ("read={in}", "open make {in}/new", "EACCES"),
    ("read={in}", "mkdir {in}/new", "EPERM", KILLED),
    ("read={in}", "unlink {in}/file", "EPERM", KILLED),
    ("read={in}", "rename {in}/file {in}/new", "EPERM", KILLED),
    ("write={out}", "open write {in}/file", "EACCES"),
    ("write={out}", "open make {other}/new", "EACCES"),
    ("write={out}", "mkdir {other}/new", "EACCES"),
    ("write={out}", "rmdir {dir}/other", "EACCES"),
    ("write={out}", "unlink {other}/file", "EACCES"),
    ("write={out}", "rename {out}/old {other}/new", "EACCES"),
    ("write={out}", "rename {other}/file {out}/new", "EACCES"),
    ("write={out}", "open read /etc/passwd", "EACCES"),
    ("write={out}", "symlink /etc/passwd {out}/new", "EPERM", KILLED),
    ("write={out}", "chmod {out}/old", "EPERM", KILLED),
    ("write={out}/old", "open make {out}/new", "EACCES"),
    ("write={out}/old", "unlink {out}/old", "EACCES"),
    ("terminal", "open read /etc/passwd", "EACCES"),
    ("", "open read /etc/passwd", "EPERM", KILLED),
    ("udp connect={port}", "open read /etc/passwd", "EPERM", KILLED),
    ("narrower", "open read /etc/passwd", "EACCES"),
    # programs
    ("read=/", "execve /bin/true", "EPERM", KILLED),
    ("children", "execve /bin/true", "EPERM", KILLED),
    ("children", "call {clone3} 0 0", "ENOSYS", KILLED),
    ("children", "call {clone} 0x10000011", "EPERM", KILLED),   # NEWUSER
    ("children", "call {clone} 0x00010f00", "EPERM", KILLED),   # a thread
    ("", "fork", "EPERM", KILLED),
    ("", "child hello", "fork: Operation not permitted", KILLED),
    ("", "kill 1 0", "EPERM", KILLED),
    ("", "call {tkill} 1 0", "EPERM", KILLED),
    ("read={in}", "call {fcntl} 0 8 1", "EPERM", KILLED),       # F_SETOWN
    ("terminal", "call {fcntl} 0 10 9", "EPERM", KILLED),       # F_SETSIG
    # sockets: family, type, protocol
    ("", "socket 2 1 6", "EPERM", KILLED),
    ("", "socket 1 2 0", "EPERM", KILLED),
    ("connect={port}", "socket 2 2 17", "EPERM", KILLED),       # UDP
    ("connect={port}", "socket 2 1 262", "EPERM", KILLED),      # MPTCP
    ("connect={port}", "socket 2 1 0", "EPERM", KILLED),
    ("connect={port}", "socket 2 3 1", "EPERM", KILLED),        # raw ICMP
    ("connect={port}", "socket 43 1 0", "EPERM", KILLED),       # SMC
    ("connect={port} udp notify", "socket 1 1 0", "EPERM", KILLED),
    ("connect={port} udp notify", "socket 16 3 0", "EPERM", KILLED),
    ("udp", "socket 2 1 6", "EPERM", KILLED),
    ("udp", "socket 10 1 6", "EPERM", KILLED),
    ("listen={port}", "connect {port}", "EPERM", KILLED),
    ("connect={port}", "fastopen {port}", "EPERM", KILLED),
    ("connect={port}", "listen 0", "EPERM", KILLED),
    ("connect={port}", "call {sendmsg} 0 0 0", "EPERM", KILLED),
    # one that it has, and no other
    ("accepts", "socket 2 1 6", "EPERM", KILLED),
    ("accepts", "socket 10 1 6", "EPERM", KILLED),
    ("accepts", "socket 1 2 0", "EPERM", KILLED),
    ("accepts", "call {connect} 0 0 0", "EPERM", KILLED),
    ("accepts", "call {bind} 0 0 0", "EPERM", KILLED),
    ("accepts", "call {listen} 0 1", "EPERM", KILLED),
    ("accepts", "call {sendto} 0 0 0 0 0 0", "EPERM", KILLED),
    ("accepts", "call {sendmsg} 0 0 0", "EPERM", KILLED),
    ("accepts", "call {setsockopt} 0 6 31", "EPERM", KILLED),   # TCP_ULP
    ("accepts", "open read /etc/passwd", "EPERM", KILLED),
    ("accepts", "fork", "EPERM", KILLED),
    ("accepts", "kill 1 0", "EPERM", KILLED),
    ("accepts notify", "socket 2 1 6", "EPERM", KILLED),
    ("", "call {accept4} 0 0 0 0", "EPERM", KILLED),
    ("notify udp", "call {accept4} 0 0 0 0", "EPERM", KILLED),
    # memory to be executed; libc makes ENOMEM of EPERM
    ("", "mmap 7 3", "ENOMEM", KILLED),
    ("", "mmap 5 1", "ENOMEM", KILLED),
    ("", "mmap 3 5", "EPERM", KILLED),
    # itself: PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_PDEATHSIG
    ("children", "prctl 4 1", "EPERM", KILLED),
    ("children", "prctl 15 0", "EPERM", KILLED),
    ("", "prctl 1 9", "EPERM", KILLED),
    # the kernel
    ("terminal", "call 16 0 0x5412 0", "EPERM", KILLED),        # TIOCSTI
    ("", "call 16 0 0x5401 0", "EPERM", KILLED),                # TCGETS
    ("", "call {sched_yield}", "EPERM", KILLED),
    ("", "call {openat2}", "ENOSYS", KILLED),
    ("", "call {none}", "ENOSYS", KILLED),
    ("", "call {ptrace_x32}", "ENOSYS", KILLED),
    *((needs, f"call {{{name}}}", KILLED)
      for name in ("ptrace", "mount", "bpf", "unshare", "kexec_load",
                   "init_module", "keyctl", "userfaultfd", "personality",
                   "process_vm_readv", "io_uring_setup")
      for needs in ("", "read=/ write=/ connect-any listen=0 udp notify "
                    "children early-children terminal narrower")),
    # those who run programs
    ("programs", "call {bpf}", "EPERM", KILLED),
    ("programs", "call {kexec_load}", "EPERM", KILLED),
    ("programs", "call {ptrace_x32}", "EPERM", KILLED),
]


@pytest.mark.parametrize("mode", ["on", "strict"])
@pytest.mark.parametrize("row", REFUSED, ids=lambda row: " ".join(row[:2]))
def test_refused(sandbox, mode, row):
    needs, action, *outcomes = row
    assert sandbox.run(mode, needs, action)[1] == \
        outcomes[-1 if mode == "strict" else 0]


@ports
@pytest.mark.parametrize("mode", ["on", "strict"])
@pytest.mark.parametrize("needs, action", [
    ("connect={port}", "connect {else}"),
    ("connect={port} listen=0", "connect {else}"),
    ("connect={port} listen={else}", "connect {else}"),
    ("udp connect=53", "connect {else}"),
    ("listen=1024", "listen {else}"),
    ("listen=1024", "listen 0"),
    ("listen=1024 connect={else}", "listen {else}"),
])
def test_ports(sandbox, mode, needs, action):
    assert sandbox.run(mode, needs, action)[1] == "EACCES"


MINE = "write={out}"
ALLOWED = [
    ("", "nothing"),
    ("", "mmap 3 1"),
    ("programs", "nothing"),
    ("read={in} write={out} connect=1 terminal", "nothing"),
    ("read={in}", "open read {in}/file"),
    ("read={in}", "open dir {in}"),
    ("read={in}/file", "open read {in}/file"),
    ("read={dir}/link", "open read {in}/file"),
    ("read={dir}/link", "open read {dir}/link"),
    ("read=/nowhere read={in}/file/x read={in}", "open read {in}/file"),
    # a loop, a name that is too long, a pipe
    (f"read={{dir}}/loop read={{dir}}/{'x' * 300} write=/dev/stdout "
     "read={in}", "open read {in}/file"),
    ("read={in}", "file_read {in}/file"),
    ("read={in}", "file_read {dir}/link"),
    ("read={in}/file", "file_read_own {in}/file"),
    ("read={in}", "file_list {in}"),
    (MINE, "file_edit {out}/new text"),
    (MINE, "file_edit {out}/old other"),
    (MINE, "file_edit {out}/deep/deeper/new text"),
    (MINE, "file_list {out}"),
    (MINE, "mkdir {out}/new"),
    (MINE, "rmdir {out}/sub"),
    (MINE, "unlink {out}/old"),
    (MINE, "rename {out}/old {out}/sub"),
    (MINE, "open cut {out}/old"),
    ("write={out}/old", "open cut {out}/old"),
    ("connect={port}", "connect {port}"),
    ("connect-any", "connect {else}"),
    ("listen=0", "listen 0"),
    ("listen=0 connect-any", "accept 0"),
    ("accepts", "stay"),
    ("listen=0", "stay"),
    ("udp", "socket 2 2 17"),
    ("udp", "socket 10 2 17"),
    ("connect={port}", "socket 10 1 6"),
    ("connect={port}", "socket 1 2 0"),
    ("children", "fork"),
    ("children", "child hello"),
    ("children", "prctl 1 9"),
    ("programs", "program echo hello"),
    ("programs", "file_read {dir}/alone"),
    ("programs", "connect {else}"),
    ("programs", "call {ptrace}"),      # by the parent
    ("programs", "call {sched_yield}"),
]


@pytest.mark.parametrize("mode", ["off", "on", "strict"])
@pytest.mark.parametrize("needs, action", ALLOWED)
def test_allowed(sandbox, mode, needs, action):
    if "rename {out}/old" in action:
        (sandbox.directory / "out" / "sub").rmdir()
    assert sandbox.run(mode, needs, action)[1] == "ok"


def test_off(sandbox):
    for action in ("open read /etc/passwd", "fork", "connect {else}",
                   "program true"):
        assert sandbox.run("off", "", action) == ("sandbox off", "ok")


@pytest.mark.parametrize("mode", ["on", "strict"])
def test_rename_elsewhere(sandbox, mode):
    """Between directories both of which may be written to."""
    both = "write={out} write={other}"
    assert sandbox.run(mode, both, "rename {out}/old {other}/new")[1] == (
        "ok" if LANDLOCK >= 2 else "EXDEV")


def test_not_there_yet(sandbox):
    """What comes later is not what was meant."""
    needs = "read={dir}/late read={in}"
    assert sandbox.run("on", needs, "file_read {dir}/late")[1] == \
        "open 'DIR/late': No such file or directory"


def test_file_that_is_a_mount_point(sandbox, namespaces):
    """Beneath the directory, though its own directory is another."""
    done = subprocess.run(
        ["/usr/bin/unshare", "-m", "/bin/sh", "-ec", "mount --bind "
         'other/file out/old; "$0" strict write="$PWD/out" -- '
         'file_edit "$PWD/out/old" new', PROBE], cwd=sandbox.directory,
        capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["ok"]
    assert (sandbox.directory / "other" / "file").read_text() == "new"


class Plain(Standin):
    def answer(self, _request) -> Answer:
        return Answer(body=b"hello")


NAME = "public.ecr.aws"     # as the certificate has it


@pytest.mark.parametrize("mode", ["off", "on", "strict"])
class TestExchange:
    """A name, a connection, TLS and an answer, by our own client."""

    @pytest.fixture
    def get(self, sandbox, ns, pki, mode):
        resolv = hosts.write_resolv(sandbox.directory / "resolv.conf",
                                    "127.0.0.1")
        with Plain() as web:
            sandbox.words |= {
                "web": web.listen(ns=ns, tls=pki.context("rsa")),
                "clear": web.listen(ns=ns), "resolv": resolv,
                "roots": pki.bundle}

            def get(needs: str, url: str, mangle=None) -> str:
                with Dns(ns, {NAME: ["127.0.0.1"]}, mangle=mangle):
                    return sandbox.run(
                        mode, f"read={{resolv}} read={{roots}} {needs}",
                        f"get {url} {{roots}} {{resolv}} 53", ns=ns)[1]
            yield get

    def test_clear(self, get):
        assert get("connect={clear}", "http://127.0.0.1:{clear}/") == "ok"

    def test_tls(self, get):
        assert get("connect={web}", "https://localhost:{web}/") == "ok"

    def test_name(self, get):
        assert get("udp connect={web}", f"https://{NAME}:{{web}}/") == "ok"

    def test_name_by_tcp(self, get):
        assert get("udp connect=53 connect={web}",
                   f"https://{NAME}:{{web}}/", dns.truncated) == "ok"

    def test_no_name(self, get, mode):
        if mode != "off":
            assert get("connect={web}", f"https://{NAME}:{{web}}/") == {
                "on": f"resolve '{NAME}': name server 127.0.0.1: not "
                      "permitted",
                "strict": KILLED}[mode]

    @ports
    def test_other_port(self, get, mode):
        if mode != "off":
            assert get("connect={web}", "http://127.0.0.1:{clear}/") == \
                "connect 127.0.0.1:PORT: not permitted"


@pytest.mark.skipif(LANDLOCK < 6, reason="Landlock 6")
@pytest.mark.parametrize("early, outcome", [("", "EPERM"),
                                            ("early-children", "ok")])
def test_signals(sandbox, early, outcome):
    assert sandbox.run("strict", f"children {early}",
                       f"kill {os.getpid()} 0")[1] == outcome


@pytest.mark.parametrize("name", ["socket", "@ecrbox-{}"])
@pytest.mark.parametrize("mode", ["on", "strict"])
def test_notify(sandbox, mode, name):
    name = name.format(os.getpid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as at:
        at.bind("\0" + name[1:] if name[0] == "@"
                else str(sandbox.directory / name))
        at.settimeout(5)
        assert sandbox.run(mode, "notify", f"notify {name}")[1] == "ok"
        assert at.recv(100) == b"READY=1"
        if LANDLOCK >= 6 and name[0] == "@":
            assert sandbox.run(mode, "udp", f"notify {name}")[1] == "EPERM"


@pytest.mark.parametrize("mode", ["on", "strict"])
def test_stay_and_notify(sandbox, mode):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as at:
        at.bind(str(sandbox.directory / "socket"))
        at.settimeout(5)
        assert sandbox.run(mode, "accepts notify",
                           f"stay {sandbox.directory}/socket")[1] == "ok"
        assert at.recv(100) == b"READY=1\nSTATUS=up\n"


@pytest.mark.parametrize("mode", ["on", "strict"])
def test_question(sandbox, mode):
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(PROBE, [str(PROBE), mode, "terminal", "--", "ask"], {})
    said = b""
    while b"? " not in said:
        said += os.read(fd, 1000)
    os.write(fd, b"1234\n")
    while b"ok" not in said:
        said += os.read(fd, 1000)
    assert os.waitpid(pid, 0)[1] == 0
    os.close(fd)


@pytest.mark.parametrize("outer, outcome", [
    ("read=/etc read={in}", "open 'DIR/alone': Permission denied"),
    ("read={dir}", "open 'DIR/alone': Permission denied"),
])
@pytest.mark.parametrize("mode", ["on", "strict"])
def test_one_in_the_other(sandbox, mode, outer, outcome):
    assert sandbox.run(mode, f"narrower {outer}",
                       "narrow {in}/file {dir}/alone")[1] == outcome


def test_no_other_without_the_need(sandbox):
    assert sandbox.run("strict", "read={dir}",
                       "narrow {in}/file {dir}/alone")[1] == KILLED
    # Where it fails only, the first goes on to hold.
    assert sandbox.run("on", "read={in}",
                       "narrow {in}/file {dir}/alone")[1] == \
        "sandbox: Landlock: Function not implemented; ECRBOX_SANDBOX=on " \
        "does without"


@pytest.mark.parametrize("needs, core", [("", "0 0"), ("programs", "0 9")])
@pytest.mark.parametrize("mode", ["on", "strict"])
def test_for_good(mode, needs, core):
    """What the kernel says of it. Programs get back the limit that was."""
    child = subprocess.Popen(
        [PROBE, mode, *needs.split(), "--", "wait"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env={}, preexec_fn=lambda:
        resource.setrlimit(resource.RLIMIT_CORE, (9, 9)))
    assert child.stdout.readline()
    proc = Path(f"/proc/{child.pid}")
    status = (proc / "status").read_text()
    assert "\nNoNewPrivs:\t1\n" in status and "\nSeccomp:\t2\n" in status
    limit, = re.findall(r"core file size +(\d+) +(\d+)",
                        (proc / "limits").read_text())
    assert " ".join(limit) == core
    assert child.communicate() == (b"ok\n", None)


@pytest.mark.parametrize("mode", ["off", "strict"])
def test_rest(mode):
    """Who waits takes little memory, and goes on afterwards."""
    child = subprocess.Popen([PROBE, mode, "--", "rest"], env={},
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline()
    until = time.monotonic() + 10
    while True:
        status = Path(f"/proc/{child.pid}/status").read_text()
        kib = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])
        if kib <= 100:
            break
        assert time.monotonic() < until, status
        time.sleep(0.05)
    assert child.communicate() == (b"ok\n", None)


def test_report(sandbox):
    all_of_it = "files, truncation, TCP ports, devices, signals"
    if LANDLOCK < 6:
        pytest.skip("Landlock 6")
    for needs, text in (
            ("", f"holds {all_of_it}, system calls"),
            ("connect-any", f"holds {all_of_it}, system calls"),
            ("listen=0", f"holds {all_of_it}, system calls"),
            ("connect=1 early-children",
             "holds files, truncation, TCP ports, devices, system calls"),
            ("connect-any listen=0",
             "holds files, truncation, devices, signals, system calls"),
            ("programs", "holds system calls; not files, TCP ports, signals "
             "(programs are run)")):
        for mode in "on", "strict":
            assert sandbox.run(mode, needs, "nothing") == \
                (f"sandbox {mode}: {text}", "ok")
