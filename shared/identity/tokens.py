"""Identity tokens: one program states to another on whose behalf it calls.

A token is a JWT, signed (HS256) with a key that only the two programs have. It is valid for 15 seconds, one method and
one path, so a captured token is of no use for other requests. The gateway issues it for the user of the session cookie;
a service that calls another service signs the same identity.
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
"""Seconds for which a token is valid."""
LEEWAY = 5
"""Accepted clock difference between two programs, in seconds."""
REJECTED = UNAUTHORIZED.with_headers({HEADER: "distrusted"})
"""Response to an invalid token. The header tells the calling program that its token failed, not the client's login."""
_TYPE = "identity"
_USER_ID = re.compile(r"[1-9][0-9]{0,15}")
_REQUIRED = ["iss", "aud", "iat", "exp", "m", "p", "state", "adr"]

State = Literal["user", "anonymous", "gone"]
"""``gone``: the cookie is valid, but its user has been deleted."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in user of a request, with the permissions at the time of the request."""

    id: int
    name: str
    session: str
    permissions: frozenset[str]
    generation: int = 0
    """Generation of the session cookie: each renewal increments it."""

    def may(self, permission: str) -> bool:
        """Return whether the user's roles grant ``permission``."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Identity:
    """On whose behalf a request is made: a signed-in user, an anonymous client, or a deleted user."""

    state: State
    client_ip: str
    """The client's network address."""
    caller: Caller | None = None

    def may(self, permission: str) -> bool:
        """Return whether a user is signed in whose roles grant ``permission``."""
        return self.caller is not None and self.caller.may(permission)


ANONYMOUS: State = "anonymous"


@dataclass(frozen=True, slots=True)
class TokenTarget:
    """The request that a token is valid for."""

    audience: str
    method: str
    path: str
    """The percent-encoded path as sent, without the query."""


def sign(identity: Identity, target: TokenTarget, *, issuer: str, key: str) -> str:
    """Return the token by which ``issuer`` makes the request ``target`` on behalf of ``identity``."""
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
    """Verify ``token`` and return its identity.

    Raises ``REJECTED``, a 401, if the token is missing, expired, of another type, or not signed by ``issuer`` for
    ``target``.
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
    """Return whether a response, given its status and header names, is ``REJECTED``.

    A token is signed just before it is sent. So the clocks of the two programs differ by more than ``LEEWAY``, or their
    keys differ.
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
