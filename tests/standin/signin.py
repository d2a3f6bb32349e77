"""The sign-in service of `aws login`: name, text = aws.signin.cached(ARN) is a
file for ~/.aws/login/cache, good for 15 minutes (life= says otherwise);
aws.signin.refuse = "TOKEN_EXPIRED" and the like; aws.signin.proofs lists the
claims of every DPoP proof, all of them verified."""
from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import \
    encode_dss_signature

from .answers import json_answer, refusal, utc
from .keys import ACCOUNT, Keys
from .server import Answer, Request

LOGIN = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/admin"
SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
REFRESH = "standinLoginRefresh"
SKEW = 300
B64 = re.compile(r"[A-Za-z0-9_-]+")


class Bad(Exception):
    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error, self.text, self.status = error, text, status


@dataclass
class Login:
    """Whom a refresh token is for."""
    arn: str
    client: str
    x: str
    y: str
    account: str


class SignIn:
    """Part of aws.Aws; set the attributes to change what is answered."""

    def __init__(self, keys: Keys, now) -> None:
        self.keys, self.now = keys, now
        self.life_s: float = 900
        self.rotate = True
        self.refuse = ""        # an error code for whoever comes
        self.logins: dict[str, Login] = {}      # by refresh token
        self.proofs: list[dict] = []
        self._serial = itertools.count(1)

    # For tests.

    def cached(self, login: str = LOGIN, *, life: float = 900,
               client: str = SAME_DEVICE, account: str = ACCOUNT,
               key: ec.EllipticCurvePrivateKey | None = None
               ) -> tuple[str, str]:
        """Name and content of the cache file of a login."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_numbers()
        whom = Login(login, client, _coordinate(public.x),
                     _coordinate(public.y), account)
        access = self._issue(whom, life)
        body = {
            "accessToken": access | {"accountId": account,
                                     "expiresAt": utc(self.now() + life)},
            "tokenType": "aws_sigv4", "clientId": client,
            "refreshToken": self._refresh(whom), "idToken": "e30.e30.e30",
            "dpopKey": key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption()).decode(),
        }
        name = hashlib.sha256(login.strip().encode()).hexdigest()
        return name + ".json", json.dumps(body)

    def _issue(self, whom: Login, life: float) -> dict:
        key = self.keys.issue("LOGIN", f"login {whom.arn}", whom.account,
                              whom.arn, life)
        return {"accessKeyId": key.id, "secretAccessKey": key.secret,
                "sessionToken": key.token}

    def _refresh(self, whom: Login) -> str:
        token = f"{REFRESH}{next(self._serial):05}"
        self.logins[token] = whom
        return token

    def answer(self, request: Request) -> Answer:
        request.action = "signin:CreateOAuth2Token"
        try:
            if request.method != "POST" or "authorization" in \
                    request.headers or not request.headers.get(
                        "content-type", "").startswith("application/json"):
                raise Bad("INVALID_REQUEST", "wants an unsigned POST of JSON")
            return self._token(request, json.loads(request.body))
        except Bad as bad:
            name = "AccessDeniedException" if bad.status == 403 else \
                "ValidationException"
            answer = json_answer({"error": bad.error, "message": bad.text},
                                 status=bad.status)
            answer.headers["x-amzn-ErrorType"] = name
            return refusal(answer, bad.error, bad.text)
        except (ValueError, KeyError, TypeError) as trouble:
            return refusal(json_answer({"error": "INVALID_REQUEST",
                                        "message": repr(trouble)},
                                       status=400),
                           "INVALID_REQUEST", repr(trouble))

    def _token(self, request: Request, body: dict) -> Answer:
        jwk = self._proof(request)
        if set(body) != {"clientId", "grantType", "refreshToken"} or \
                body["grantType"] != "refresh_token":
            raise Bad("INVALID_REQUEST", "members")
        used = body["refreshToken"]
        whom = self.logins.get(used)
        if self.refuse or not whom:
            raise Bad(self.refuse or "TOKEN_EXPIRED",
                      "The refresh token is not valid", 403)
        if (jwk["x"], jwk["y"], body["clientId"]) != \
                (whom.x, whom.y, whom.client):
            raise Bad("TOKEN_EXPIRED", "The proof is of another key", 403)
        fresh = self._refresh(whom) if self.rotate else used
        answer = json_answer({
            "accessToken": self._issue(whom, self.life_s),
            "tokenType": "aws_sigv4", "expiresIn": int(self.life_s),
            "refreshToken": fresh})
        if self.rotate:
            answer.commit = lambda: self.logins.pop(used)
        return answer

    def _proof(self, request: Request) -> dict:
        """RFC 9449, 4.3, for ES256."""
        parts = request.headers.get("dpop", "").split(".")
        if len(parts) != 3 or "dpop" in request.repeated or \
                not all(B64.fullmatch(part) for part in parts):
            raise Bad("INVALID_REQUEST", "the proof is no JWS")
        head, claims = (json.loads(_decode(part)) for part in parts[:2])
        jwk, raw = head["jwk"], _decode(parts[2])
        if (head["typ"], head["alg"], set(head)) != (
                "dpop+jwt", "ES256", {"typ", "alg", "jwk"}) or \
                (jwk["kty"], jwk["crv"], set(jwk)) != (
                    "EC", "P-256", {"kty", "crv", "x", "y"}):
            raise Bad("INVALID_REQUEST", "the proof's header")
        x, y = _decode(jwk["x"]), _decode(jwk["y"])
        if len(x) != 32 or len(y) != 32 or len(raw) != 64:
            raise Bad("INVALID_REQUEST", "a number is not 32 bytes long")
        key = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x, "big"), int.from_bytes(y, "big"),
            ec.SECP256R1()).public_key()
        try:
            key.verify(encode_dss_signature(
                int.from_bytes(raw[:32], "big"),
                int.from_bytes(raw[32:], "big")),
                f"{parts[0]}.{parts[1]}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise Bad("INVALID_REQUEST", "the proof's signature") from None
        self._claims(request, claims)
        return jwk

    def _claims(self, request: Request, claims: dict) -> None:
        scheme = "https" if request.secure else "http"
        url = f"{scheme}://{request.headers['host']}{request.target}"
        if (claims["htm"], claims["htu"], set(claims)) != (
                "POST", url, {"htm", "htu", "iat", "jti"}):
            raise Bad("INVALID_REQUEST", f"the proof is for {claims}")
        if not isinstance(claims["iat"], int) or \
                abs(claims["iat"] - self.now()) > SKEW:
            raise Bad("INVALID_REQUEST", "the proof's time")
        if uuid.UUID(claims["jti"]).version != 4 or \
                any(c["jti"] == claims["jti"] for c in self.proofs):
            raise Bad("INVALID_REQUEST", "the proof was seen before")
        self.proofs.append(claims)


def _coordinate(number: int) -> str:
    return base64.urlsafe_b64encode(
        number.to_bytes(32, "big")).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
