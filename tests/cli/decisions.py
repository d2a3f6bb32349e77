"""Where we do not read a case as botocore or the Go SDK do, and why: each rule
turns a case into one that says to them what the first says to us. The number
is that of the specification's section or of the row in its table of decisions,
which ecrbox-credentials(7) states for users."""
from __future__ import annotations

import re
from dataclasses import replace
from typing import Callable

from identities import Case, make
from parts import RUN, SSO_LEGACY, keys

Rule = Callable[[Case], Case]
LONE = re.compile(r"(?mi)^aws_secret_access_key")
PAIR = re.compile(r"(?mi)^aws_(?:access|secret).*\n")
LOGIN_LINE = re.compile(r"(?mi)^login_session\s*=.*\n")


def decided(case: Case, rules: list[Rule]) -> Case:
    for rule in rules:
        case = rule(case)
    return case


def with_env(case: Case, env: dict[str, str]) -> Case:
    return replace(case, env=env)


def one_token(case: Case) -> Case:
    """0.2: AWS_SESSION_TOKEN comes before AWS_SECURITY_TOKEN, which
    botocore reads first for the sake of boto 2."""
    return with_env(case, {
        name: value for name, value in case.env.items()
        if name != "AWS_SECURITY_TOKEN" or
        "AWS_SESSION_TOKEN" not in case.env})


def empty_is_unset(case: Case) -> Case:
    """0.4: a variable that is set to nothing counts as unset; botocore
    looks for a profile of that name."""
    return with_env(case, {n: v for n, v in case.env.items() if v})


def profile_first(case: Case) -> Case:
    """0.6: AWS_PROFILE comes before AWS_DEFAULT_PROFILE, as in version
    2 of the CLI; in botocore it is the other way round."""
    return with_env(case, {
        name: value for name, value in case.env.items()
        if name != "AWS_DEFAULT_PROFILE" or not case.env.get("AWS_PROFILE")})


def lenient(case: Case) -> Case:
    """0.7: a line, a mark or a repetition that is no part of the
    grammar does not make the rest unreadable."""
    if not case.has("junk", "bom", "twice", "blank in header",
                    "inline comments"):
        return case
    plain = make(case.parts[:-1])
    return replace(plain, env=case.env)


def prefixed_default(case: Case) -> Case:
    """0.7: [profile default] wins over [default] wherever it stands; in
    botocore the last one does."""
    if not case.has("default twice") or case.config is None:
        return case
    return replace(case, config=case.config.replace("[default]", "[x]"))


def no_time(case: Case) -> Case:
    """1.2: AWS_CREDENTIAL_EXPIRATION that is no time is not believed;
    botocore fails."""
    return with_env(case, {n: v for n, v in case.env.items()
                           if v != "some time"})


def no_line_end(case: Case) -> Case:
    """1.2: a line end after a key in the environment is cut; botocore
    would send it."""
    return with_env(case, {n: v.rstrip("\r") for n, v in case.env.items()})


def lone_secret(case: Case) -> Case:
    """1.3: half a pair of keys in a file is an error, whichever half it
    is, as in Go; botocore passes over a lone secret."""
    own, mark, rest = (case.config or "").partition("[profile other]")
    kept, base, more = (case.credentials or "").partition("[base]")
    if not re.search("(?mi)^aws_access_key_id", own):
        own = LONE.sub("aws_access_key_id", own)
    if not re.search("(?mi)^aws_access_key_id", kept):
        kept = LONE.sub("aws_access_key_id", kept)
    return replace(case, config=case.config and own + mark + rest,
                   credentials=case.credentials and kept + base + more)


def login(case: Case) -> Case:
    """1.7: login_session is read, which Debian's botocore is too old
    for; so it reads a key here that stands right before it in the
    order, in the credentials file."""
    text = case.credentials or ""
    if not LOGIN_LINE.search(case.config or "") or \
            "aws_access_key_id" in text.partition("[base]")[0]:
        return case
    return replace(case, credentials=f"[{case.profile}]\n" + keys("LOGIN")
                   + re.sub(rf"\[{case.profile}\]\s*\n", "", text))


# Of the Go SDK.

def old_token(case: Case) -> Case:
    """0.2: the old name of a session token is read, as by botocore; Go does
    not know it, in the environment or in files."""
    env = {"AWS_SESSION_TOKEN" if name == "AWS_SECURITY_TOKEN" else name: value
           for name, value in case.env.items()
           if name != "AWS_SECURITY_TOKEN" or
           "AWS_SESSION_TOKEN" not in case.env}
    return replace(case, env=env, credentials=case.credentials and
                   case.credentials.replace("aws_security_token",
                                            "aws_session_token"))


def refused(case: Case) -> Case:
    """A case that nobody would take: the first thing looked at is wrong."""
    return replace(case, config="[profile x]\nrole_arn = x\nsource_profile = "
                   "none\n", env=case.env | {
                       "AWS_PROFILE": "x", "AWS_WEB_IDENTITY_TOKEN_FILE": "/x",
                       "AWS_ROLE_ARN": "x", "AWS_ACCESS_KEY_ID": "",
                       "AWS_ACCESS_KEY": ""})


def lone_id(case: Case) -> Case:
    """0.3: a key id without its secret in the environment is an error; Go
    goes on to another identity."""
    env = case.env
    if env.get("AWS_ACCESS_KEY_ID") and not env.get("AWS_SECRET_ACCESS_KEY"):
        return refused(case)
    return case


def expired(case: Case) -> Case:
    """1.2: AWS_CREDENTIAL_EXPIRATION is believed, as by botocore; Go does not
    read it."""
    expired_at = case.env.get("AWS_CREDENTIAL_EXPIRATION", "")
    return refused(case) if expired_at.startswith("2015") else case


def home(case: Case) -> Case:
    """1.3: ~ in a file's name is the home directory, as in botocore."""
    return with_env(case, {n: re.sub("^~/", "@HOME@/", v)
                           for n, v in case.env.items()})


def no_quotes(case: Case) -> Case:
    """1.3: quotes around a value stay, as in botocore; Go takes the first and
    the last one off, which leaves the halves of two quoted words."""
    return replace(case, config=case.config and
                   case.config.replace('"', ""))


def profile_must_be_there(case: Case) -> Case:
    """1.3: a profile that is asked for must be there; Go has said so since
    2023, of AWS_PROFILE only."""
    name = case.env.get("AWS_PROFILE") or case.env.get("AWS_DEFAULT_PROFILE")
    text = f"{case.config}{case.credentials}"
    there = not name or re.search(rf'\[\s*(profile\s)?\W*{name}\W*\]', text)
    return case if there else refused(case)


def files_that_are_not_needed(case: Case) -> Case:
    """1.1: what is wrong in a file that decides nothing is not looked for;
    Go reads all of it first, and fails."""
    env = case.env
    keys_there = (env.get("AWS_ACCESS_KEY_ID") or env.get(
        "AWS_ACCESS_KEY")) and (env.get("AWS_SECRET_ACCESS_KEY")
                                or env.get("AWS_SECRET_KEY"))
    if not keys_there and not env.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return case
    return replace(case, config=None, credentials=None, env={
        n: v for n, v in env.items() if "PROFILE" not in n})


def half_a_key(case: Case) -> Case:
    """1.3: half a pair of keys in a file is an error where it is looked at,
    in either file; in Go only in the credentials file, but there always."""
    own, mark, rest = (case.config or "").partition("[profile other]")
    kept, base, more = (case.credentials or "").partition("[base]")
    if re.search(r"(?mi)^source_profile", own + kept):
        if len(PAIR.findall(kept)) == 1:
            kept = PAIR.sub("", kept)
        if len(PAIR.findall(own)) == 1:
            own = PAIR.sub("", own)
        return replace(case, config=case.config and own + mark + rest,
                       credentials=case.credentials and kept + base + more)
    lone = case.has("half a key in config") and case.config and \
        "aws_access" not in kept and "aws_secret" not in own.lower()
    return refused(case) if lone else case


def tab(case: Case) -> Case:
    """0.7: any blank divides the words of a section's name, as in botocore;
    in Go it is one blank."""
    return replace(case, config=case.config and
                   case.config.replace("[profile\t", "[profile "))


def any_agent(case: Case) -> Case:
    """1.4: EcsContainer is the agent of either variable; this SDK of 2022
    knows AWS_CONTAINER_CREDENTIALS_RELATIVE_URI only."""
    if not case.has("role of EcsContainer") or not case.has("container") or \
            case.has("bad container"):
        return case
    env = dict(case.env)
    del env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    return with_env(case, env | {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@ECS@"})


def start_url_alone(case: Case) -> Case:
    """1.6: a start URL without account and role is not yet single sign-on,
    as in botocore; Go misses the rest."""
    if not case.has("sso start url only") or not case.config:
        return case
    own, mark, rest = case.config.partition("[profile other]")
    if "sso_account_id" in f"{own}{case.credentials}".lower():
        return case
    return replace(case, config=re.sub(r"(?mi)^sso_.*\n", "", own)
                   + mark + rest)


def role_alone(case: Case) -> Case:
    """1.4: role_arn without a source is an error, as in botocore; Go takes it
    with the identity of the container or the machine."""
    text = (case.config or "").partition("[profile other]")[0] + \
        (case.credentials or "").partition("[base]")[0]
    alone = re.search("(?mi)^role_arn", text) and not re.search(
        "(?mi)^(source_profile|credential_|aws_access|sso_|login|web_)", text)
    return refused(case) if alone else case


def session(case: Case) -> Case:
    """1.6: sso_session is read, which this helper's SDK of 2022 does not know
    yet; Go has read it since that December."""
    if not case.has("sso session") or not case.config:
        return case
    return replace(case, config=re.sub(
        r"(?mi)^sso_session.*\n", SSO_LEGACY, case.config))


def login_go(case: Case) -> Case:
    """1.7: login_session is read, which this SDK is too old for; so it finds
    a program here, the next one in its order."""
    if not LOGIN_LINE.search(case.config or ""):
        return case
    process = r"(?mi)^credential_process.*\n"
    own, mark, rest = case.config.partition("[profile other]")
    if re.search("(?i)_source|source_|web_identity", own):
        return replace(case, config=LOGIN_LINE.sub("", case.config))
    own = LOGIN_LINE.sub(RUN.format("LOGIN.json"), re.sub(process, "", own))
    return replace(case, config=own + mark + rest, credentials=re.sub(
        process, "", case.credentials or ""))


CLI: list[Rule] = [
    one_token, empty_is_unset, profile_first, lenient,
    prefixed_default, no_time, no_line_end, lone_secret, login]
GO: list[Rule] = [
    lenient, tab, old_token, no_line_end, lone_id, expired, home,
    no_quotes, profile_must_be_there, files_that_are_not_needed, half_a_key,
    role_alone, session, login_go, start_url_alone,
    any_agent]
