"""The identity token is valid for one request between two programs only."""

import time
from typing import Any

import jwt
import pytest

from shared.errors import Refusal
from shared.identity.tokens import Caller, Identity, TokenTarget, sign, verify

KEY, OTHER_KEY = "a" * 64, "b" * 64
TARGET = TokenTarget("catalog", "POST", "/admin-volumes/add-group")
ANA = Identity("user", "203.0.113.9", Caller(7, "ana", "s-1", frozenset({"edit-volumes"})))


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": "gateway",
        "aud": "catalog",
        "m": "POST",
        "p": "/admin-volumes/add-group",
        "iat": now,
        "exp": now + 15,
        "state": "user",
        "adr": "203.0.113.9",
        "sub": "7",
        "name": "ana",
        "sid": "s-1",
        "perms": ["edit-volumes"],
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def _read(token: str | None, target: TokenTarget = TARGET) -> Identity:
    return verify(token, target, issuer="gateway", keys={"gateway": KEY, "files": OTHER_KEY})


def test_what_was_signed_is_read() -> None:
    assert _read(sign(ANA, TARGET, issuer="gateway", key=KEY)) == ANA


def test_a_token_made_by_hand_is_read() -> None:
    """The tokens below are refused for their one change, and not for being hand-made."""
    assert _read(jwt.encode(_claims(), KEY, headers={"typ": "identity"})) == ANA


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "files"},
        {"aud": "media"},
        {"aud": ["catalog", "media"]},
        {"m": "GET"},
        {"p": "/admin-volumes/add-volume"},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"exp": None},
        {"iat": None},
        {"state": None},
        {"state": "admin"},
        {"sub": None},
        {"sub": "seven"},
        {"perms": None},
        {"perms": 5},
    ],
)
def test_a_changed_claim_is_refused(change: dict[str, Any]) -> None:
    token = jwt.encode(_claims(**change), KEY, headers={"typ": "identity"})
    with pytest.raises(Refusal, match="401"):
        _read(token)


@pytest.mark.parametrize(
    ("key", "algorithm", "header"),
    [
        (OTHER_KEY, "HS256", {"typ": "identity"}),
        (KEY, "HS512", {"typ": "identity"}),
        (None, "none", {"typ": "identity"}),
        (KEY, "HS256", {"typ": "refresh"}),
        (KEY, "HS256", {}),
        (KEY, "HS256", {"typ": "identity", "crit": ["x"]}),
    ],
)
def test_another_key_algorithm_or_type_is_refused(key: Any, algorithm: str, header: dict[str, Any]) -> None:
    token = jwt.encode(_claims(), key, algorithm=algorithm, headers=header)
    with pytest.raises(Refusal, match="401"):
        _read(token)


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "\N{SNOWMAN}", "e30.e30."])
def test_no_token_is_refused(token: str | None) -> None:
    with pytest.raises(Refusal, match="401"):
        _read(token)
