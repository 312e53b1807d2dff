"""Passwords as argon2id digests. Slow on purpose: never within a database transaction, and in a slot of ``hashing``."""

import secrets

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from users import hashing

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)

_DUMMY_HASH = _hasher.hash(secrets.token_hex())
"""Verified in place of the digest of a user who does not exist, so that both take equally long."""


def digest(password: str) -> str:
    """Return what is stored of ``password``."""
    with hashing.slot():
        return _hasher.hash(password)


def stronger(password: str, stored: str) -> str | None:
    """Return the digest that replaces ``stored``, None where that was made as digests are made now."""
    return digest(password) if _hasher.check_needs_rehash(stored) else None


def matches(password: str, stored: str | None) -> bool:
    """Whether ``password`` is the one ``stored``; never where nothing is, and not any sooner then."""
    try:
        with hashing.slot():
            _hasher.verify(stored or _DUMMY_HASH, password)
    except VerificationError:
        return False
    return stored is not None
