"""Names: /etc/hosts, resolv.conf, name servers that fail or lie."""
import pytest

from program import PASSWORD, STATIC_ENV, brief
from standin import dns, hosts
from standin.dns import Dns

PRINTED = (0, PASSWORD + "\n", "")
NAME = "box.corp.example"
SERVER, SECOND = "127.0.0.1", "127.0.0.2"


@pytest.fixture
def there(program, aws, ns, tmp_path):
    """ECR on every loopback address of the namespace; ask() asks for it by
    NAME with the resolv.conf given."""
    port = aws.listen("0.0.0.0", ns=ns)
    aws.listen("::", port, ns=ns)
    (tmp_path / "hosts").write_text("")

    def ask(*servers, more="", name=NAME, files=None, args=()):
        names = hosts.write(tmp_path / "hosts", files or {})
        resolv = hosts.write_resolv(tmp_path / "resolv.conf", *servers,
                                    more=more)
        return program.login(
            "-p", *args, ns=ns, hosts=names, resolv=resolv, env=STATIC_ENV | {
                "AWS_ENDPOINT_URL": f"http://{name}:{port}",
                "AWS_ECR_DISABLE_CACHE": "1"})
    return ask


def test_answer(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}) as server:
        assert there(SERVER).parts == PRINTED
        assert {name.lower() for name in server.questions()} == {NAME}
        assert {kind for _, kind, _ in server.log} == {dns.A, dns.AAAA}


GOOD = {
    "IPv6 alone": {NAME: ["::1"]},
    "both": {NAME: ["::1", "127.0.0.1"]},
    "dead IPv6 first": {NAME: ["fd00:ec2::1", "127.0.0.1"]},
    "alias": {NAME: "a.example", "a.example": ["127.0.0.1"]},
    "alias of an alias": {NAME: "a.example", "a.example": "b.example",
                          "b.example": ["127.0.0.1"]},
    "many addresses": {NAME: [f"127.0.1.{n}" for n in range(1, 60)]},
}


@pytest.mark.parametrize("name", GOOD)
def test_good_answers(there, ns, name):
    with Dns(ns, GOOD[name]):
        done = there(SERVER)
    assert done.parts == PRINTED and done.seconds < 1.5


def test_mute_server_then_a_good_one(there, ns):
    with Dns(ns, {}, SERVER, dns.mute), \
            Dns(ns, {NAME: ["127.0.0.1"]}, SECOND):
        done = there(SERVER, SECOND)
    assert done.parts == PRINTED and done.seconds < 4


def test_failing_server_then_a_good_one(there, ns):
    for code in (dns.SERVFAIL, dns.REFUSED):
        with Dns(ns, {NAME: code}, SERVER), \
                Dns(ns, {NAME: ["127.0.0.1"]}, SECOND):
            done = there(SERVER, SECOND)
        assert done.parts == PRINTED and done.seconds < 2


def test_nobody_at_the_first_address(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}, SECOND):
        done = there(SERVER, SECOND)
    assert done.parts == PRINTED and done.seconds < 4


def test_mute(there, ns):
    with Dns(ns, {}, SERVER, dns.mute):
        done = there(SERVER, args=["--timeout", "4"])
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == f"ECR: resolve '{NAME}': name server " \
        f"{SERVER}: no answer"
    assert done.seconds < 5


def test_options_of_resolv_conf(there, ns):
    with Dns(ns, {}, SERVER, dns.mute) as server:
        done = there(SERVER, more="options timeout:1 attempts:1\n",
                     args=["--timeout", "30"])
        assert done.status == 1 and done.seconds < 8
        assert len(server.log) <= 2 * 3     # A, AAAA; three attempts of ours


@pytest.mark.parametrize("records, message", [
    ({}, "does not exist"),
    ({NAME: []}, "has no address"),
    ({NAME: dns.SERVFAIL}, f"name server {SERVER}: SERVFAIL"),
    ({NAME: dns.REFUSED}, f"name server {SERVER}: REFUSED"),
    ({NAME: dns.FORMERR}, f"name server {SERVER}: FORMERR"),
    ({NAME: NAME}, f"name server {SERVER}: malformed answer"),
    ({NAME: "a.example", "a.example": NAME},
     f"name server {SERVER}: malformed answer"),
])
def test_no_address(there, ns, records, message):
    with Dns(ns, records):
        done = there(SERVER, args=["--timeout", "6"])
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == f"ECR: resolve '{NAME}': {message}"


def test_name_that_does_not_exist_is_not_tried_again(there, ns):
    with Dns(ns, {}) as server:
        done = there(SERVER)
        assert done.status == 1 and len(server.log) <= 2
        assert done.seconds < 1


def test_truncated_answer_is_asked_for_by_tcp(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}, mangle=dns.truncated) as server:
        assert there(SERVER).parts == PRINTED
        assert any(tcp for _, _, tcp in server.log)


def test_truncated_and_no_tcp(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}, mangle=dns.truncated_and_mute):
        done = there(SERVER, args=["--timeout", "3"])
    assert done.status == 1 and brief(done.err) == \
        f"ECR: resolve '{NAME}': name server {SERVER}: over TCP: no answer"
    assert done.seconds < 4


def test_lies_are_not_believed(there, ns):
    """The namespace has nobody at the lie's address: believing it fails."""
    with Dns(ns, {NAME: ["127.0.0.1"]},
             mangle=dns.spoofed("169.254.170.2")):
        done = there(SERVER)
    assert done.parts == PRINTED


def test_compression_loop(there, ns):
    with Dns(ns, {}, mangle=dns.looping):
        done = there(SERVER, args=["--timeout", "3"])
    assert done.status == 1 and brief(done.err) == \
        f"ECR: resolve '{NAME}': name server {SERVER}: malformed answer"


@pytest.mark.parametrize("kind", [dns.A, dns.AAAA])
def test_one_family_unanswered(there, ns, kind):
    """Middleboxes that drop AAAA are common."""
    address = "127.0.0.1" if kind == dns.A else "::1"
    with Dns(ns, {NAME: [address]}, mangle=dns.only(kind)):
        done = there(SERVER)
    assert done.parts == PRINTED and done.seconds < 6


def test_ids_and_ports_are_random(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}) as server:
        for _ in range(4):
            assert there(SERVER).parts == PRINTED
        assert len(set(server.ids)) >= 7
        assert len(set(server.ports)) >= 4


# Search list.

def test_search_list(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}) as server:
        done = there(SERVER, name="box",
                     more="search first.example corp.example\n")
        assert done.parts == PRINTED
        assert server.questions()[0].lower() == "box.first.example"


def test_domain(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}):
        assert there(SERVER, name="box",
                     more="domain corp.example\n").parts == PRINTED


def test_ndots(there, ns):
    """As in every Kubernetes pod: two dots are fewer than five, so the list
    comes first, and then the name itself."""
    with Dns(ns, {NAME: ["127.0.0.1"]}) as server:
        assert there(SERVER, more="search x.svc.cluster.local cluster.local\n"
                     "options ndots:5\n").parts == PRINTED
        assert f"{NAME}.x.svc.cluster.local" in server.questions()


def test_final_dot(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}):
        assert there(SERVER, name=NAME + ".",
                     more="search x.example\n").parts == PRINTED


# Files.

def test_hosts_file_alone(there, ns):
    """No name server at all is asked, and none is there."""
    done = there(SERVER, files={NAME: "127.0.0.1"})
    assert done.parts == PRINTED and done.seconds < 1


@pytest.mark.parametrize("text", [
    "127.0.0.1 x box.corp.example\n", "127.0.0.1\tBox.Corp.Example # note\n",
    "# 10.0.0.1 box.corp.example\n\n  127.0.0.1   box.corp.example",
    "::1 box.corp.example\n127.0.0.1 box.corp.example\n",
    "bad line\n300.1.1.1 box.corp.example\n127.0.0.1 box.corp.example\r\n",
])
def test_hosts_file_forms(program, aws, ns, tmp_path, text):
    port = aws.listen("0.0.0.0", ns=ns)
    aws.listen("::", port, ns=ns)
    names = tmp_path / "hosts"
    names.write_text(text)
    done = program.login("-p", ns=ns, hosts=names, env=STATIC_ENV | {
        "AWS_ENDPOINT_URL": f"http://{NAME}:{port}"})
    assert done.parts == PRINTED


def test_hosts_file_does_not_match_parts(there, ns):
    with Dns(ns, {}):
        done = there(SERVER, files={"x" + NAME: "127.0.0.1",
                                    NAME + ".x": "127.0.0.1"})
    assert done.status == 1 and "does not exist" in done.err


@pytest.mark.parametrize("name", ["localhost", "x.localhost", "LOCALHOST"])
def test_localhost_is_never_asked_for(there, ns, name):
    with Dns(ns, {}) as server:
        assert there(SERVER, name=name).parts == PRINTED
        assert not server.log


def test_address_is_never_asked_for(there, ns):
    with Dns(ns, {}) as server:
        assert there(SERVER, name="127.0.0.1").parts == PRINTED
        assert there(SERVER, name="[::1]").parts == PRINTED
        assert not server.log


def test_resolv_conf_without_a_server(there, ns):
    with Dns(ns, {NAME: ["127.0.0.1"]}, "169.254.169.253"):
        assert there(more="# nothing\n").parts == PRINTED
