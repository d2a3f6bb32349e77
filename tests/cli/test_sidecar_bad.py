"""When an output cannot be written: its last good content stays, the error
names it, health is red, and all is well again without a restart."""
import os
import re
import subprocess
from pathlib import Path
from signal import SIGHUP
from typing import Optional

import pytest

from daemon import Daemon, ask, free_port, until
from outputs import FILES, Outputs
from program import BINARY, HOST, STATIC_ENV

# A small disk at /mnt that nobody else sees, and the program where any user
# may run it; a disk of that size holds each output twice.
DISK = """
mount -t tmpfs -o size=512k,mode=755 none /mnt || exit 125
mount -t tmpfs none /media || exit 125
: >/media/ecrbox && mount --bind "$1" /media/ecrbox || exit 125
mkdir /mnt/out /mnt/home && chown "$2" /mnt/out /mnt/home || exit 125
user=$2
shift 2
exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
"""


class Box:
    """A sidecar whose outputs are on a disk of its own."""

    def __init__(self, program, aws, kinds=FILES, user: int = 0,
                 args: Optional[list[str]] = None) -> None:
        self.aws, self.port = aws, free_port()
        aws.fresh = True
        self.outputs = Outputs(program, directory=Path("/mnt/out"))
        self.made = [self.outputs.make(kind) for kind in kinds
                     if kind != "config"]
        words = [word for output in self.made for word in output.args]
        self.daemon = Daemon(
            program, "-i", "6h", "--listen", f"127.0.0.1:{self.port}",
            *(args if args is not None else words), before=[
                "/usr/bin/unshare", "--mount", "--propagation", "private",
                "/bin/sh", "-c", DISK, "sh", str(BINARY), str(user)],
            binary=Path("/media/ecrbox"), env=STATIC_ENV | {
                "HOME": "/mnt/home"}, cwd=Path("/"))
        self.loop = self.daemon.loop
        self.outputs.root = Path(f"/proc/{self.loop}/root")

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_exc) -> None:
        self.daemon.kill()

    def inside(self, script: str) -> None:
        """Run it as root where the program is."""
        subprocess.run(["/usr/bin/nsenter", "-t", str(self.loop), "-m",
                        "/bin/sh", "-ec", script], check=True, timeout=20,
                       capture_output=True)

    def read(self):
        """What is in each output, or why it cannot be read."""
        found = {}
        for output in self.made:
            try:
                found[output.name] = output.read()
            except (OSError, AssertionError) as error:
                # Of two files, one may be ahead of the other for a moment.
                found[output.name] = str(error)
        return found

    def is_new(self) -> bool:
        """All outputs have the last password, and health is green."""
        want = {HOST: self.aws.issued[-1]} if self.aws.issued else None
        return all(found == want for found in self.read().values()) and \
            ask(self.port, "/health").status == 200

    def begin(self) -> dict:
        until(self.is_new, lambda: self.daemon.err)
        return self.read()

    def refresh(self) -> None:
        calls = len(self.aws.log)
        self.daemon.signal(SIGHUP)
        until(lambda: len(self.aws.log) > calls, "refresh")

    def recover(self) -> None:
        self.daemon.signal(SIGHUP)
        until(self.is_new, lambda: self.daemon.err)

    def red(self, *names: str) -> None:
        """Health names the outputs that failed."""
        def seen():
            said = ask(self.port, "/health")
            return said.status == 503 and all(
                name in said.body.decode() for name in names)
        until(seen, lambda: f"red: {names}\n{self.daemon.err}")
        assert re.search(r"ecrbox_[a-z_]*\{[^}]*\}", ask(
            self.port, "/metrics").body.decode())


@pytest.fixture
def box(program, aws, namespaces):
    boxes = []

    def make(**more) -> Box:
        boxes.append(Box(program, aws, **more))
        return boxes[-1]
    yield make
    for made in boxes:
        made.daemon.kill()


ROWS = [
    ("disk full", "dd if=/dev/zero of=/mnt/fill bs=4k 2>/dev/null || :",
     "rm /mnt/fill", "No space left on device"),
    ("read-only", "mount -o remount,ro /mnt", "mount -o remount,rw /mnt",
     "Read-only file system"),
]


@pytest.mark.parametrize("name, harm, repair, says", ROWS,
                         ids=[row[0] for row in ROWS])
def test_all_outputs(box, name, harm, repair, says):
    it = box()
    before = it.begin()
    it.inside(harm)
    it.refresh()
    for output in it.made:
        path = str(output.files[0]).removesuffix("docker.tar.gz") \
            if output.name == "directory-form" else str(output.files[0])
        it.daemon.wait_line(f"error .*{re.escape(path)}.*: {says}$")
    it.red("/mnt/out/auth.json", says)
    assert it.read() == before
    it.inside(repair)
    # By itself, from the retry on.
    until(it.is_new, lambda: "recovery " + it.daemon.err)
    assert it.daemon.stop() == 0


def test_permission_denied(box):
    it = box(user=65534)
    before = it.begin()
    it.inside("chown -R 0:0 /mnt/out; chmod 755 /mnt/out /mnt/out/mesos; "
              "find /mnt/out -type f -exec chmod 644 {} +")
    it.refresh()
    it.daemon.wait_line("Permission denied")
    it.red("Permission denied")
    assert it.read() == before
    it.inside("chown -R 65534:65534 /mnt/out")
    it.recover()


def test_vanished_directory(box):
    """It is made again by whoever is first, and then it is another inode."""
    it = box()
    it.begin()
    it.inside("rm -rf /mnt/out")
    it.refresh()
    until(it.is_new, lambda: "made again " + it.daemon.err)
    it.inside("rm -rf /mnt/out; mkdir /mnt/out")
    it.refresh()
    until(it.is_new, lambda: "found again " + it.daemon.err)
    assert it.daemon.stop() == 0


def test_vanished_directory_that_cannot_be_made(box):
    it = box(user=65534)
    before = it.begin()
    it.inside("mv /mnt/out /mnt/away")
    it.refresh()
    it.daemon.wait_line("error .*/mnt/out")
    it.red("/mnt/out")
    it.inside("mv /mnt/away /mnt/out")
    found = it.read()
    assert all(found[name] in (before[name], {HOST: it.aws.issued[-1]})
               for name in before)
    it.recover()


@pytest.mark.parametrize("kind", ["auth-file", "tarball", "dockercfg"])
def test_bind_mounted_target(box, kind):
    """docker run -v FILE:FILE: no rename gets there, so it is written in
    place."""
    it = box(kinds=[kind])
    it.begin()
    path = it.made[0].files[0]
    it.inside(f"cp {path} /mnt/real; mount --bind /mnt/real {path}")
    it.refresh()
    until(it.is_new, lambda: "written in place " + it.daemon.err)
    real = it.outputs.root / "mnt/real"
    assert real.read_bytes() == it.outputs.at(path).read_bytes()


@pytest.mark.parametrize("kind", ["auth-file", "tarball", "dockercfg"])
def test_bind_mounted_target_on_a_full_disk(box, kind):
    it = box(kinds=[kind])
    before = it.begin()
    path = it.made[0].files[0]
    it.inside(f"cp {path} /mnt/real; mount --bind /mnt/real {path}")
    it.inside("dd if=/dev/zero of=/mnt/fill bs=4k 2>/dev/null || :")
    it.refresh()
    # There is room in the file itself for what is no longer.
    until(lambda: it.is_new() or it.daemon.lines("error"), "refresh")
    if not it.is_new():
        assert it.read() == before
        it.red(str(path))
    it.inside("rm /mnt/fill")
    it.recover()


@pytest.mark.parametrize("kind", ["auth-file", "tarball", "dockercfg"])
def test_symlinked_target(box, kind):
    """The link stays, and what it leads to is written."""
    it = box(kinds=[kind])
    it.begin()
    path = it.made[0].files[0]
    it.inside(f"mkdir /mnt/other; mv {path} /mnt/other/real; "
              f"ln -s ../other/real {path}")
    it.refresh()
    until(it.is_new, lambda: "through the link " + it.daemon.err)
    assert os.readlink(it.outputs.at(path)) == "../other/real"
    # A link that leads to nothing yet.
    it.inside(f"ln -sfn ../other/none {path}")
    it.refresh()
    until(lambda: (it.outputs.root / "mnt/other/none").exists() and
          it.is_new(), lambda: "made " + it.daemon.err)
    # One that leads to itself.
    it.inside(f"ln -sfn {path.name} {path}")
    it.refresh()
    # glibc's words, and musl's.
    it.daemon.wait_line("Too many levels of symbolic|Symbolic link loop")
    it.red(str(path))
    it.inside(f"ln -sfn ../other/real {path}")
    it.recover()


@pytest.mark.parametrize("kind", ["auth-file", "directory-form", "dockercfg",
                                  "password-file"])
def test_directory_in_the_way(box, kind):
    it = box(kinds=[kind])
    it.begin()
    path = it.made[0].files[0]
    it.inside(f"rm {path}; mkdir {path}")
    it.refresh()
    it.daemon.wait_line("error .*" + re.escape(str(path.parent)))
    it.red(str(path.parent))
    it.inside(f"rmdir {path}")
    it.recover()


@pytest.mark.parametrize("text", ["", "{", '{"auths":[]}', "\\0\\0"])
def test_config_that_is_none(box, text):
    """Somebody's broken file is named, and left as it is."""
    it = box(kinds=["auth-file"])
    it.begin()
    path = it.made[0].files[0]
    it.inside(f"printf '{text}' >{path}")
    broken = it.outputs.at(path).read_bytes()
    it.refresh()
    if not text:
        until(lambda: it.outputs.at(path).stat().st_size, "an empty file")
        until(it.is_new, "it is as good as none")
        return
    it.daemon.wait_line("error .*" + re.escape(str(path)))
    it.red(str(path))
    assert it.outputs.at(path).read_bytes() == broken
    it.inside(f"rm {path}")
    it.recover()


def test_one_of_many_fails(box):
    """The others get each new token meanwhile."""
    it = box()
    it.begin()
    path = next(output for output in it.made
                if output.name == "dockercfg").files[0]
    it.inside(f"rm {path}; mkdir {path}")
    it.refresh()
    until(lambda: all(found == {HOST: it.aws.issued[-1]}
                      for name, found in it.read().items()
                      if name != "dockercfg"), "the others")
    it.red(str(path))
    calls = len(it.aws.log)
    it.inside(f"rmdir {path}")
    until(it.is_new, lambda: "recovery " + it.daemon.err)
    # A sink that failed is tried again with the token that is there.
    assert len(it.aws.log) == calls


def test_nowhere_to_print(start, aws):
    """Standard output is one output of several."""
    daemon = start("-i", "6h", "--format", "json", "--dockercfg", "cfg",
                   before=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
    daemon.wait_line("error .*write to standard output: No space left")
    daemon.wait_line("info 'cfg': written")
    daemon.wait_line("refresh failed")
