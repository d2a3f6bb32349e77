"""The binary itself: names, --list, --version, --help, unknown words."""
import re

import pytest

from program import APPLETS, BINARY, DYNAMIC

LIST = "".join(f"{name}\n" for name in APPLETS)
# Their options and statuses are those of what they replace.
OTHERS = {"ec2-metadata"}
HELP = "Usage: ecrbox APPLET [ARGUMENT...]\n"

REFUSED = [
    ([], "ecrbox: no applet named; --list names them"),
    (["nothing"], "ecrbox: unknown applet 'nothing'; --list names them"),
    ([""], "ecrbox: unknown applet ''; --list names them"),
    (["--nothing"], "ecrbox: unknown option '--nothing'; --help lists them"),
    (["-l"], "ecrbox: unknown option '-l'; --help lists them"),
    (["--list", "x"], "ecrbox: option '--list' stands alone"),
    (["ecr-logi"], "ecrbox: unknown applet 'ecr-logi'; --list names them"),
    (["ecr-login2"], "ecrbox: unknown applet 'ecr-login2'; --list names them"),
    (["evil\x1b[31m\nname"], "ecrbox: unknown applet 'evil?[31m?name';"
     " --list names them"),
]


@pytest.mark.parametrize("args, message", REFUSED)
def test_refused(program, args, message):
    assert program.run(*args).parts == (2, "", message + "\n")


def test_list(program):
    assert program.run("--list").parts == (0, LIST, "")


def test_version(program):
    done = program.run("--version")
    assert re.fullmatch(r"ecrbox \S+ \([0-9a-z.+-]+\)\n", done.out)
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(program, option):
    done = program.run(option)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(HELP)
    assert all(len(line) <= 80 for line in done.out.splitlines())


@pytest.mark.parametrize("applet", APPLETS)
def test_same_by_argument_and_by_name(program, applet):
    link = program.link(applet)
    for args in (["--help"], ["-h"], ["--nothing"]):
        by_name = program.run(*args, binary=link)
        assert by_name.parts == program.run(applet, *args).parts
        assert applet in OTHERS or \
            by_name.status == (2 if args == ["--nothing"] else 0)


def test_link_of_unknown_name_is_the_box(program):
    link = program.link("something-else")
    assert program.run("--list", binary=link).parts == (0, LIST, "")
    assert program.run("ecr-login", "--nothing", binary=link).parts == \
        program.run("ecr-login", "--nothing").parts


def test_alias(program):
    done = program.run("credential-helper", "version")
    assert done.parts == program.run(
        "docker-credential-ecr-login", "version").parts
    assert done.status == 0


def test_help_of_applet_lists_its_options(program):
    out = program.run("ecr-login", "--help").out
    for option in ("--print-password", "--auth-file FILE", "--logout",
                   "--profile NAME", "--region REGION", "--endpoint-url URL",
                   "--ca-bundle FILE", "--timeout SECONDS", "--verbose",
                   "--help"):
        assert option in out


@pytest.mark.skipif(DYNAMIC, reason="a sanitized build")
def test_shipped_file_is_static():
    data = BINARY.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01"
    assert int.from_bytes(data[16:18], "little") == 2       # ET_EXEC
    offset = int.from_bytes(data[32:40], "little")
    count = int.from_bytes(data[56:58], "little")
    kinds = {int.from_bytes(data[at:at + 4], "little")
             for at in range(offset, offset + 56 * count, 56)}
    assert kinds.isdisjoint({2, 3})     # PT_DYNAMIC, PT_INTERP
    assert b".symtab" not in data
