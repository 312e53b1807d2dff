"""Tokens and the keys that sign them: two keys at a time, so that one can follow the other without a logout.

A setting that holds a key may hold two, separated by a comma: the first signs, both verify. A token says in ``kid``
which one signed it. That is held against the key that verified it, and chooses none: nothing that a token says of
itself leads anywhere.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import jwt
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_decode

_LONGEST = 8190
# The last of 43 letters carries four bits; a reader that ignores the rest takes four spellings for one.
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class _Hmac(HMACAlgorithm):
    """HS256 that examines each key once: to look for a PEM or a JWK in it takes as long as to sign."""

    @lru_cache  # noqa: B019  # one instance, a handful of keys
    def prepare_key(self, key: str | bytes) -> bytes:
        return super().prepare_key(key)


jwt.unregister_algorithm("HS256")
jwt.register_algorithm("HS256", _Hmac(HMACAlgorithm.SHA256))


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and the id under which tokens name it."""

    id: str
    secret: str


@lru_cache(maxsize=32)
def keys_in(setting: str) -> Sequence[Key]:
    """Return the keys that a setting holds, the one that signs first."""
    return tuple(Key(_id(secret), secret) for secret in setting.split(","))


def _id(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def encode(kind: str, claims: Mapping[str, Any], setting: str) -> str:
    """Return a JWT of ``typ`` ``kind``, signed (HS256) with the first key of ``setting``."""
    key = keys_in(setting)[0]
    return jwt.encode(dict(claims), key.secret, algorithm="HS256", headers={"typ": kind, "kid": key.id})


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
    """Return the claims of a JWT that ``encode`` made with a key of ``setting``, unexpired and for ``audience``.

    Raises ``jwt.InvalidTokenError`` for any other, and ``OverflowError`` for times that no clock shows. A token without
    ``kid`` is from before keys had ids.
    """
    if not _is_plain(token):
        raise jwt.DecodeError("not spelled as a token of ours")
    for key in keys_in(setting):
        try:
            decoded = jwt.decode_complete(
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
            raise jwt.InvalidTokenError("of another kind or key than it is signed with")
        claims: Mapping[str, Any] = decoded["payload"]
        return claims
    raise jwt.InvalidSignatureError("signed with no key of ours")


def _is_plain(token: str) -> bool:
    """Whether a token is spelled as ours are, and so can be read in one way only.

    Looked at before any signature: no other base64, no name said twice, no number that is none, nothing nested so
    deep that reading it fails.
    """
    if len(token) > _LONGEST or not _SPELLING.fullmatch(token):
        return False
    try:
        for part in token.split(".")[:2]:
            json.loads(base64url_decode(part), object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    return True


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is said twice")
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(constant)
