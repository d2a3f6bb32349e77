"""What the examples under scripts/ say, held against the program."""
from __future__ import annotations

from pathlib import Path
from typing import Iterable

from program import BINARY, ROOT, Program

SCRIPTS = ROOT / "scripts"


def knows(program: Program, *command: str) -> None:
    """The program takes these very arguments; it is not run with them."""
    name = Path(command[0]).name
    binary = program.directory / "known" / name
    if not binary.is_symlink():
        binary.parent.mkdir(exist_ok=True)
        binary.symlink_to(BINARY)
    done = program.run(*command[1:], "--help", binary=binary)
    assert done.status == 0, f"{command}: {done.err}"


def reads(names: Iterable[str]) -> None:
    """Some applet looks for each of these variables."""
    source = "".join(path.read_text()
                     for path in (ROOT / "applets").glob("*.c"))
    assert {name for name in names if f'"{name}"' not in source} == set()
