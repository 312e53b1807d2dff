"""The signed token with which one program tells another who is calling.

HS256 with a key that only the two programs hold, good for 15 seconds and for one method and one
path: a captured token opens nothing else. The gateway signs what it found out about the client's
cookie; a service that calls another passes the same person on.
"""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from shared.errors import UNAUTHORIZED
from shared.identity.jwt_keys import decode, encode

HEADER = "Bunko-Identity"
LIFETIME = 15
"""Seconds a token is good for."""
LEEWAY = 5
"""Seconds that the clocks of two programs may differ."""
REJECTED = UNAUTHORIZED.with_headers({HEADER: "distrusted"})
"""The answer to a token that is not believed: its header tells a program of ours that its client is not to blame."""
_TYPE = "identity"
_USER_ID = re.compile(r"[1-9][0-9]{0,15}")
_REQUIRED = ["iss", "aud", "iat", "exp", "m", "p", "state", "adr"]

State = Literal["user", "anonymous", "gone"]
"""``gone``: the cookie is good, its user has been deleted."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, as the gateway found them at this request."""

    id: int
    name: str
    session: str
    permissions: frozenset[str]
    generation: int = 0
    """Which of the session's successive cookies the user came with."""

    def may(self, permission: str) -> bool:
        """Whether the user's roles give ``permission``."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Identity:
    """Who stands behind a request: a caller, nobody, or a user who is no more."""

    state: State
    client_ip: str
    """The client's network address."""
    caller: Caller | None = None

    def may(self, permission: str) -> bool:
        """Whether somebody is signed in whose roles give ``permission``."""
        return self.caller is not None and self.caller.may(permission)


ANONYMOUS: State = "anonymous"


@dataclass(frozen=True, slots=True)
class TokenTarget:
    """The one request that a token is good for."""

    audience: str
    method: str
    path: str
    """As sent, still percent-encoded, without the query."""


def sign(identity: Identity, target: TokenTarget, *, issuer: str, key: str) -> str:
    """Return the token with which ``issuer`` introduces ``identity`` to ``target``."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": target.audience,
        "m": target.method,
        "p": target.path,
        "iat": now,
        "exp": now + LIFETIME,
        "state": identity.state,
        "adr": identity.client_ip,
    }
    if identity.caller is not None:
        caller = identity.caller
        claims |= {
            "sub": str(caller.id),
            "name": caller.name,
            "sid": caller.session,
            "gen": caller.generation,
            "perms": sorted(caller.permissions),
        }
    return encode(_TYPE, claims, key)


def verify(token: str | None, target: TokenTarget, *, issuer: str, keys: Mapping[str, str]) -> Identity:
    """Return whom ``token`` names.

    Raises ``REJECTED``, a 401, for a token that is missing, not signed by ``issuer`` for this
    very target, expired, or of another type.
    """
    key = keys.get(issuer)
    if not token or not key:
        raise REJECTED
    try:
        claims = decode(
            _TYPE, token, key, audience=target.audience, issuer=issuer, require=_REQUIRED, leeway=LEEWAY
        )
        bound = (claims["m"], claims["p"]) == (target.method, target.path)
        short = claims["exp"] - claims["iat"] <= LIFETIME
        if not bound or not short:
            raise REJECTED
        return _identity(claims)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError):
        raise REJECTED from None


def is_rejection(status: int, headers: Iterable[str]) -> bool:
    """Whether an answer, by its status and the names of its ``headers``, says that a token was not believed.

    The token was signed a moment ago: their clocks differ by more than ``LEEWAY``, or they have different keys.
    """
    return status == REJECTED.status and HEADER.lower() in (name.lower() for name in headers)


def _identity(claims: Mapping[str, Any]) -> Identity:
    state, address = claims["state"], claims["adr"]
    if state not in ("user", "anonymous", "gone") or not isinstance(address, str):
        raise ValueError(state)
    if state != "user":
        return Identity(state, address)
    subject, name, session, permissions = (claims[claim] for claim in ("sub", "name", "sid", "perms"))
    generation = claims.get("gen", 0)
    texts = isinstance(name, str) and isinstance(session, str) and "\x00" not in session
    if not texts or not _USER_ID.fullmatch(subject) or type(generation) is not int:
        raise ValueError("no user")
    if not (isinstance(permissions, list) and all(isinstance(permission, str) for permission in permissions)):
        raise ValueError("no permissions")
    return Identity(state, address, Caller(int(subject), name, session, frozenset(permissions), generation))
