"""Read-your-writes: the WAL position of a client's last commit, as a header between programs and as a cookie.

A position is a number of bytes in PostgreSQL's write-ahead log; it only grows. A replica answers a client only after it
has replayed the log up to the client's position (``shared.postgres.replica``).
"""

import re
from threading import local

HEADER = "Bunko-Written"
COOKIE = "bunkoWritten"
SECONDS = 60
"""Lifetime of the cookie."""
UNBOUNDED = 2**63 - 1
"""A position that no replica reaches, used if the position of a commit is unknown."""

# The lookbehind comes after the name: a pattern that begins with plain text is searched ten times as fast.
_COOKIE = re.compile(rf"{COOKIE}=(?<![^;,\s]{COOKIE}=)([0-9]{{1,19}})(?![^;,\s])")


class _Current(local):
    committed = 0
    """Position of the current request's last commit, in this program or in one that it called; 0 for none."""


current = _Current()


def read(header: str | None) -> int:
    """Return the position in a request's header, 0 if there is none."""
    return int(header) if header and header.isdecimal() else 0


def record(header: str | None) -> None:
    """Record the position in the response of another program called by this request."""
    if header:
        current.committed = max(current.committed, int(header))


def read_cookie(header: str) -> str | None:
    """Return the position in a ``Cookie`` header, None if there is none."""
    found = _COOKIE.search(header) if COOKIE in header else None
    return found[1] if found else None


def cookie(position: str) -> str:
    """Return the ``Set-Cookie`` value for ``position``. It is not secret and grants nothing."""
    return f"{COOKIE}={position}; Max-Age={SECONDS}; Path=/; HttpOnly; SameSite=Lax"
