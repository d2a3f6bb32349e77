"""ecrbox --install DIR [LINK...]: a link never replaces anything."""
import os
import shutil
import subprocess

import pytest

from program import APPLETS, BINARY, NAMED, ROOT

LINKS = sorted(set(APPLETS) - NAMED)


@pytest.fixture
def bin_dir(tmp_path):
    path = tmp_path / "usr" / "bin"
    path.mkdir(parents=True)
    return path


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def test_installs_file_and_links(program, bin_dir):
    assert program.run("--install", str(bin_dir)).parts == (0, "", "")
    assert names(bin_dir) == sorted(["ecrbox", *LINKS])
    installed = bin_dir / "ecrbox"
    assert installed.read_bytes() == BINARY.read_bytes()
    assert installed.stat().st_mode & 0o7777 == 0o755
    for name in LINKS:
        assert os.readlink(bin_dir / name) == "ecrbox"
    assert program.run("--help", binary=bin_dir / "ecr-login").status == 0


def test_second_names_are_linked_when_named(program, bin_dir):
    for name in ("ecr-login.sh", "credential-helper"):
        assert program.run("--install", str(bin_dir), name).parts == (
            0, "", "")
        assert os.readlink(bin_dir / name) == "ecrbox"
    assert names(bin_dir) == sorted(
        ["ecrbox", "ecr-login.sh", "credential-helper", *LINKS])


def test_again_changes_nothing(program, bin_dir):
    for _ in range(2):
        assert program.run("--install", str(bin_dir)).status == 0
    assert names(bin_dir) == sorted(["ecrbox", *LINKS])


def test_runs_from_where_it_was_installed(program, bin_dir):
    program.run("--install", str(bin_dir))
    assert program.run("--install", str(bin_dir),
                       binary=bin_dir / "ecrbox").status == 0
    assert (bin_dir / "ecrbox").read_bytes() == BINARY.read_bytes()


def test_replaces_an_older_binary(program, bin_dir):
    (bin_dir / "ecrbox").write_bytes(BINARY.read_bytes() + b"older")
    (bin_dir / "ecrbox").chmod(0o600)
    assert program.run("--install", str(bin_dir)).status == 0
    assert (bin_dir / "ecrbox").read_bytes() == BINARY.read_bytes()
    assert (bin_dir / "ecrbox").stat().st_mode & 0o7777 == 0o755


@pytest.fixture
def unpacked(tmp_path):
    """The binary with pages beside it, as from a release's archive."""
    path = tmp_path / "unpacked"
    (path / "man").mkdir(parents=True)
    shutil.copy2(BINARY, path / "ecrbox")
    (path / "man" / "ecr-login.1").write_text("a page")
    return path


def pages(bin_dir):
    return sorted(path.name for path in
                  (bin_dir.parent / "share" / "man").glob("man*/*"))


def test_pages_beside_the_file(program, bin_dir, unpacked):
    assert program.run("--install", str(bin_dir),
                       binary=unpacked / "ecrbox").parts == (0, "", "")
    assert pages(bin_dir) == ["ecr-login.1"]


def test_page_goes_with_its_link(program, bin_dir, unpacked):
    """coreutils has a whoami, and a page of it."""
    (unpacked / "man" / "whoami.1").write_text("a page")
    assert program.run("--install", str(bin_dir),
                       binary=unpacked / "ecrbox").parts == (0, "", "")
    assert pages(bin_dir) == ["ecr-login.1"]
    assert program.run("--install", str(bin_dir), "whoami",
                       binary=unpacked / "ecrbox").parts == (0, "", "")
    assert pages(bin_dir) == ["ecr-login.1", "whoami.1"]


def link_to_secret(path):
    (path / "secret").write_text("secret")
    (path / "man" / "ecr-login.1").unlink()
    (path / "man" / "ecr-login.1").symlink_to("../secret")


def link_to_directory(path):
    (path / "man").rename(path / "elsewhere")
    (path / "man").symlink_to("elsewhere")


def open_to_all(path):
    (path / "man").chmod(0o777)


def page_open_to_all(path):
    (path / "man" / "ecr-login.1").chmod(0o666)


def another_users(path):
    os.chown(path / "man", 1234, 1234)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("plant", [link_to_secret, link_to_directory,
                                   open_to_all, page_open_to_all,
                                   another_users])
def test_planted_pages_are_left_out(program, bin_dir, unpacked, plant):
    """Root may run it in /tmp."""
    plant(unpacked)
    assert program.run("--install", str(bin_dir),
                       binary=unpacked / "ecrbox").parts == (0, "", "")
    assert pages(bin_dir) == []


def foreign_file(path):
    path.write_text("somebody's own program\n")


def foreign_link(path):
    path.symlink_to("/usr/bin/true")


def dangling_link(path):
    path.symlink_to("gone")


def link_to_other_ecrbox(path):
    path.symlink_to("/opt/elsewhere/ecrbox")


def directory(path):
    path.mkdir()


FOREIGN = [foreign_file, foreign_link, dangling_link, link_to_other_ecrbox,
           directory]


@pytest.mark.parametrize("make", FOREIGN)
def test_foreign_file_is_left_alone(program, bin_dir, make):
    there = bin_dir / "docker-credential-ecr-login"
    make(there)
    before = there.lstat()
    done = program.run("--install", str(bin_dir))
    assert done.status == 1 and done.out == ""
    assert f"link '{there}': something else is there; it was left alone\n" \
        in done.err
    after = there.lstat()
    assert (before.st_ino, before.st_mtime_ns) == \
        (after.st_ino, after.st_mtime_ns)
    # One obstacle does not keep the other links from being made.
    assert os.readlink(bin_dir / "ecr-login") == "ecrbox"


def test_ecrbox_of_another_kind_is_left_alone(program, bin_dir):
    (bin_dir / "ecrbox").mkdir()
    done = program.run("--install", str(bin_dir))
    assert done.status == 1
    assert (bin_dir / "ecrbox").is_dir()


def test_ecrbox_that_leads_elsewhere_is_left_alone(program, bin_dir, tmp_path):
    other = tmp_path / "other"
    other.write_text("somebody's own program\n")
    (bin_dir / "ecrbox").symlink_to(other)
    done = program.run("--install", str(bin_dir))
    assert done.parts == (
        1, "", f"ecrbox: install: '{bin_dir}/ecrbox' is a symbolic link; it "
        "was left alone\n")
    assert other.read_text() == "somebody's own program\n"


def test_unknown_link(program, bin_dir):
    done = program.run("--install", str(bin_dir), "nothing")
    assert done.parts == (
        2, "", "ecrbox: install: no applet 'nothing' in this version\n")
    assert not names(bin_dir)


def test_names_of_other_programs_only_when_named(program, bin_dir):
    assert program.run("--install", str(bin_dir)).status == 0
    assert not {"aws", "crane", *NAMED} & set(names(bin_dir))
    assert program.run("--install", str(bin_dir), *NAMED).status == 0
    for name in NAMED:
        assert os.readlink(bin_dir / name) == "ecrbox"


def test_needs_a_directory(program):
    for args in ([], [""], ["--list"]):
        assert program.run("--install", *args).parts == (
            2, "", "ecrbox: --install needs a directory\n")


def test_directory_that_cannot_be(program, tmp_path):
    (tmp_path / "file").write_text("")
    done = program.run("--install", str(tmp_path / "file" / "bin"))
    assert done.status == 1 and str(tmp_path / "file") in done.err


@pytest.mark.skipif(not (ROOT / "Makefile").exists() or
                    not shutil.which("make"), reason="no make")
def test_make_install(program, tmp_path):
    subprocess.run(
        ["/usr/bin/make", "-s", "-C", str(ROOT), "install",
         f"DESTDIR={tmp_path}/dest", "PREFIX=/usr"], check=True,
        env={"PATH": "/usr/bin:/bin"}, capture_output=True)
    bin_dir = tmp_path / "dest" / "usr" / "bin"
    assert sorted(["ecrbox", *LINKS]) == names(bin_dir)
    man = tmp_path / "dest" / "usr" / "share" / "man"
    assert {"ecr-login.1", "docker-credential-ecr-login.1"} <= \
        {page.removesuffix(".gz") for page in names(man / "man1")}
    assert names(man / "man5") == ["ecrbox.conf.5"]
    assert names(man / "man7") == ["ecrbox-credentials.7"]
