"""The limit on wrong passwords: at logins, and where somebody signed in has to give theirs again."""

from sqlalchemy import Connection

from users.configuration import configured
from users.rules import limits
from users.store import attempts


def check(db: Connection, bucket: str) -> None:
    """Refuse (429) when ``bucket`` is full already: before a password is looked at, which is slow."""
    if configured().rate_limits:
        attempts.check(db, bucket, limits.FAILED_LOGINS)


def settle(db: Connection, bucket: str, *, right: bool) -> None:
    """Count a password that was not ``right``; refuse (429) to say what it was when the bucket is full.

    Checks again, one attempt after the other: of any number at once that all passed the first check, no more learn
    that their password was wrong, or right, than the limit allows.
    """
    if not configured().rate_limits:
        return
    attempts.hold(db, bucket)
    attempts.check(db, bucket, limits.FAILED_LOGINS)
    if not right:
        attempts.add(db, bucket, limits.FAILED_LOGINS)
