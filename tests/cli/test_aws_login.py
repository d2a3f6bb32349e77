"""Profiles with login_session: what "aws login" left is used, renewed and put
back."""
import json
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from program import ACCOUNT, HOST, NOT_FOUND, REGION, answer, brief
from standin import faults
from standin.server import Answer
from standin.signin import LOGIN, REFRESH

CONFIG = f"[profile dev]\nlogin_session = {LOGIN}\nregion = {REGION}\n"
DIRECTORY = ".aws/login/cache"
SIGN_IN = "signin:CreateOAuth2Token"
TOKEN = "ecr:GetAuthorizationToken"
BEGIN = "; run: aws login --profile dev"
ENV = {"AWS_PROFILE": "dev", "AWS_ECR_DISABLE_CACHE": "1"}


class Session:
    """The file of a session, and the program that uses it."""

    def __init__(self, program, aws, **how) -> None:
        self.program, self.aws = program, aws
        name, text = aws.signin.cached(**how)
        program.write(".aws/config", CONFIG)
        self.path = program.write(f"{DIRECTORY}/{name}", text)
        self.old = json.loads(text)

    @property
    def now(self) -> dict:
        return json.loads(self.path.read_text())

    def get(self, **env):
        done = self.program.get(env=ENV | env)
        self.no_secret(done.err)
        return done

    def no_secret(self, text: str) -> None:
        assert REFRESH not in text and "BEGIN EC" not in text
        for line in self.old["dpopKey"].splitlines()[1:-1]:
            assert line not in text


def without(member: str) -> faults.Fault:
    def change(whole: Answer) -> Answer:
        body = json.loads(whole.body)
        del body[member]
        return Answer(whole.status, json.dumps(body).encode(), whole.headers)
    return faults.edit(change)


def test_good_as_it_is(program, aws):
    session = Session(program, aws)
    assert session.get().parts == (0, answer(), "")
    assert aws.actions() == [TOKEN]
    assert aws.reached() == [f"login {LOGIN}"]
    assert session.now == session.old


@pytest.mark.parametrize("life", [299, 30, -1, -80000])
def test_renewed(program, aws, life):
    session = Session(program, aws, life=life)
    extra = {"x-kept": [1, {"deep": None}], "tokenType": "aws_sigv4"}
    session.path.write_text(json.dumps(session.old | extra))
    assert session.get().parts == (0, answer(), "")
    assert aws.actions() == [SIGN_IN, TOKEN]
    new, old = session.now, session.old | extra
    access = new["accessToken"]
    assert access["accountId"] == ACCOUNT
    assert access["accessKeyId"] != old["accessToken"]["accessKeyId"]
    assert new["refreshToken"] != old["refreshToken"]
    left = time.mktime(time.strptime(access["expiresAt"],
                                     "%Y-%m-%dT%H:%M:%SZ")) - \
        time.mktime(time.gmtime())
    assert 890 <= left <= 900
    changed = {"accessToken", "refreshToken"}
    assert {k: new[k] for k in new.keys() - changed} == \
        {k: old[k] for k in old.keys() - changed}
    assert list(new) == list(old)
    assert session.path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in session.path.parent.iterdir()] == \
        [session.path.name]
    # What was put back is good, and can be renewed in its turn.
    assert session.get().status == 0
    new["accessToken"]["expiresAt"] = "2015-08-30T12:36:00Z"
    session.path.write_text(json.dumps(new))
    assert session.get().status == 0
    assert aws.actions() == [SIGN_IN, TOKEN, TOKEN, SIGN_IN, TOKEN]


def test_refresh_token_that_stays(program, aws):
    aws.signin.rotate = False
    session = Session(program, aws, life=1)
    assert session.get().status == 0
    assert session.now["refreshToken"] == session.old["refreshToken"]


def test_answer_without_refresh_token(program, aws):
    aws.signin.rotate = False
    session = Session(program, aws, life=1)
    aws.fail(without("refreshToken"), on=SIGN_IN)
    assert session.get().status == 0
    assert session.now["refreshToken"] == session.old["refreshToken"]


# Private keys whose public ones begin with a zero byte, in x and in y.
@pytest.mark.parametrize("number", [379, 43])
def test_short_coordinates(program, aws, number):
    key = ec.derive_private_key(number, ec.SECP256R1())
    session = Session(program, aws, life=1, key=key)
    assert session.get().parts == (0, answer(), "")


def test_proof(program, aws):
    session = Session(program, aws, life=1)
    assert session.get().status == 0
    [claims] = aws.signin.proofs
    assert claims["htu"] == f"{aws.url}/v1/token"


def test_every_attempt_has_a_proof_of_its_own(program, aws):
    session = Session(program, aws, life=1)
    aws.fail(faults.status(500), times=2, on=SIGN_IN)
    assert session.get().parts == (0, answer(), "")
    assert aws.actions() == [SIGN_IN] * 3 + [TOKEN]


def test_eight_at_once(program, aws):
    """One asks; the others find what it got."""
    session = Session(program, aws, life=1)
    aws.fail(faults.delay(0.5), on=SIGN_IN)
    children = [subprocess.Popen(
        program.command("docker-credential-ecr-login", "get"),
        env=program.environment(ENV), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)]
    for child in children:
        out, err = child.communicate(HOST, timeout=60)
        assert (child.returncode, out, err) == (0, answer(), "")
    assert aws.actions().count(SIGN_IN) == 1
    assert aws.actions().count(TOKEN) == 8
    assert session.now["refreshToken"] in aws.signin.logins


ENDED = {
    "TOKEN_EXPIRED": "the session of profile 'dev' has ended" + BEGIN,
    "USER_CREDENTIALS_CHANGED": "the session of profile 'dev' has ended with "
        "a change of the password" + BEGIN,
    "AUTHCODE_EXPIRED": "the session of profile 'dev' was not begun in time" +
        BEGIN,
    "INSUFFICIENT_PERMISSIONS": "the session of profile 'dev' cannot be "
        "renewed; this identity needs the permission "
        "signin:CreateOAuth2Token",
}


@pytest.mark.parametrize("why", ENDED)
def test_refused(program, aws, why):
    aws.signin.refuse = why
    session = Session(program, aws, life=1)
    done = session.get()
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == f"credentials of login: {ENDED[why]}"
    assert aws.actions() == [SIGN_IN] and session.now == session.old


def test_refused_with_time_left(program, aws):
    """The present credentials serve as long as they live."""
    aws.signin.refuse = "TOKEN_EXPIRED"
    session = Session(program, aws, life=200)
    done = session.get()
    assert (done.status, done.out) == (0, answer())
    assert brief(done.err) == "warning: credentials of login end at TIME " \
        f"and were not renewed: {ENDED['TOKEN_EXPIRED']}"
    assert session.now == session.old


CALL = "credentials of login: signin CreateOAuth2Token at '127.0.0.1': "
FAULTS = {
    "throttled": (faults.rest_error("TooManyRequestsError", "Slow down.",
                                    429), 3,
                  CALL + "TooManyRequestsError: Slow down"),
    "500": (faults.status(500), 3,
            CALL + "status 500 without an error of AWS's"),
    "page": (faults.html(200), 1,
             CALL + "not json at byte 0: value expected"),
    "empty": (faults.reply("{}"), 1, CALL + "no 'accessToken'"),
    "lifetime": (without("expiresIn"), 1,
                 CALL + "no 'expiresIn' of 1 to 86400 seconds"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(program, aws, name):
    fault, attempts, message = FAULTS[name]
    session = Session(program, aws, life=1)
    aws.fail(fault, times=99, on=SIGN_IN)
    done = session.get()
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == message
    assert len(aws.log) == attempts and session.now == session.old


def test_nobody_there(program, aws):
    session = Session(program, aws, life=1)
    done = session.get(AWS_ENDPOINT_URL_SIGNIN="http://127.0.0.1:1")
    assert done.status == 1 and "refused" in done.err and not aws.log


# What stands in the file, and the message.
def _key(curve, form=serialization.PrivateFormat.TraditionalOpenSSL,
         how=serialization.NoEncryption()):
    return ec.generate_private_key(curve).private_bytes(
        serialization.Encoding.PEM, form, how).decode()


SPOILT = {
    "no key": ({"dpopKey": None},
               f"session in 'FILE': no 'dpopKey'{BEGIN}"),
    "no refresh token": ({"refreshToken": None},
                         f"session in 'FILE': no 'refreshToken'{BEGIN}"),
    "no client": ({"clientId": ""},
                  f"session in 'FILE': an empty 'clientId'{BEGIN}"),
    "p384": ({"dpopKey": _key(ec.SECP384R1())},
             "'dpopKey': not on the curve P-256"),
    "secp256k1": ({"dpopKey": _key(ec.SECP256K1())},
                  "'dpopKey': not on the curve P-256"),
    "pkcs8": ({"dpopKey": _key(ec.SECP256R1(),
                               serialization.PrivateFormat.PKCS8)},
              "'dpopKey': no 'EC PRIVATE KEY' in PEM"),
    "encrypted": ({"dpopKey": _key(
        ec.SECP256R1(), how=serialization.BestAvailableEncryption(b"x"))},
        "'dpopKey': not base64, longer than 256 bytes, or encrypted"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_file(program, aws, name):
    change, message = SPOILT[name]
    session = Session(program, aws, life=1)
    session.path.write_text(json.dumps(session.old | change))
    done = session.get()
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err).replace(str(session.path), "FILE") == \
        f"credentials of login: {message}"
    assert not aws.log


def test_another_key_than_the_session_has(program, aws):
    session = Session(program, aws, life=1)
    session.path.write_text(json.dumps(
        session.old | {"dpopKey": _key(ec.SECP256R1())}))
    done = session.get()
    assert brief(done.err) == f"credentials of login: {ENDED['TOKEN_EXPIRED']}"


def test_no_file(program, aws):
    session = Session(program, aws)
    session.path.unlink()
    done = session.get()
    assert (done.status, done.out) == (1, NOT_FOUND)
    assert brief(done.err) == "credentials of login: no session of profile " \
        f"'dev' in '{session.path}'{BEGIN}"
    assert not aws.log and not list(session.path.parent.iterdir())


def test_other_directory(program, aws):
    session = Session(program, aws, life=1)
    other = program.home / "elsewhere"
    session.path.parent.rename(other)
    session.path = other / session.path.name
    assert session.get(AWS_LOGIN_CACHE_DIRECTORY=str(other)).status == 0
    assert session.now["refreshToken"] != session.old["refreshToken"]


@pytest.fixture
def read_only(namespaces):
    """Makes a directory one of a file system that is only to be read."""
    made = []

    def mount(path) -> None:
        for how in (["--bind", str(path)], ["-o", "remount,bind,ro"]):
            subprocess.run(["/usr/bin/mount", *how, str(path)], check=True)
            made.append(path)
    yield mount
    for path in made[:1]:
        subprocess.run(["/usr/bin/umount", str(path)], check=True)


def test_read_only_file_system(program, aws, read_only):
    """New credentials are used, with a warning."""
    session = Session(program, aws, life=1)
    read_only(session.path.parent)
    done = session.get()
    assert (done.status, done.out) == (0, answer())
    assert brief(done.err) == "warning: credentials of login were renewed " \
        "but not kept, which may end the session: write " \
        f"'{session.path}': Read-only file system"
    assert session.now == session.old


def test_no_region(program, aws):
    session = Session(program, aws, life=1)
    program.write(".aws/config", CONFIG.replace("region = ", "x = "))
    done = program.run("credential-process", env=ENV)
    assert done.status == 2 and not aws.log
    assert done.err == "credential-process: credentials of login: no " \
        "region, which has the sign-in service; set AWS_REGION, or region " \
        "in the profile\n"
    session.no_secret(done.err)


def test_credential_process(program, aws):
    session = Session(program, aws, life=1)
    done = program.run("credential-process", env=ENV)
    assert (done.status, done.err) == (0, "")
    said, kept = json.loads(done.out), session.now["accessToken"]
    assert said == {
        "Version": 1, "AccessKeyId": kept["accessKeyId"],
        "SecretAccessKey": kept["secretAccessKey"],
        "SessionToken": kept["sessionToken"],
        "Expiration": kept["expiresAt"], "AccountId": ACCOUNT}


def test_details_hold_no_secret(program, aws):
    session = Session(program, aws, life=1)
    done = program.login("-v", HOST, env=ENV)
    assert done.status == 0 and "credentials of login" in done.err
    session.no_secret(done.err)
def test_region_of_the_registry(program, aws):
    """Where nothing else says one, sign-in is asked in the registry's."""
    session = Session(program, aws, life=1)
    program.write(".aws/config", CONFIG.replace("region = ", "x = "))
    assert session.get().parts == (0, answer(), "")
    assert aws.actions() == [SIGN_IN, TOKEN]
