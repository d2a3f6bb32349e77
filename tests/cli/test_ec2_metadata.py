"""ec2-metadata: what the tool of amazon-ec2-utils does, and Debian's own copy
of it beside ours."""
import re
import subprocess
from pathlib import Path

import pytest

from program import check_errors
from standin import faults, netns
from standin.imds import ADDRESS, ADDRESS_6, TREE, Imds, expire, token_lost

DEBIANS = Path("/usr/bin/ec2-metadata")
TOKEN = "PUT /latest/api/token"
SORRY = "[ERROR] Could not get IMDSv2 token. Instance Metadata might have " \
    "been disabled or this is not an EC2 instance.\n"
KEY = TREE["meta-data/public-keys/0/openssh-key"]

# Letter, long name, label, value, in the order of --all.
VALUES = [
    ("a", "ami-id", "ami-id", TREE["meta-data/ami-id"]),
    ("l", "ami-launch-index", "ami-launch-index", "0"),
    ("m", "ami-manifest-path", "ami-manifest-path", "(unknown)"),
    ("n", "ancestor-ami-ids", "ancestor-ami-ids", "not available"),
    ("i", "instance-id", "instance-id", TREE["meta-data/instance-id"]),
    ("t", "instance-type", "instance-type", "t3.micro"),
    ("h", "local-hostname", "local-hostname",
     TREE["meta-data/local-hostname"]),
    ("o", "local-ipv4", "local-ipv4", "172.31.0.9"),
    ("k", "kernel-id", "kernel-id", "not available"),
    ("z", "availability-zone", "placement", "eu-west-1a"),
    ("R", "region", "region", "eu-west-1"),
    ("P", "partition", "partition", "aws"),
    ("c", "product-codes", "product-codes", "not available"),
    ("p", "public-hostname", "public-hostname",
     TREE["meta-data/public-hostname"]),
    ("v", "public-ipv4", "public-ipv4", "203.0.113.9"),
    ("r", "ramdisk-id", "ramdisk-id", "not available"),
    ("e", "reservation-id", "reservation-id",
     TREE["meta-data/reservation-id"]),
    ("s", "security-groups", "security-groups", "default\nweb servers"),
    ("d", "user-data", "user-data", TREE["user-data"].rstrip("\n")),
]
LISTS = {
    "b": ("block-device-mapping", "\t ami: /dev/xvda\n\t root: /dev/xvda\n",
          "/dev/xvda\n/dev/xvda\n"),
    "u": ("public-keys", "keyname:my-key\nindex:0\nformat:openssh-key\n"
          "key:(begins from next line)\n" + KEY, KEY),
    "g": ("tags", "\t Name: web 1\n\t team: payments\n",
          "\t Name: web 1\n\t team: payments\n"),
}
LATER = [("D", "aws-domain", "amazonaws.com"),
         ("Z", "availability-zone-id", "euw1-az2")]


def listed(letter: str) -> str:
    name, text, _quiet = LISTS[letter]
    return f"{name}: \n{text}"


def everything() -> str:
    out = "".join(f"{label}: {value}\n" for _, _, label, value in VALUES)
    out = out.replace("instance-id: ", listed("b") + "instance-id: ")
    out = out.replace("ramdisk-id: ", listed("u") + "ramdisk-id: ")
    return out + listed("g")


@pytest.fixture
def there(program, ns):
    """The service where it really is."""
    del program.env["AWS_EC2_METADATA_DISABLED"]
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        yield service


@pytest.fixture
def show(program, imds):
    """Run it; what it printed, if it had nothing to complain of."""
    def run(*args, **keywords):
        done = program.run("ec2-metadata", *args, **keywords)
        assert (done.status, done.err) == (0, "")
        return done.out
    return run


# Every option.

@pytest.mark.parametrize("letter, name, label, value", VALUES)
def test_value(show, letter, name, label, value):
    for option in (f"-{letter}", f"--{name}"):
        assert show(option) == f"{label}: {value}\n"
        assert show(option, "--quiet") == f"{value}\n"


@pytest.mark.parametrize("letter, name, value", LATER)
def test_later_value(show, letter, name, value):
    for option in (f"-{letter}", f"--{name}"):
        assert show(option) == f"{name}: {value}\n"


@pytest.mark.parametrize("letter", LISTS)
def test_list(show, letter):
    name, _text, quiet = LISTS[letter]
    for option in (f"-{letter}", f"--{name}"):
        assert show(option) == listed(letter)
        assert show("--quiet", option) == quiet


@pytest.mark.parametrize("letter", LISTS)
def test_empty_list(show, imds, letter):
    name = LISTS[letter][0]
    for path in [path for path in imds.tree if f"/{name}/" in path]:
        del imds.tree[path]
    assert show(f"-{letter}") == f"{name}: \nnot available\n"
    assert show(f"-{letter}", "--quiet") == "not available\n"


def test_all(show, imds):
    assert show() == everything() and imds.connections == 1
    assert show("--all") == everything()
    assert show("-i", "--all", "-a") == \
        f"instance-id: {TREE['meta-data/instance-id']}\n" + everything()


def test_quiet_alone_means_all(show):
    quiet = show("--quiet")
    assert quiet == show("--all", "--quiet")
    assert quiet.startswith(TREE["meta-data/ami-id"] + "\n0\n(unknown)\n")
    assert quiet.endswith(KEY + "not available\n"
                          f"{TREE['meta-data/reservation-id']}\n"
                          "default\nweb servers\n#!/bin/sh\necho hello\n"
                          + LISTS["g"][2])


PATHS = {
    "instance-type": "latest/meta-data/instance-type: t3.micro\n",
    "/instance-type": "latest/meta-data/instance-type: t3.micro\n",
    "services//partition": "latest/meta-data/services/partition: aws\n",
    "meta-data/services/": "latest/meta-data/services/: domain\npartition\n",
    "/latest/user-data": "/latest/user-data: #!/bin/sh\necho hello\n",
    "2021-07-15/meta-data/local-ipv4":
        "2021-07-15/meta-data/local-ipv4: 172.31.0.9\n",
    "dynamic/instance-identity/":
        "latest/dynamic/instance-identity/: document\nsignature\n",
    "user-data": "latest/meta-data/user-data: not available\n",
    "//": "/: 1.0\n2009-04-04\n2021-07-15\nlatest\n",
}


@pytest.mark.parametrize("path", PATHS)
def test_path(show, path):
    assert show("--path", path) == PATHS[path]
    assert show(f"--path={path}", "--quiet") == PATHS[path].split(": ", 1)[1]


def test_path_with_credentials(show, imds):
    """The original prints them, and so does its drop-in."""
    out = show("--path", "iam/security-credentials/app-role")
    assert imds.key.secret in out


def test_several_paths(show):
    assert show("--path", "services/partition", "-t", "--path=/services") == \
        "latest/meta-data/services/partition: aws\n" \
        "instance-type: t3.micro\n" \
        "latest/meta-data/services: domain\npartition\n"


# What getopt makes of the arguments.

SAME = [
    (["-oth"], ["-o", "-t", "-h"]),
    (["--instance-t"], ["-t"]),
    (["--reg"], ["-R"]),
    (["--avail"], ["-z"]),
    (["--u"], ["-d"]),
    (["--q", "-t"], ["--quiet", "-t"]),
    (["--pat=services"], ["--path", "services"]),
    (["stray", "-t", "word", "-o"], ["-t", "-o"]),
    (["-", "-t"], ["-t"]),
    (["-t", "--", "-o", "--nothing"], ["-t"]),
    (["-t", "--quiet"], ["--quiet", "-t"]),
    (["--path", "--all"], ["--path=--all"]),
    (["-tt"], ["-t", "-t"]),
    (["--"], ["--all"]),
    (["-t", "--help"], ["--help"]),
]


@pytest.mark.parametrize("args, plain", SAME)
def test_same(show, args, plain):
    assert show(*args) == show(*plain)


BAD = [
    ["-x"], ["-axb"], ["-i", "--nothing"], ["--nothing=3"], ["-y", "--no"],
    ["--ami"], ["--p"], ["--p=3"], ["--i"], ["--=x"], ["--help=x"],
    ["--quiet=", "-i"], ["--path"], ["-i", "--pat"], ["--all=1"], ["-a-b"],
    ["-V"], ["-1"], ["--Help"], ["--quiet", "-q"], ["--help", "--nope"],
    ["-x", "-y", "--loc", "--help=1", "--path"],
]


@pytest.mark.parametrize("args", BAD)
def test_bad_option(program, imds, args):
    """The words are getopt(1)'s: ask it."""
    names = re.findall(r"--([a-z][-a-z0-9]+)\b",
                       program.run("ec2-metadata", "--help").out)
    names = list(dict.fromkeys(names))
    names[names.index("path")] = "path:"
    getopt = subprocess.run(
        ["/usr/bin/getopt", "-n", "ec2-metadata",
         "-o", "".join(row[0] for row in VALUES + LATER) + "bug",
         "-l", ",".join(names), "--", *args],
        env={}, text=True, capture_output=True, check=False)
    assert getopt.returncode == 1
    done = program.run("ec2-metadata", *args)
    assert done.parts == (1, "", getopt.stderr + "Terminating...\n")
    assert not imds.log


def test_help(program):
    """Needs no service, and is no -h."""
    done = program.run("ec2-metadata", "--help")
    assert (done.status, done.err) == (0, "")
    for letter, name, *_rest in VALUES:
        assert f"-{letter}/--{name}\n" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())


# Values.

ODD = {
    "newlines at the end": (b"a\n\n\n", "a"),
    "newlines within": (b"\na\n\nb", "\na\n\nb"),
    "only newlines": (b"\n\n", "not available"),
    "empty": (b"", "not available"),
    "nul": (b"a\0b\n\0\n", "ab"),
    "backslash": (b"a\\nb", "a\\nb"),
    "option of echo": (b"-n", "-n"),
    "utf-8": ("é".encode(), "é"),
    "large": (b"x" * 16384, "x" * 16384),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_value(show, imds, name):
    body, value = ODD[name]
    imds.tree["user-data"] = body
    assert show("-d") == f"user-data: {value}\n"


def test_tag_with_a_blank(show, imds):
    imds.tree["meta-data/tags/instance/Patch Group"] = "week 2"
    imds.tree["meta-data/tags/instance/empty"] = ""
    assert show("-g") == "tags: \n\t Name: web 1\n\t Patch Group: week 2\n" \
        "\t empty: \n\t team: payments\n"


def test_blank_lines_in_a_list(show, imds):
    imds.tree["meta-data/tags/instance/"] = "\nName\n\nteam\n"
    assert show("-g") == listed("g")


def test_two_keys(show, imds):
    imds.tree["meta-data/public-keys/"] = "0=my-key\n1=a key = b"
    imds.tree["meta-data/public-keys/1/openssh-key"] = "ssh-ed25519 AAAA x"
    assert show("-u").endswith(
        KEY + "keyname:a key = b\nindex:1\nformat:openssh-key\n"
        "key:(begins from next line)\nssh-ed25519 AAAA x\n")
    assert show("-u", "--quiet") == KEY + "ssh-ed25519 AAAA x\n"


def test_name_without_end(program, imds):
    imds.tree["meta-data/tags/instance/"] = "x" * 5000 + "\nName"
    done = program.run("ec2-metadata", "-g")
    assert done.status == 0 and done.out.endswith("\n\t Name: web 1\n")
    assert done.err == "ec2-metadata: warning: name too long\n"


# The token.

def test_token_of_the_environment(show, imds):
    imds.tokens["GIVEN=="] = imds.now() + 60
    assert show("-t", "-P", env={"IMDS_TOKEN": "GIVEN=="}) == \
        "instance-type: t3.micro\npartition: aws\n"
    assert TOKEN not in imds.lines() and imds.verdicts() == ["ok", "ok"]


@pytest.mark.parametrize("token, calls", [
    ("STALE", ["GET", "PUT", "GET"]), ("a b", ["PUT", "GET"]),
    ("a\r\nX: y", ["PUT", "GET"]), ("", ["PUT", "GET"])])
def test_bad_token_of_the_environment(show, imds, token, calls):
    assert show("-t", env={"IMDS_TOKEN": token}) == \
        "instance-type: t3.micro\n"
    assert [request.method for request in imds.log] == calls


def test_no_version_1(program, imds):
    imds.v1, imds.v2 = True, False
    done = program.run("ec2-metadata", "-t")
    assert done.parts == (1, "", SORRY + "ec2-metadata: imds "
                          "/latest/api/token: there is no version 2\n")
    assert imds.lines() == [TOKEN]


NOBODY = "imds /latest/api/token: connect 169.254.169.254:80: {}"


@pytest.mark.parametrize("make, message, most", [
    (lambda ns: None, NOBODY.format("connection refused"), 0.6),
    (netns.Netns.unreachable, NOBODY.format("no route to host"), 0.6),
    (netns.Netns.silent, NOBODY.format("timed out after 1000 ms"), 2),
])
def test_nobody_there(program, ns, make, message, most):
    make(ns)
    done = program.run("ec2-metadata", ns=ns,
                       env={"AWS_EC2_METADATA_DISABLED": None})
    assert done.parts == (1, "", f"{SORRY}ec2-metadata: {message}\n")
    assert done.seconds < most


@pytest.mark.parametrize("env, why", [
    ({"AWS_EC2_METADATA_DISABLED": "true"},
     "imds: switched off by AWS_EC2_METADATA_DISABLED"),
    ({"AWS_METADATA_SERVICE_TIMEOUT": "x"}, "imds: "
     "AWS_METADATA_SERVICE_TIMEOUT 'x': not a number from 1 to 3600"),
])
def test_no_token(program, imds, env, why):
    done = program.run("ec2-metadata", "-i", env=env)
    assert done.parts == (1, "", f"{SORRY}ec2-metadata: {why}\n")


def test_hop_limit(program, namespaces):
    with netns.HopLimit() as hop, Imds() as service:
        service.listen(ADDRESS, 80, ns=hop.service)
        done = program.run("ec2-metadata", ns=hop.pod,
                           env={"AWS_EC2_METADATA_DISABLED": None})
    assert (done.status, done.out) == (1, "") and done.seconds < 3
    assert done.err.startswith(SORRY)
    assert "HttpPutResponseHopLimit must be 2 or more" in done.err


# Places, and faults.

def test_ipv6(program, ns):
    with Imds() as service:
        service.listen(ADDRESS_6, 80, ns=ns)
        done = program.run("ec2-metadata", "-t", ns=ns, env={
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6",
            "AWS_EC2_METADATA_DISABLED": None})
    assert done.parts == (0, "instance-type: t3.micro\n", "")


def test_no_profile_matters(show, program):
    program.write(".aws/config", "[default]\ndisable_ec2_metadata = true\n")
    for env in ({}, {"AWS_PROFILE": "nobody"}, {"HOME": None}):
        assert show("-t", env=env) == "instance-type: t3.micro\n"


@pytest.mark.parametrize("fault, on", [
    (faults.status(503), TOKEN), (faults.status(503), "instance-type"),
    (faults.drop, "instance-type"), (token_lost, "instance-type"),
    (expire, "ami-id"), (faults.then_close, "ami-id"),
    (faults.delay(0.5), "GET"),
])
def test_passing_fault(program, there, ns, fault, on):
    there.fail(fault, on=on)
    done = program.run("ec2-metadata", "-at", ns=ns)
    assert done.parts == (0, f"ami-id: {TREE['meta-data/ami-id']}\n"
                          "instance-type: t3.micro\n", "")


@pytest.mark.parametrize("fault, why", [
    (faults.status(503), "status 503"),
    (faults.status(403), "status 403, the metadata service is switched off "
     "or closed to us"),
    (faults.raw(b"nonsense\r\n\r\n"), None),
])
def test_fault_of_one(program, there, ns, fault, why):
    """Not available, as it would be to the original; and why."""
    there.fail(fault, on="ami-id", times=99)
    done = program.run("ec2-metadata", "-at", ns=ns)
    assert (done.status, done.out) == (
        0, "ami-id: not available\ninstance-type: t3.micro\n")
    head = "ec2-metadata: warning: imds latest/meta-data/ami-id: "
    assert done.err.startswith(head) and done.err.count("\n") == 1
    assert why is None or done.err == f"{head}{why}\n"


def test_service_that_falls_silent(program, there, ns):
    """It is waited for once."""
    there.fail(faults.stall, on="GET", times=99)
    done = program.run("ec2-metadata", ns=ns)
    assert done.status == 0 and done.seconds < 3
    assert done.out.count("not available") == 22
    assert done.err.count("\n") == 1 and "timed out after" in done.err


def test_slow_service(show, imds):
    """All of it takes longer than what is waited for one."""
    imds.fail(faults.delay(0.15), on="GET", times=99)
    assert show() == everything()


def test_disk_full(program, imds):
    with open("/dev/full", "wb") as full:
        done = program.run("ec2-metadata", stdout=full)
    assert (done.status, done.err) == (
        1, "ec2-metadata: write to standard output: No space left on "
        "device\n")
    assert len(imds.log) == 2


def test_verbose_by_the_environment(program, imds):
    imds.fail(faults.status(503))
    done = program.run("ec2-metadata", "-t", env={"ECRBOX_VERBOSE": "1"})
    assert "status 503 (attempt 1 of 3, trying again)" in done.err
    check_errors(done.err)


def test_under_its_name(program, imds):
    done = program.run("-v", binary=program.link("ec2-metadata"))
    assert done.parts == (0, "public-ipv4: 203.0.113.9\n", "")


# Debian's own: an older version, whose options are these, a word each.

COMMON = [[f"-{row[0]}"] for row in VALUES if row[0] not in "RP"] + \
    [[f"--{row[1]}"] for row in VALUES if row[0] not in "RP"] + \
    [[f"-{letter}"] for letter in LISTS] + \
    [[f"--{row[0]}"] for row in LISTS.values()] + [
        ["-a", "-b", "--user-data", "-g"], ["-i", "-i"], ["-z", "-d", "-s"],
    ]


def both(program, ns, *args, env=None):
    theirs = subprocess.run(
        [*ns.prefix(), str(DEBIANS), *args], env=program.environment(env),
        capture_output=True, text=True, check=False, timeout=60)
    ours = program.run("ec2-metadata", *args, ns=ns, env=env)
    return (theirs.returncode, theirs.stdout), (ours.status, ours.out)


debian = pytest.mark.skipif(not DEBIANS.exists(),
                            reason="no amazon-ec2-utils")


@debian
@pytest.mark.parametrize("args", COMMON, ids=" ".join)
def test_as_debians(program, there, ns, args):
    theirs, ours = both(program, ns, *args)
    assert ours == theirs and ours[0] == 0


@debian
@pytest.mark.parametrize("args", [[], ["--all"], ["-i", "--all", "-a"]])
def test_all_as_debians(program, there, ns, args):
    """Which does not know region and partition yet."""
    theirs, (status, out) = both(program, ns, *args)
    assert (status, re.sub("(?m)^(region|partition): .*\n", "", out)) == \
        theirs


@debian
@pytest.mark.parametrize("name", sorted(set(ODD) - {"option of echo"}))
def test_odd_value_as_debians(program, there, ns, name):
    there.tree["user-data"] = ODD[name][0]
    theirs, ours = both(program, ns, "-d")
    assert ours == theirs


@debian
@pytest.mark.parametrize("args", [["--help"], ["--nothing"], ["-x"]])
def test_status_as_debians(program, there, ns, args):
    """The texts are each one's own."""
    theirs, ours = both(program, ns, *args)
    assert ours[0] == theirs[0]


@debian
@pytest.mark.parametrize("status", [403, 404, 405, 400])
def test_no_token_as_debians(program, there, ns, status):
    there.fail(faults.status(status), on="PUT", times=99)
    theirs, ours = both(program, ns, "-i")
    assert ours[0] == theirs[0] == 1 and ours[1] == ""


@debian
def test_token_of_the_environment_as_debians(program, there, ns):
    there.tokens["GIVEN=="] = there.now() + 60
    theirs, ours = both(program, ns, "-i", env={"IMDS_TOKEN": "GIVEN=="})
    assert ours == theirs and TOKEN not in there.lines()
