"""The limits on wrong passwords: at logins, and where somebody signed in has to give theirs again."""

from sqlalchemy import Connection

from users.configuration import current_configuration
from users.rules import limits
from users.store import rate_limits


def check(db: Connection, address: str, username: str) -> None:
    """Refuse (429) when a limit is reached already: before a password is looked at, which is slow."""
    if current_configuration().rate_limits:
        rate_limits.check(db, limits.failed_logins(address, username))


def record(db: Connection, address: str, username: str, *, right: bool) -> None:
    """Count a password that was not ``right``; refuse (429) to say what it was when a limit is reached.

    Checks again, one attempt after the other: of any number at once that all passed the first check, no more learn
    that their password was wrong, or right, than the limits allow. A right password takes nothing off the count.
    """
    if not current_configuration().rate_limits:
        return
    counted = limits.failed_logins(address, username)
    rate_limits.lock_bucket(db, counted)
    rate_limits.check(db, counted)
    if not right:
        rate_limits.add(db, counted)
