"""Through a real proxy, past it, and what it may not be asked."""
import pytest

from program import (ACCOUNT, API, HOST, PASSWORD, REGION, STATIC_ENV, answer,
                     brief)
from standin import hosts, proxy as standin
from standin.container import (ECS_ADDRESS, ECS_PATH, EKS_ADDRESS,
                               EKS_ADDRESS_6, EKS_PATH, Container)
from standin.dns import Dns
from standin.imds import ADDRESS, ADDRESS_6, Imds
from standin.proxy import Babbler, Proxy

NAMED = f"{standin.NAME}:{standin.PORT}"
URL = f"http://{NAMED}"
WITH_USER = f"http://{standin.USER}:{standin.PASSWORD}@{NAMED}"
TUNNEL = f"CONNECT {API}:443"
PLAIN = "box.corp.example"
AGENT = f"sts.{REGION}.amazonaws.com"
PUBLIC_API = "api.ecr-public.us-east-1.amazonaws.com"
KUBELET = '{"kind":"CredentialProviderRequest","apiVersion":' \
    '"credentialprovider.kubelet.k8s.io/v1","image":"%s/app"}'
PRINTED = (0, PASSWORD + "\n", "")
ASKED = f"ecr GetAuthorizationToken at '{API}': "
SAID = f"{ASKED}proxy '{standin.NAME}': "


class Site:
    """ECR at API:443 and at PLAIN, both reached by the proxy's names only;
    with local, by the program's own too."""

    def __init__(self, program, aws, ns, pki, directory) -> None:
        self.program, self.ns, self.directory = program, ns, directory
        aws.listen(port=443, tls=pki.context(), ns=ns)
        self.plain = f"http://{PLAIN}:{aws.listen(ns=ns)}"
        self.env = STATIC_ENV | {"AWS_ENDPOINT_URL": None,
                                 "AWS_CA_BUNDLE": str(pki.bundle),
                                 "AWS_ECR_DISABLE_CACHE": "1"}
        self.names = {API: "127.0.0.1", PLAIN: "127.0.0.1",
                      AGENT: "127.0.0.1"}
        self.resolv = hosts.write_resolv(directory / "resolv.conf",
                                         "127.0.0.1")

    def proxy(self, user=False):
        return Proxy(self.directory / "proxy", self.ns, self.names, user)

    def run(self, *args, env=None, local=False):
        names = {standin.NAME: standin.ADDRESS} | \
            (self.names if local else {})
        return self.program.login(
            "-p", *args, ns=self.ns, resolv=self.resolv,
            hosts=hosts.write(self.directory / "hosts", names),
            env=self.env | (env or {}))


@pytest.fixture
def site(program, aws, ns, pki, tmp_path):
    if Proxy.missing():
        pytest.skip("tinyproxy is not installed")
    return Site(program, aws, ns, pki, tmp_path)


def test_tunnel(site, aws):
    """The target's name is the proxy's to resolve; nobody else sees it."""
    with site.proxy() as proxy, Dns(site.ns, {}) as server:
        assert site.run(env={"https_proxy": URL}).parts == PRINTED
        assert proxy.requests() == [TUNNEL] and not server.log
    assert aws.verdicts() == ["ok"] and aws.log[0].secure
    assert aws.log[0].target == "/"


def test_plain_target(site, aws):
    with site.proxy(user=True) as proxy, Dns(site.ns, {}) as server:
        done = site.run(env={"http_proxy": WITH_USER,
                             "AWS_ENDPOINT_URL": site.plain})
        assert done.parts == PRINTED
        assert proxy.requests() == [f"POST {site.plain}/"]
        assert not server.log
    assert aws.verdicts() == ["ok"]
    assert "proxy-authorization" not in aws.log[0].headers


def test_one_tunnel_for_two_calls(site, aws):
    """One call is for ten registries, and here are eleven."""
    with site.proxy() as proxy:
        done = site.program.login(
            *(f"{n:012}@{REGION}" for n in range(11)), ns=site.ns,
            hosts=hosts.write(site.directory / "hosts",
                              {standin.NAME: standin.ADDRESS}),
            env=site.env | {"https_proxy": URL})
        assert done.parts == (0, 11 * "Login Succeeded\n", "")
        assert proxy.requests() == [TUNNEL]
    assert aws.verdicts() == ["ok", "ok"]


# The other programs; their standard input, and who is asked through it.
PROGRAMS = [
    ("docker-credential-ecr-login", ["get"], HOST, [API]),
    ("docker-credential-ecr-login", ["get"], "public.ecr.aws", [PUBLIC_API]),
    ("ecr-credential-provider", [], KUBELET % HOST, [API]),
    ("ecr-credential-provider", [], KUBELET % "public.ecr.aws",
     [PUBLIC_API]),
    ("ecr-credential-provider", [], (KUBELET % HOST)[:-1] +
     ',"serviceAccountToken":"web.identity.token"}', [AGENT, API]),
]


@pytest.mark.parametrize("name, args, stdin, asked", PROGRAMS)
def test_program(site, aws, name, args, stdin, asked):
    site.names[PUBLIC_API] = "127.0.0.1"
    with site.proxy(user=True) as proxy:
        done = site.program.run(
            name, *args, stdin=stdin, ns=site.ns,
            hosts=hosts.write(site.directory / "hosts",
                              {standin.NAME: standin.ADDRESS}),
            env=site.env | {"https_proxy": WITH_USER, "AWS_ECR_ROLE_ARN":
                            f"arn:aws:iam::{ACCOUNT}:role/puller"})
        assert proxy.requests() == [f"CONNECT {at}:443" for at in asked]
    assert (done.status, done.err) == (0, "") and PASSWORD in done.out
    assert all("proxy-authorization" not in r.headers for r in aws.log)


# Users.

RIGHT = [f"http://{standin.USER}:{standin.PASSWORD}@{NAMED}",
         f"{standin.USER}:{standin.PASSWORD}@{NAMED}/",
         f"//{standin.USER}:%50roxy%2dPass.word@{NAMED}"]
WANTS = f"{SAID}http '{API}': status 407: the proxy wants a user name and " \
    "password: http://user:password@host:port"
REFUSES = f"{SAID}http '{API}': status 401: the proxy refuses the user name " \
    "or password in its URL"
WRONG = [(URL, WANTS), (f"http://@{NAMED}", WANTS),
         (f"http://{standin.USER}@{NAMED}", REFUSES),
         (f"http://{standin.USER}:{standin.PASSWORD}x@{NAMED}", REFUSES)]


@pytest.mark.parametrize("url", RIGHT)
def test_right_user(site, aws, url):
    with site.proxy(user=True):
        assert site.run(env={"https_proxy": url}).parts == PRINTED
    assert aws.verdicts() == ["ok"]
    assert "proxy-authorization" not in aws.log[0].headers


@pytest.mark.parametrize("url, message", WRONG)
def test_wrong_user(site, aws, url, message):
    with site.proxy(user=True) as proxy:
        done = site.run(env={"https_proxy": url})
        # It would be refused again.
        assert len(proxy.requests()) == 1
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == message
    assert not aws.connections


def test_verbose_names_the_proxy_and_no_user(site):
    with site.proxy(user=True):
        done = site.run("-v", env={"https_proxy": WITH_USER})
    assert done.status == 0
    assert f"http '{API}': through proxy '{standin.NAME}' port " \
        f"{standin.PORT}\n" in done.err
    assert f"connected to '{standin.NAME}' port {standin.PORT}\n" in done.err
    assert standin.USER not in done.err


# Which variables count: the environment, and whether the proxy is asked.

VARIABLES = [
    ({"HTTPS_PROXY": URL}, True),
    ({"https_proxy": URL, "HTTPS_PROXY": "http://127.0.0.1:1"}, True),
    ({"https_proxy": "", "HTTPS_PROXY": URL}, False),
    ({"http_proxy": URL, "HTTP_PROXY": URL}, False),
    ({"all_proxy": URL, "ALL_PROXY": URL}, False),
    ({"https_proxy": URL, "NO_PROXY": "*"}, False),
    ({"https_proxy": URL, "no_proxy": "", "NO_PROXY": "*"}, True),
    ({"https_proxy": URL, "no_proxy": ".amazonaws.com"}, False),
    ({"https_proxy": URL, "no_proxy": "x, AMAZONAWS.COM ,y"}, False),
    ({"https_proxy": URL, "no_proxy": f"{API}:443"}, False),
    ({"https_proxy": URL, "no_proxy": f"{API}:80,{ACCOUNT}"}, True),
    # Names are compared, not resolved.
    ({"https_proxy": URL, "no_proxy": "127.0.0.0/8"}, True),
]


@pytest.mark.parametrize("env, through", VARIABLES)
def test_variables(site, env, through):
    with site.proxy() as proxy:
        assert site.run(env=env, local=True).parts == PRINTED
        assert proxy.requests() == ([TUNNEL] if through else [])


@pytest.mark.parametrize("env, through", [
    ({"HTTP_PROXY": URL}, True),
    ({"HTTP_PROXY": URL, "REQUEST_METHOD": "GET"}, False),
    ({"http_proxy": URL, "REQUEST_METHOD": "GET"}, True),
    ({"https_proxy": URL}, False),
    ({"http_proxy": URL, "no_proxy": "corp.example"}, False),
])
def test_variables_for_plain_targets(site, env, through):
    with site.proxy() as proxy:
        done = site.run(env=env | {"AWS_ENDPOINT_URL": site.plain},
                        local=True)
        assert done.parts == PRINTED
        assert len(proxy.requests()) == int(through)


# A proxy that cannot be used.

@pytest.mark.parametrize("url, message", [
    ("socks5://u:Proxy-Pass.word@p:1080", "https_proxy: a proxy of "
     "'socks5://' is not supported, only of http://"),
    ("https://u:Proxy-Pass.word@p", "https_proxy: a proxy of 'https://' is "
     "not supported, only of http://"),
    ("http://u:Proxy-Pass.word", "https_proxy: not of the form "
     "http://[user:password@]host[:port]"),
    ("http://u:Proxy-Pass.word%@p", "https_proxy: user name or password with "
     "a '/', '?', '#' or '%' that is not written as %XX, or a control byte"),
])
def test_bad_value(site, aws, url, message):
    done = site.run(env={"https_proxy": url}, local=True)
    assert (done.status, done.out) == (2, "")
    assert brief(done.err) == f"{ASKED}http '{API}': {message}"
    assert not aws.connections


def test_dead(site, aws):
    done = site.run(env={"https_proxy": URL}, local=True)
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == f"{SAID}connect {standin.ADDRESS}:" \
        f"{standin.PORT}: connection refused"
    assert done.seconds < 2 and not aws.connections


def test_silently_dropped(site):
    site.ns.silent(standin.ADDRESS, standin.PORT)
    done = site.run("--timeout", "1", env={"https_proxy": URL})
    assert done.status == 1 and done.seconds < 2
    assert brief(done.err) == f"{SAID}connect {standin.ADDRESS}:" \
        f"{standin.PORT}: timed out after N ms"


def test_name_that_does_not_exist(site):
    """Not to be taken for the region's: no other endpoint is tried."""
    with Dns(site.ns, {}):
        done = site.run(env={"https_proxy": "http://gone.corp.example:3128"})
    assert done.status == 1 and brief(done.err) == \
        f"{ASKED}proxy 'gone.corp.example': resolve 'gone.corp.example': " \
        "does not exist"


def test_mute(site):
    with Babbler(site.ns, None) as proxy:
        done = site.run("--timeout", "1", env={"https_proxy": WITH_USER})
        assert len(proxy.heard) == 1
    assert brief(done.err) == f"{SAID}http '{API}': receive: timed out " \
        "after N ms in all"
    assert done.status == 1 and done.seconds < 2


SAYS = {
    "nothing": (b"", "connection closed before an answer came"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n",
        "the answer does not begin with 'HTTP/'"),
    "half a head": (b"HTTP/1.1 200 OK\r\nVia", "truncated: connection closed "
        "after 20 bytes of the head"),
    "bare line feeds": (b"HTTP/1.1 200 OK\n\n",
        "LF without CR in the answer's framing (RFC 9112 2.2)"),
    "too large a head": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 +
        b"\r\n\r\n", "head of more than 65536 bytes"),
    "too much": (b"HTTP/1.1 200 OK\r\n\r\nhello",
        "more than the answer to CONNECT came"),
    "escapes": (b"HTTP/1.1 403 \xe9\xe9\r\n\r\n",
        "no tunnel: status 403 ??"),
    "a page": (b"HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n<p>",
        "no tunnel: status 302 Found"),
    "502": (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
        "no tunnel: status 502 Bad Gateway"),
}


@pytest.mark.parametrize("name", SAYS)
def test_says(site, aws, name):
    said, message = SAYS[name]
    with Babbler(site.ns, said) as proxy:
        done = site.run(env={"https_proxy": URL})
        # Not a byte of what is signed.
        assert all(b"AWS4" not in heard for heard in proxy.heard)
    assert (done.status, done.out) == (1, "")
    assert brief(done.err) == f"{SAID}http '{API}': {message}"
    assert not aws.connections and done.seconds < 3


def test_tunnel_to_nowhere(site):
    with Babbler(site.ns, b"HTTP/1.1 200 OK\r\n\r\n"):
        done = site.run(env={"https_proxy": URL})
    assert done.status == 1
    assert brief(done.err).startswith(f"{SAID}tls '{API}': ")


def test_target_that_the_proxy_cannot_reach(site):
    site.names = {}
    with site.proxy() as proxy:
        done = site.run(env={"https_proxy": URL})
        assert set(proxy.requests()) == {TUNNEL}
    assert done.status == 1 and brief(done.err) == \
        f"{SAID}http '{API}': no tunnel: status 500 Unable to connect"


def test_certificate_is_the_targets(site, aws, pki):
    """A proxy that opens TLS shows another authority's."""
    root, _ = pki.root("stranger")
    with site.proxy():
        done = site.run(env={"https_proxy": URL, "AWS_CA_BUNDLE": str(root)})
    assert (done.status, done.out) == (1, "")
    assert f"proxy '{NAMED}': tls '{API}': issued by 'Stand-in Root rsa', " \
        "which is not in ca bundle " in done.err
    assert not aws.log


# What hands out credentials is never asked through one.

BOTH = {"https_proxy": URL, "http_proxy": URL, "no_proxy": ""}
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


@pytest.mark.parametrize("address, env", [
    (ADDRESS, {}),
    (ADDRESS_6, {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}),
    ("127.0.0.1", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{PLAIN}"}),
])
def test_metadata(site, address, env):
    with Imds() as imds, site.proxy() as proxy:
        imds.listen(address, 80, ns=site.ns)
        done = site.run(local=True, env=BOTH | NO_KEYS | env | {
            "AWS_EC2_METADATA_DISABLED": None, "AWS_REGION": None})
        assert done.parts == PRINTED and len(imds.log) >= 4
        assert proxy.requests() == [TUNNEL]


@pytest.mark.parametrize("address, url", [
    (ECS_ADDRESS, f"http://{ECS_ADDRESS}{ECS_PATH}"),
    (EKS_ADDRESS, f"http://{EKS_ADDRESS}{EKS_PATH}"),
    (EKS_ADDRESS_6, f"http://[{EKS_ADDRESS_6}]{EKS_PATH}"),
    ("127.0.0.1", f"http://localhost{ECS_PATH}"),
    ("127.0.0.2", f"https://{AGENT}:8443{ECS_PATH}"),
])
def test_container(site, pki, address, url):
    site.names[AGENT] = "127.0.0.2"
    with Container() as agent, site.proxy() as proxy:
        if url.startswith("https"):
            agent.listen(address, 8443, tls=pki.context(), ns=site.ns)
        else:
            agent.listen(address, 80, ns=site.ns)
        done = site.run(local=True, env=BOTH | NO_KEYS | {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
        assert done.parts == PRINTED and len(agent.log) == 1
        assert proxy.requests() == [TUNNEL]


@pytest.mark.parametrize("url", [
    f"http://{ADDRESS}:8080", "http://localhost:8080",
    "http://127.0.0.1:8080", "http://[::1]:8080",
])
def test_endpoint_next_door(site, aws, url):
    aws.listen("0.0.0.0", 8080, ns=site.ns)
    aws.listen("::", 8080, ns=site.ns)
    with site.proxy() as proxy:
        done = site.run(env=BOTH | {"AWS_ENDPOINT_URL": url})
        assert done.parts == PRINTED and not proxy.requests()


def test_cached_token_asks_nobody(site, program):
    env = site.env | {"https_proxy": URL, "AWS_ECR_DISABLE_CACHE": None}
    where = {"ns": site.ns, "hosts": hosts.write(
        site.directory / "hosts", {standin.NAME: standin.ADDRESS})}
    with site.proxy() as proxy:
        assert program.get(env=env, **where).parts == (0, answer(), "")
        assert len(proxy.requests()) == 1
    assert program.get(env=env, **where).parts == (0, answer(), "")
