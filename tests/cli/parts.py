"""What an environment and a profile may say about who we are: part -> its
variables, or its lines in config and in credentials. @NAME.id@ and the like
become the key of that name, @ME@ the profile."""
from __future__ import annotations

from program import ACCOUNT, REGION
from standin import sso

LOGIN = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/admin"
SESSION = "my-sso"
# Static keys: name -> session token, if any.
KEYS = {"ENV": "", "ENVSESS": "e", "CONFIG": "", "CREDS": "", "CREDSESS": "c",
        "BASE": "", "OTHER": "", "DEFAULT": "", "PROC": "", "PROCSESS": "p",
        "IMDS": "i", "CONT": "k", "LOGIN": ""}


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def keys(name: str) -> str:
    text = f"aws_access_key_id = @{name}.id@\n" \
        f"aws_secret_access_key = @{name}.secret@\n"
    return text + (f"aws_session_token = @{name}.token@\n"
                   if KEYS[name] else "")


def env_keys(name: str, token: str = "AWS_SESSION_TOKEN") -> dict[str, str]:
    env = {"AWS_ACCESS_KEY_ID": f"@{name}.id@",
           "AWS_SECRET_ACCESS_KEY": f"@{name}.secret@"}
    return env | ({token: f"@{name}.token@"} if KEYS[name] else {})


SSO_LEGACY = f"sso_start_url = {sso.START_URL}\nsso_region = {REGION}\n"
SSO_ROLE = f"sso_account_id = {ACCOUNT}\nsso_role_name = Reader\n"
WEB = f"web_identity_token_file = @HOME@/token\nrole_arn = {role('web')}\n"
RUN = "credential_process = /bin/cat @HOME@/{}\n"

# Part -> what stands in the chosen profile of config, and of credentials.
PROFILE = {
    "keys in config": (keys("CONFIG"), ""),
    "keys in credentials": ("", keys("CREDS")),
    "session in credentials": ("", keys("CREDSESS")),
    "old token in credentials": ("", keys("CREDSESS").replace(
        "aws_session_token", "aws_security_token")),
    "half a key in config": ("aws_access_key_id = @CONFIG.id@\n", ""),
    "half a key in credentials": ("", "aws_access_key_id = @CREDS.id@\n"),
    "only a secret": ("", "aws_secret_access_key = @CREDS.secret@\n"),
    "key in two files": ("aws_secret_access_key = @CREDS.secret@\n",
                         "aws_access_key_id = @CREDS.id@\n"),
    "process": (RUN.format("PROC.json"), ""),
    "process in credentials": ("", RUN.format("PROCSESS.json")),
    "process that fails": ("credential_process = /bin/false\n", ""),
    "process that lies": (RUN.format("bad.json"), ""),
    "process in quotes": (
        'credential_process = "/bin/cat" "@HOME@/PROC.json"\n', ""),
    "sso": (SSO_LEGACY + SSO_ROLE, ""),
    "sso session": (f"sso_session = {SESSION}\n" + SSO_ROLE, ""),
    "sso without a region": (SSO_LEGACY.split("\n")[0] + "\n" + SSO_ROLE, ""),
    "sso without a role": (SSO_LEGACY + SSO_ROLE.split("\n")[0] + "\n", ""),
    "sso without a login": (SSO_LEGACY.replace("/start", "/other")
                            + SSO_ROLE, ""),
    "sso in credentials": ("", SSO_LEGACY + SSO_ROLE),
    "sso start url only": (SSO_LEGACY, ""),
    "login": (f"login_session = {LOGIN}\n", ""),
    "nothing": ("region = eu-west-1\n", ""),
    "nothing in credentials": ("", "region = eu-west-1\n"),
}
# At most one of these.
ROLES = {
    "role of base": (f"role_arn = {role('work')}\nsource_profile = base\n",
                     ""),
    "role of base in credentials": (
        "", f"role_arn = {role('work')}\nsource_profile = base\n"),
    "role of a role": (f"role_arn = {role('work')}\n"
                       "source_profile = middle\n", ""),
    "role of two roles": (f"role_arn = {role('work')}\n"
                          "source_profile = upper\n", ""),
    "role of keys with a role": (f"role_arn = {role('work')}\n"
                                 "source_profile = both\n", ""),
    "role of itself": (f"role_arn = {role('work')}\n"
                       "source_profile = @ME@\n", ""),
    "role of a loop": (f"role_arn = {role('work')}\n"
                       "source_profile = loop\n", ""),
    "role of nobody": (f"role_arn = {role('work')}\n"
                       "source_profile = nobody\n", ""),
    "role of process": (f"role_arn = {role('work')}\n"
                        "source_profile = proc\n", ""),
    "role of sso": (f"role_arn = {role('work')}\nsource_profile = single\n",
                    ""),
    "role of web": (f"role_arn = {role('work')}\nsource_profile = web\n", ""),
    "role of web with keys": (f"role_arn = {role('work')}\n"
                              "source_profile = webkeys\n", ""),
    "role of sso with keys": (f"role_arn = {role('work')}\n"
                              "source_profile = ssokeys\n", ""),
    "role of process with keys": (f"role_arn = {role('work')}\n"
                                  "source_profile = prockeys\n", ""),
    "role of empty": (f"role_arn = {role('work')}\n"
                      "source_profile = empty\n", ""),
    "role of Environment": (f"role_arn = {role('work')}\n"
                            "credential_source = Environment\n", ""),
    "role of Ec2InstanceMetadata": (
        f"role_arn = {role('work')}\n"
        "credential_source = Ec2InstanceMetadata\n", ""),
    "role of EcsContainer": (f"role_arn = {role('work')}\n"
                             "credential_source = EcsContainer\n", ""),
    "role of environment": (f"role_arn = {role('work')}\n"
                            "credential_source = environment\n", ""),
    "role of two sources": (f"role_arn = {role('work')}\nsource_profile = "
                            "base\ncredential_source = Environment\n", ""),
    "role alone": (f"role_arn = {role('work')}\n", ""),
    "source alone": ("source_profile = base\n", ""),
    "role with settings": (
        f"role_arn = {role('work')}\nsource_profile = base\nexternal_id = "
        "ext\nrole_session_name = me\nduration_seconds = 900\n", ""),
    "web": (WEB, ""),
    "web without a role": (WEB.split("\n")[0] + "\n", ""),
    "web without a file": (WEB.replace("/token", "/none"), ""),
}
OTHERS = f"""
[profile base]
region = eu-west-1
[profile middle]
role_arn = {role('middle')}
source_profile = base
[profile upper]
role_arn = {role('upper')}
source_profile = middle
[profile both]
role_arn = {role('both')}
source_profile = base
{keys("OTHER")}
[profile loop]
role_arn = {role('loop')}
source_profile = pool
[profile pool]
role_arn = {role('pool')}
source_profile = loop
[profile proc]
{RUN.format("PROC.json")}
[profile single]
{SSO_LEGACY}{SSO_ROLE}
[profile web]
{WEB}
[profile webkeys]
{WEB}{keys("OTHER")}
[profile ssokeys]
{SSO_LEGACY}{SSO_ROLE}
[profile prockeys]
{RUN.format("PROC.json")}{keys("OTHER")}
[profile empty]
region = eu-west-1
[sso-session {SESSION}]
{SSO_LEGACY}
"""
OTHERS_CREDENTIALS = f"\n[base]\n{keys('BASE')}\n[ssokeys]\n{keys('CREDS')}"

ENVIRONMENT = {
    "no env": {},
    "env keys": env_keys("ENV"),
    "env session": env_keys("ENVSESS"),
    "env old token": env_keys("ENVSESS", "AWS_SECURITY_TOKEN"),
    "env two tokens": env_keys("ENVSESS") | {"AWS_SECURITY_TOKEN": "x"},
    "env id only": {"AWS_ACCESS_KEY_ID": "@ENV.id@"},
    "env secret only": {"AWS_SECRET_ACCESS_KEY": "@ENV.secret@"},
    "env empty": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    "env expires": env_keys("ENVSESS") | {
        "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z"},
    "env expires some time": env_keys("ENVSESS") | {
        "AWS_CREDENTIAL_EXPIRATION": "some time"},
    "env with a line end": {name: value + "\r" for name, value in
                            env_keys("ENV").items()},
    "env in Go's names": {"AWS_ACCESS_KEY": "@ENV.id@",
                          "AWS_SECRET_KEY": "@ENV.secret@"},
    "env expired": env_keys("ENVSESS") | {
        "AWS_CREDENTIAL_EXPIRATION": "2015-01-01T00:00:00Z"},
}
WEB_ENVIRONMENT = {
    "no irsa": {},
    "irsa": {"AWS_WEB_IDENTITY_TOKEN_FILE": "@HOME@/token",
             "AWS_ROLE_ARN": role("irsa")},
    "irsa with a name": {"AWS_WEB_IDENTITY_TOKEN_FILE": "@HOME@/token",
                         "AWS_ROLE_ARN": role("irsa"),
                         "AWS_ROLE_SESSION_NAME": "pod"},
    "irsa without a role": {"AWS_WEB_IDENTITY_TOKEN_FILE": "@HOME@/token"},
    "irsa without a file": {"AWS_WEB_IDENTITY_TOKEN_FILE": "@HOME@/none",
                            "AWS_ROLE_ARN": role("irsa")},
    "irsa role only": {"AWS_ROLE_ARN": role("irsa")},
}
# Which profile: variables, arguments, and the name that the parts go to.
CHOICE = {
    "default": ({}, [], "default"),
    "AWS_PROFILE": ({"AWS_PROFILE": "work"}, [], "work"),
    "AWS_DEFAULT_PROFILE": ({"AWS_DEFAULT_PROFILE": "work"}, [], "work"),
    "two variables": ({"AWS_PROFILE": "work",
                       "AWS_DEFAULT_PROFILE": "other"}, [], "work"),
    "AWS_PROFILE is empty": ({"AWS_PROFILE": ""}, [], "default"),
    "AWS_PROFILE is nobody": ({"AWS_PROFILE": "nobody"}, [], "work"),
    "--profile": ({}, ["--profile", "work"], "work"),
    "--profile before AWS_PROFILE": (
        {"AWS_PROFILE": "other"}, ["--profile", "work"], "work"),
    "--profile is nobody": ({}, ["--profile", "nobody"], "work"),
}


# What is an error whatever else there is, if it is looked at.
FAILING = {
    "AWS_PROFILE is nobody", "--profile is nobody",
    "env id only", "env expired", "irsa without a role",
    "irsa without a file", "half a key in config",
    "half a key in credentials", "only a secret", "process that fails",
    "process that lies", "sso without a region", "sso without a role",
    "sso without a login", "role of a loop", "role of nobody",
    "role of empty", "role of environment", "role of two sources",
    "role alone", "web without a role", "web without a file",
}
FILES = {
    "files elsewhere": "@HOME@/elsewhere/",
    "files at ~": "~/elsewhere/",
}

# Ways to write the same; the last ones only some readers take.
STYLES = {
    "plain": lambda text: text,
    "comments": lambda text: "# first\n" + text.replace(
        "\nrole_arn", "\n; note\n\nrole_arn").replace(
        "\naws_secret", "\n# note\naws_secret"),
    "tight": lambda text: text.replace(" = ", "="),
    "wide": lambda text: text.replace(" = ", "  =\t "),
    "colons": lambda text: text.replace(" = ", " : "),
    "upper case": lambda text: "".join(
        line.partition(" = ")[0].upper() + "".join(line.partition(" = ")[1:])
        if " = " in line else line for line in text.splitlines(True)),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "nested": lambda text: text.replace(
        "]\n", "]\ns3 =\n  max_concurrent_requests = 20\n"
        "  addressing_style = path\n"),
    "quoted names": lambda text: text.replace(
        "[profile work]", '[profile "work"]'),
    "blank ends": lambda text: text.replace("\n", "  \n") + "\n\n",
    "tab in header": lambda text: text.replace("[profile ", "[profile\t"),
    "inline comments": lambda text: text.replace(
        "\nsource_profile = base\n", "\nsource_profile = base # it\n"),
    "twice": lambda text: text + "\n[profile base]\nregion = eu-west-1\n",
    "bom": lambda text: "\ufeff" + text,
    "blank in header": lambda text: text.replace("[profile work]",
                                                 "[ profile work ]"),
    "junk": lambda text: "some words\n" + text,
    "default twice": lambda text: f"[profile default]\n{keys('DEFAULT')}\n"
    + text,
}
