"""Manual pages against the program and its source: neither may say what the
other does not know."""
import re

import pytest

from program import APPLETS, ROOT

PAGES = ROOT / "applets"
OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)")


def options_of_help(program, applet):
    """Those that begin a line; the rest is prose."""
    done = program.run(applet, "--help")
    assert done.status == 0
    found = set()
    for line in (done.out + done.err).splitlines():
        if re.match(r" +-", line):
            head = re.split(r"  +|\t", line.strip())[0]
            found |= set(OPTION.findall(head.replace("/", " ")))
    assert found, "no options?"
    return found


def options_of_page(applet):
    """Those that begin an item of a list."""
    found = set()
    for line in (PAGES / f"{applet}.1").read_text().splitlines():
        if line.startswith(".It Fl "):
            words = re.sub(r"\bA[rp] \S+.*", "", line[len(".It "):])
            found |= {"-" + name for name in words.split()
                      if name not in ("Fl", ",")}
    return found


@pytest.mark.parametrize("applet", APPLETS)
def test_options(program, applet):
    in_help, in_page = options_of_help(program, applet), \
        options_of_page(applet)
    if applet == "docker-credential-ecr-login":     # Go's flag package's own
        in_page.remove("-h")
    assert in_help == in_page


@pytest.mark.parametrize("applet", APPLETS)
def test_width(program, applet):
    done = program.run(applet, "--help")
    assert all(len(line) <= 80 for line in
               (done.out + done.err).expandtabs().splitlines())


VARIABLE = re.compile(
    r'"((?:AWS|ECRBOX|ECR|DOCKER|XDG|SSL|IMDS)_[A-Z0-9_]+)"')


def test_variables():
    """Each one that the program may read is in some page. Those that
    formats.c writes are the readers' own."""
    source = "".join(path.read_text() for path in
                     [*ROOT.glob("core/**/*.c"), *ROOT.glob("applets/*.c")]
                     if path.name != "formats.c")
    pages = "".join(path.read_text() for path in PAGES.glob("*.[157]"))
    read = set(VARIABLE.findall(source))
    assert {"AWS_REGION", "DOCKER_CONFIG", "ECRBOX_VERBOSE"} <= read
    assert {name for name in read if not re.search(
        rf"\b{name}\b", pages)} == set()


def test_every_page_is_named():
    """ecrbox(1) leads to all of the others."""
    box = (PAGES / "ecrbox.1").read_text()
    others = {path.name for path in PAGES.glob("*.[157]")} - {"ecrbox.1"}
    for name, _, section in (name.rpartition(".") for name in others):
        assert re.search(rf"\bXr {name} {section}\b", box), name
    assert {f"{applet}.1" for applet in APPLETS} <= others
