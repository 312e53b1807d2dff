"""Signing keys, two at a time, and a token's reference to the one that signed it."""

import base64
import hashlib
import hmac
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import jwt
import pytest

from deploy.installation import keys as secrets
from gateway.admission.session import read_token
from shared.errors import Refusal
from shared.identity import jwt_keys
from shared.identity.jwt_keys import decode, encode, keys_in
from shared.identity.tokens import Identity, TokenTarget, sign, verify

OLD, NEW, OTHER = "0d" * 32, "4e" * 32, "07" * 32
TARGET = TokenTarget("catalog", "GET", "/series")
NOBODY = Identity("anonymous", "192.0.2.1")


def claims() -> dict[str, Any]:
    return {"iss": "users", "aud": "gateway", "sub": "7", "sid": "abc", "exp": int(time.time()) + 60}


def by_hand(secret: str, **header: Any) -> str:
    """Return a validly signed cookie with a header that the library would refuse to write."""
    parts = ({"alg": "HS256", "typ": "refresh"} | header, claims())
    text = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_the_first_key_signs_and_both_are_believed() -> None:
    old, new = encode("refresh", claims(), OLD), encode("refresh", claims(), f"{NEW},{OLD}")
    assert jwt.decode(new, NEW, algorithms=["HS256"], audience="gateway")
    for setting in (f"{NEW},{OLD}", f"{OLD},{NEW}"):
        assert read_token(old, setting)
        assert read_token(new, setting)
    assert read_token(new, NEW)
    assert read_token(old, NEW) is None
    assert read_token(old, f"{NEW},{OTHER}") is None


def test_a_token_names_its_key_without_giving_it_away() -> None:
    kid = jwt.get_unverified_header(encode("refresh", claims(), NEW))["kid"]
    assert kid == keys_in(NEW)[0].id != keys_in(OLD)[0].id
    assert kid not in NEW


@pytest.mark.parametrize(
    "kid",
    [
        keys_in(OLD)[0].id,
        keys_in(OTHER)[0].id,
        keys_in(NEW)[0].id.upper(),
        keys_in(NEW)[0].id + "\x00",
        "",
        "0",
        "../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "http://127.0.0.1/keys",
        "' UNION SELECT 'key",
        "$(id)",
        NEW,
        f"{NEW},{OLD}",
        0,
        None,
        True,
        [],
        [keys_in(NEW)[0].id],
        {"id": keys_in(NEW)[0].id},
    ],
    ids=repr,
)
def test_a_kid_that_is_not_the_signing_keys_is_refused(kid: Any) -> None:
    for setting in (NEW, f"{NEW},{OLD}", f"{OLD},{NEW}"):
        assert read_token(by_hand(NEW), setting)
        assert read_token(by_hand(NEW, kid=keys_in(NEW)[0].id), setting)
        assert read_token(by_hand(NEW, kid=kid), setting) is None


def test_one_program_rotates_before_the_other() -> None:
    """At each step of a rotation, other programs are a step behind."""
    steps = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}")
    for signer, verifier in [*zip(steps, steps, strict=True), *pairwise(steps)]:
        for one, another in ((signer, verifier), (verifier, signer)):
            token = sign(NOBODY, TARGET, issuer="gateway", key=one)
            assert verify(token, TARGET, issuer="gateway", keys={"gateway": another}) == NOBODY


def test_an_identity_under_a_dropped_key_is_refused() -> None:
    token = sign(NOBODY, TARGET, issuer="gateway", key=OLD)
    with pytest.raises(Refusal, match="401"):
        verify(token, TARGET, issuer="gateway", keys={"gateway": f"{OTHER},{NEW}"})


def test_one_kind_of_token_is_not_another() -> None:
    token = encode("access", claims(), NEW)
    with pytest.raises(jwt.InvalidTokenError):
        decode("refresh", token, NEW, audience="gateway", issuer="users", require=["exp"])


def test_each_key_is_checked_once_without_changing_the_library() -> None:
    """PyJWT's own HS256 stays as it is; tokens are signed and verified with the algorithm that caches keys."""
    assert type(jwt.get_algorithm_by_name("HS256")) is jwt.algorithms.HMACAlgorithm
    secret = "5a" * 32
    prepare = jwt_keys._Hmac.prepare_key
    before = prepare.cache_info()
    token = encode("refresh", claims(), secret)
    for _ in range(2):
        decode("refresh", token, secret, audience="gateway", issuer="users", require=["exp"])
    after = prepare.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)


def test_a_stacks_keys_follow_each_other(tmp_path: Path) -> None:
    kept = tmp_path / "secrets"
    first = secrets.load(kept)
    offered = secrets.offer(kept)
    promoted = secrets.promote(kept)
    assert secrets.load(kept) == promoted
    for name in secrets.SIGNING:
        old, new = offered.by_name[name].split(",")
        assert old == first.by_name[name] != new
        assert promoted.by_name[name] == f"{new},{old}"
    for login in secrets.LOGINS:
        assert promoted.database_password(login) == first.database_password(login)
    again = secrets.offer(kept)
    assert again.session.split(",")[0] == promoted.session.split(",")[0]
    assert first.session not in again.session
