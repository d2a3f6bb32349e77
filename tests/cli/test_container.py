"""Container credentials: ECS, EKS Pod Identity, and who may be asked."""
import pytest

from program import API, NOT_FOUND, answer, brief
from standin import faults, hosts as private
from standin.container import (ECS_ADDRESS, ECS_PATH, EKS_ADDRESS,
                               EKS_ADDRESS_6, EKS_PATH, Container)
from standin.imds import ADDRESS, Imds
from standin.keys import SESSION

FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
HELPER = "docker-credential-ecr-login"


def ask(program, container, env=None, path=ECS_PATH, **where):
    return program.get(env={
        FULL: f"http://127.0.0.1:{container.port}{path}", **(env or {})},
        **where)


def test_full_uri(program, aws, container):
    assert ask(program, container).parts == (0, answer(), "")
    assert container.lines() == [f"GET {ECS_PATH}"]
    assert container.log[0].headers["accept"] == "application/json"
    assert aws.verdicts() == ["ok"]


# Address, environment; in a namespace where these addresses are.
TRUE_PLACES = [
    (ECS_ADDRESS, {RELATIVE: ECS_PATH}),
    (ECS_ADDRESS, {FULL: f"http://{ECS_ADDRESS}{ECS_PATH}"}),
    (EKS_ADDRESS, {FULL: f"http://{EKS_ADDRESS}{EKS_PATH}"}),
    (EKS_ADDRESS_6, {FULL: f"http://[{EKS_ADDRESS_6}]{EKS_PATH}"}),
    ("127.0.0.1", {FULL: f"http://localhost{ECS_PATH}"}),
    ("127.0.0.2", {FULL: f"http://127.0.0.2{ECS_PATH}"}),
    ("::1", {FULL: f"http://[::1]{ECS_PATH}"}),
    # The relative one is the stronger.
    (ECS_ADDRESS, {RELATIVE: ECS_PATH, FULL: "http://127.0.0.1:1/"}),
]


@pytest.mark.parametrize("address, env", TRUE_PLACES)
def test_true_places(program, aws, ns, address, env):
    port = aws.listen(ns=ns)
    with Container() as service:
        service.listen(address, 80, ns=ns)
        done = program.get(ns=ns, env=env | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "http_proxy": "http://127.0.0.1:1"})
        assert done.parts == (0, answer(), "") and len(service.log) == 1


@pytest.mark.parametrize("address", [EKS_ADDRESS, EKS_ADDRESS_6])
def test_pod_identity(program, aws, ns, address):
    """As EKS sets a pod up: a token in a file, which is replaced hourly."""
    token = program.write("eks-pod-identity-token", "e30.e30.one")
    host = f"[{address}]" if ":" in address else address
    env = {FULL: f"http://{host}{EKS_PATH}", TOKEN_FILE: str(token),
           "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.listen(ns=ns)}",
           "AWS_ECR_DISABLE_CACHE": "1"}
    with Container(authorization="e30.e30.one") as service:
        service.listen(address, 80, ns=ns)
        for text in ("e30.e30.one", "e30.e30.two"):
            token.write_text(text)
            service.authorization = text
            assert program.get(ns=ns, env=env).parts == (0, answer(), "")
        service.authorization = "e30.e30.three"
        done = program.get(ns=ns, env=env)
        assert done.status == 1 and brief(done.err) == \
            f"credentials of container: {address}: status 401: " \
            '{"code" : "AccessDenied", "message" : "the token is not valid"}'
        assert service.log[0].headers["host"] == host
    assert aws.reached() == 2 * [SESSION.id]


# What happens at the true addresses when nobody is there, or nothing comes.
GONE = [
    (ECS_ADDRESS, lambda ns: None, "connection refused", 3),
    (EKS_ADDRESS, lambda ns: ns.silent(EKS_ADDRESS),
     "timed out after N ms", 9),
    (ECS_ADDRESS, lambda ns: ns.unreachable(ECS_ADDRESS),
     "no route to host", 3),
]


@pytest.mark.parametrize("address, make, message, most", GONE)
def test_agent_that_is_gone(program, aws, ns, address, make, message, most):
    """An agent that is configured is never passed over."""
    make(ns)
    with Imds() as service:
        service.listen(ADDRESS, 80, ns=ns)
        done = program.get(ns=ns, env={
            FULL: f"http://{address}/x", "AWS_EC2_METADATA_DISABLED": None})
        assert not service.connections
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == f"credentials of container: connect " \
        f"{address}:80: {message}"
    assert done.seconds < most


PLAIN = "plain http to '{}' would show the credentials to the network; " \
    "allowed are loopback, 169.254.170.2, 169.254.170.23 and fd00:ec2::23, " \
    "or use https"
SCHEME = "URL does not begin with http:// or https://"
FORBIDDEN = [
    *((f"http://{host}/", PLAIN.format(host.strip("[]"))) for host in (
        "10.0.0.1", "example.com", "169.254.169.254", "169.254.170.3",
        "[fd00:ec2::24]", "128.0.0.1", "127.0.0.1.example.com",
        "localhost.example.com", "[::2]", "0.0.0.0")),
    ("http:///path", "URL without a host"),
    ("http://", "URL without a host"),
    ("ftp://127.0.0.1/", SCHEME),
    ("127.0.0.1/x", SCHEME),
    ("http://127.0.0.1@example.com/",
     "URL with a user name or password in it"),
]

@pytest.mark.parametrize("url, message", FORBIDDEN)
def test_forbidden(program, aws, ns, url, message):
    done = program.get(ns=ns, env={FULL: url})
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == f"{FULL}: {message}"
    assert done.seconds < 1 and not aws.log


def test_https_to_any_name(program, aws, pki, ns):
    with Container() as service:
        service.listen("127.0.0.2", 443, tls=pki.context(), ns=ns)
        hosts = private.write(program.directory / "hosts",
                              {API: "127.0.0.2"})
        done = program.get(ns=ns, hosts=hosts, env={
            FULL: f"https://{API}{ECS_PATH}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.listen(ns=ns)}",
            "AWS_CA_BUNDLE": str(pki.bundle)})
        assert done.parts == (0, answer(), "") and service.log[0].secure


def test_https_to_any_host(program, aws, container, pki):
    port = container.listen(tls=pki.context())
    done = program.get(env={FULL: f"https://localhost:{port}{ECS_PATH}",
                            "AWS_CA_BUNDLE": str(pki.bundle)})
    assert done.parts == (0, answer(), "") and container.log[0].secure


# The token.

def test_token_of_environment(program, aws, container):
    container.authorization = "Basic abc"
    assert ask(program, container, {TOKEN: "Basic abc"}).status == 0


def test_token_file_is_stronger(program, aws, container):
    container.authorization = "from file"
    path = program.write("token", "from file")
    done = ask(program, container, {TOKEN: "x", TOKEN_FILE: str(path)},
               EKS_PATH)
    assert done.parts == (0, answer(), "")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb"])
def test_token_that_would_be_a_header(program, aws, container, value):
    path = program.write("token", value)
    for env in ({TOKEN: value}, {TOKEN_FILE: str(path)}):
        done = ask(program, container, env)
        assert (done.status, done.out) == (1, NOT_FOUND)
        assert TOKEN in done.err
    assert not container.log


@pytest.mark.parametrize("name", ["/nonexistent/token", "/"])
def test_token_file_that_cannot_be_read(program, aws, container, name):
    done = ask(program, container, {TOKEN: "x", TOKEN_FILE: name})
    assert done.status == 1 and f"'{name}'" in done.err
    assert not container.log


def test_wrong_token(program, aws, container):
    container.authorization = "right"
    done = ask(program, container, {TOKEN: "wrong"})
    assert done.status == 1 and "401" in done.err
    assert "wrong" not in done.err and done.err.count("\n") == 1


# Fault and message (see program.brief). An answer that will not do is asked
# for three times, a second apart, as botocore does.
FAULTS = {
    "404": (faults.reply('{"code":"NoIdInRequest","message":"no id"}', 404),
        "credentials of container: 127.0.0.1: status 404: "
        "{\"code\":\"NoIdInRequest\",\"message\":\"no id\"}"),
    "500": (faults.status(500),
        "credentials of container: 127.0.0.1: status 500"),
    "page": (faults.html(200),
        "credentials of container: answer of 127.0.0.1: not json at byte 0: "
        "value expected"),
    "escapes": (faults.reply("\x1b[31m", 400),
        "credentials of container: 127.0.0.1: status 400: ?[31m"),
    "redirect": (faults.redirect("http://127.0.0.1:1/"),
        "credentials of container: 127.0.0.1: status 307"),
    "cut": (faults.cut(3),
        "credentials of container: http '127.0.0.1': truncated: 3 of "
        "658 bytes of the body came"),
    "dropped": (faults.drop,
        "credentials of container: http '127.0.0.1': connection closed "
        "before an answer came"),
    "no key": (faults.reply('{"SecretAccessKey":"x"}'),
        "credentials of container: answer of 127.0.0.1: no 'AccessKeyId'"),
    "expired": (faults.reply(
        '{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":'
        '"2015-01-01T00:00:00Z"}'),
        "credentials of container expired at TIME; renew them, or check "
        "this machine's clock"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(program, aws, container, name):
    fault, message = FAULTS[name]
    container.fail(fault, times=99)
    done = ask(program, container)
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == message
    assert len(container.log) <= 3 and done.seconds < 4
    assert not aws.log


def test_no_answer(program, aws, container):
    container.fail(faults.stall, times=99)
    done = ask(program, container)
    assert done.status == 1 and "timed out" in done.err
    assert done.seconds < 9


def test_refused(program, aws):
    done = program.get(env={FULL: "http://127.0.0.1:1/x"})
    assert done.status == 1 and "refused" in done.err
    assert done.seconds < 4


@pytest.mark.parametrize("fault", [faults.status(500), faults.status(429),
                                   faults.drop, faults.html(200)])
def test_passing_fault(program, aws, container, fault):
    container.fail(fault)
    assert ask(program, container).parts == (0, answer(), "")
    assert len(container.log) == 2


def test_error_ends_the_chain(program, aws, container, imds):
    """A service that is configured and fails is not passed over."""
    container.fail(faults.status(404), times=99)
    assert ask(program, container).status == 1
    assert not imds.connections
