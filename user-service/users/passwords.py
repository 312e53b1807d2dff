"""Password hashing with argon2id.

Hashing is slow on purpose: call these functions outside database transactions. Each takes a slot of ``hashing``.
"""

import secrets

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from users import hashing

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)

_DUMMY_HASH = _hasher.hash(secrets.token_hex())
"""Verified when the user does not exist, so that the response time does not reveal which names exist."""


def digest(password: str) -> str:
    """Return the argon2id digest of ``password``; refuses (503) when the hashing queue is full."""
    with hashing.slot():
        return _hasher.hash(password)


def stronger(password: str, stored: str) -> str | None:
    """Return a new digest if ``stored`` was made with other parameters than today's, else None."""
    return digest(password) if _hasher.check_needs_rehash(stored) else None


def matches(password: str, stored: str | None) -> bool:
    """Return whether ``password`` matches the digest ``stored``.

    Without a digest the result is False, after the same time as a real comparison.
    """
    try:
        with hashing.slot():
            _hasher.verify(stored or _DUMMY_HASH, password)
    except VerificationError:
        return False
    return stored is not None
