"""Limits on wrong passwords, at logins and when a signed-in user confirms their password."""

from sqlalchemy import Connection

from users.configuration import current_configuration
from users.rules import limits
from users.store import rate_limits


def check(db: Connection, address: str, username: str) -> None:
    """Refuse (429) if a limit has been reached. Call it before the slow comparison of the password."""
    if current_configuration().rate_limits:
        rate_limits.check(db, limits.failed_logins(address, username))


def record(db: Connection, address: str, username: str, *, right: bool) -> None:
    """Count a password that was not ``right``; refuse (429) if a limit has been reached.

    Locks the buckets and checks again, so attempts are judged one after the other: of concurrent attempts that all
    passed ``check``, no more than the limits allow learn whether their password was right. A right password does not
    reset the count.
    """
    if not current_configuration().rate_limits:
        return
    counted = limits.failed_logins(address, username)
    rate_limits.lock_bucket(db, counted)
    rate_limits.check(db, counted)
    if not right:
        rate_limits.add(db, counted)
