"""A machine with systemd as its first process, in namespaces: this one's files
beneath a layer of its own, which vanishes with it."""
from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Mapping, Optional

from daemon import until
from program import BINARY
from standin.netns import Netns

SYSTEMD = Path("/lib/systemd/systemd")

# Arguments: a directory of ours, the name of a cgroup, BOOT, a terminal.
CGROUP = """
set -e
mkdir -p "$1/cgroup" && mount -t cgroup2 none "$1/cgroup"
mkdir "$1/cgroup/$2" && echo $$ >"$1/cgroup/$2/cgroup.procs"
umount "$1/cgroup"
exec unshare --fork --pid --kill-child --mount --uts --ipc --cgroup \
    --propagation private /bin/sh -c "$3" sh "$1" "$4"
"""
BOOT = """
set -e
d=$1 r=$1/root
mkdir -p $d/layer && mount -t tmpfs none $d/layer
mkdir -p $d/layer/upper $d/layer/work $r
mount -t overlay none $r \
    -o lowerdir=/,upperdir=$d/layer/upper,workdir=$d/layer/work
mount -t proc none $r/proc
mount -t sysfs none $r/sys
mount -t cgroup2 none $r/sys/fs/cgroup
mount -t tmpfs -o mode=755 none $r/run
mount -t tmpfs none $r/tmp
mount -t tmpfs -o mode=755 none $r/dev
for n in null zero full random urandom tty; do
    : >$r/dev/$n
    mount --bind /dev/$n $r/dev/$n
done
: >$r/dev/console
mount --bind $2 $r/dev/console
mkdir $r/dev/shm $r/dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 none $r/dev/pts
ln -s pts/ptmx $r/dev/ptmx
ln -s /proc/self/fd $r/dev/fd
# Nothing of this machine's own is started but what is asked for.
rm -rf $r/etc/systemd/system $r/usr/lib/systemd/system/*.target.wants
cp -r $d/files/. $r/
chown -R root:root $r/etc/systemd $r/usr/local/bin
# Not chroot, in which nobody gets a user namespace of his own.
mkdir $r/run/old
cd $r
pivot_root . run/old
umount -l run/old
rmdir run/old
# As systemd has it where it is no container: credentials arrive that way.
mount --make-rshared /
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=test.target \
    --log-target=console --show-status=no \
    --default-standard-output=tty --default-standard-error=tty
"""
CLEAR = """
mount -t cgroup2 none "$1/cgroup"
# The dead take a moment.
for i in 1 2 3 4 5 6 7 8 9; do
    find "$1/cgroup/$2" -depth -type d -exec rmdir {} + && break
    sleep 0.1
done
"""
TARGET = """[Unit]
Description=What is tested
AllowIsolate=yes
Wants={}
"""
_count = itertools.count(1)


class Machine:
    """files: path -> text, on top of what this machine has; start: the units
    to begin with. Our program is in /usr/local/bin as name."""

    def __init__(self, directory: Path, ns: Netns, files: Mapping[str, str],
                 start: str = "", name: str = "ecr-login") -> None:
        self.directory = directory
        self.cgroup = f"ecrbox-test-{os.getpid()}-{next(_count)}"
        # systemd logs to a terminal or not at all.
        self._console, console = os.openpty()
        os.set_blocking(self._console, False)
        self._log = ""
        for path, text in {
                "/etc/systemd/system/test.target": TARGET.format(start),
                **files}.items():
            file = directory / "files" / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        program = directory / "files" / "usr/local/bin" / name
        program.parent.mkdir(parents=True)
        shutil.copy(BINARY, program)
        self.process = subprocess.Popen(
            [*ns.prefix(), "/usr/bin/setpriv", "--pdeathsig", "KILL",
             "/usr/bin/unshare", "--mount", "--propagation", "private",
             "/bin/sh", "-c", CGROUP, "sh", str(directory),
             self.cgroup, BOOT, os.ttyname(console)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        os.close(console)
        try:
            until(self._up, "systemd")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        subprocess.run(
            ["/usr/bin/unshare", "--mount", "--propagation", "private",
             "/bin/sh", "-c", CLEAR, "sh", str(self.directory), self.cgroup],
            check=False, capture_output=True)

    @property
    def pid(self) -> Optional[int]:
        """Its first process, as we number it."""
        pid = self.process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return int(text) if text.strip() else None

    def _up(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(self.process.communicate()[0].decode())
        if not self.pid:
            return False
        return self.systemctl("is-active", "test.target").returncode == 0

    def path(self, path: str) -> Path:
        return Path(f"/proc/{self.pid}/root{path}")

    def inside(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["/usr/bin/nsenter", f"--target={self.pid}", "--all", "--root",
             "--wd=/", "--", *words], capture_output=True, text=True,
            timeout=60, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def systemctl(self, *words: str) -> subprocess.CompletedProcess:
        return self.inside("/usr/bin/systemctl", "--no-pager", *words)

    def show(self, unit: str) -> dict[str, str]:
        """Its properties."""
        return dict(line.partition("=")[::2] for line in self.systemctl(
            "show", unit).stdout.splitlines())

    def log(self) -> str:
        """What systemd and its units have said so far."""
        try:
            while part := os.read(self._console, 65536):
                self._log += part.decode(errors="replace")
        except OSError:     # nothing more, or nobody there
            pass
        return self._log
