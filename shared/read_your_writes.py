"""How far the database's log was when somebody's last change was committed, on its way to them and back.

A position is a number that only grows. It travels as a header between programs, and as a cookie to the client.
"""

import re
from threading import local

HEADER = "Bunko-Written"
COOKIE = "bunkoWritten"
SECONDS = 60
"""How long a client remembers it."""
UNBOUNDED = 2**63 - 1
"""A position that no replica comes to: what was committed is not known, only that something was."""

# What stands before it is looked at last: a pattern that begins with plain text is searched for ten times as fast.
_COOKIE = re.compile(rf"{COOKIE}=(?<![^;,\s]{COOKIE}=)([0-9]{{1,19}})(?![^;,\s])")


class _Current(local):
    committed = 0
    """What this thread's request has committed, by itself or by another program that it called."""


current = _Current()


def read(header: str | None) -> int:
    """Return the position that a request came with, 0 if with none."""
    return int(header) if header and header.isdecimal() else 0


def record(header: str | None) -> None:
    """Note what another program has committed for this request."""
    if header:
        current.committed = max(current.committed, int(header))


def read_cookie(header: str) -> str | None:
    """Return the position in a ``Cookie`` header, None if there is none."""
    found = _COOKIE.search(header) if COOKIE in header else None
    return found[1] if found else None


def cookie(position: str) -> str:
    """Return the ``Set-Cookie`` header that tells a client; it is no secret, and nothing is decided by it."""
    return f"{COOKIE}={position}; Max-Age={SECONDS}; Path=/; HttpOnly; SameSite=Lax"
