"""Signs and verifies JWTs. Two keys can be valid at a time, so that a key is replaced without a logout.

A setting holds one key or two, separated by a comma: the first signs, both verify. ``kid`` names the key that signed a
token. It is checked against the key that verified the token; it never selects a key.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_decode

from shared import strict_json

_MAX_LENGTH = 8190
# The last of 43 base64 letters carries four bits. A decoder that ignores the other two accepts four spellings.
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class _Hmac(HMACAlgorithm):
    """HS256 that checks each key once: PyJWT's check for PEM and JWK takes as long as signing."""

    @lru_cache  # noqa: B019  # one instance, a handful of keys
    def prepare_key(self, key: str | bytes) -> bytes:
        return super().prepare_key(key)


class _Jwt(jwt.PyJWT):
    """A ``PyJWT`` whose only algorithm is ``_Hmac``. PyJWT's global algorithms remain unchanged."""

    def __init__(self) -> None:
        super().__init__()
        # PyJWT has no parameter for its JWS. Without this attribute it would use the algorithms of the library.
        self._jws = jwt.PyJWS(algorithms=[])
        self._jws.register_algorithm("HS256", _Hmac(HMACAlgorithm.SHA256))


_jwt = _Jwt()


@dataclass(frozen=True, slots=True)
class Key:
    """A signing secret and its id, which tokens carry as ``kid``."""

    id: str
    secret: str


@lru_cache(maxsize=32)
def keys_in(setting: str) -> Sequence[Key]:
    """Return the keys in a setting; the first one signs."""
    return tuple(Key(_id(secret), secret) for secret in setting.split(","))


def _id(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def encode(kind: str, claims: Mapping[str, Any], setting: str) -> str:
    """Return a JWT of ``typ`` ``kind``, signed (HS256) with the first key of ``setting``."""
    key = keys_in(setting)[0]
    return _jwt.encode(dict(claims), key.secret, algorithm="HS256", headers={"typ": kind, "kid": key.id})


def decode(
    kind: str,
    token: str,
    setting: str,
    *,
    audience: str,
    issuer: str,
    require: Sequence[str],
    leeway: int = 0,
) -> Mapping[str, Any]:
    """Verify a JWT and return its claims.

    The token must be signed with a key of ``setting``, unexpired, of ``typ`` ``kind``, and for ``audience`` and
    ``issuer``. Raises ``jwt.InvalidTokenError`` for any other, and ``OverflowError`` for times out of range. Tokens
    without ``kid`` are accepted: they were issued before keys had ids.
    """
    if not _is_plain(token):
        raise jwt.DecodeError("not in the canonical form of a token")
    for key in keys_in(setting):
        try:
            decoded = _jwt.decode_complete(
                token,
                key.secret,
                algorithms=["HS256"],
                audience=audience,
                issuer=issuer,
                leeway=leeway,
                options={"require": list(require), "strict_aud": True},
            )
        except jwt.InvalidSignatureError:
            continue
        header = decoded["header"]
        if header.get("typ") != kind or header.get("kid", key.id) != key.id:
            raise jwt.InvalidTokenError("its typ or kid does not match")
        claims: Mapping[str, Any] = decoded["payload"]
        return claims
    raise jwt.InvalidSignatureError("not signed with a known key")


def _is_plain(token: str) -> bool:
    """Return whether a token is in the canonical form that ``encode`` produces, so that all parsers read the same.

    Rejected before the signature is checked: other base64 spellings, duplicate names, ``NaN`` and ``Infinity``, and
    JSON nested so deep that parsing fails.
    """
    if len(token) > _MAX_LENGTH or not _SPELLING.fullmatch(token):
        return False
    try:
        for part in token.split(".")[:2]:
            strict_json.loads(base64url_decode(part), unique_names=True)
    except (ValueError, RecursionError):
        return False
    return True
