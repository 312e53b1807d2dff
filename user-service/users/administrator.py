"""Creates the first administrator: ``python -m users.administrator``.

Reads ``ADMIN_USERNAME``, ``ADMIN_PASSWORD`` and ``DATABASE_URL`` from the environment. Prints ``created``, or
``exists`` if there is an administrator already. An invalid name or password ends it with a message and a non-zero
status.
"""

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared import settings
from shared.errors import Refusal
from shared.postgres.engine import Database
from users import passwords
from users.refusals import CONSTRAINTS
from users.rules.accounts import check_password, check_username, credential
from users.store import accounts, administration


def main() -> None:
    """Create the administrator named in the environment unless an administrator exists."""
    username, password = _usable_credentials()
    digest = passwords.digest(password)
    url = settings.text("DATABASE_URL")
    try:
        database = Database(url, CONSTRAINTS, connections=1)
        print(database.write(lambda db: make(db, username, digest)))
    except (SQLAlchemyError, ValueError) as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        raise settings.Unusable(f"The database in DATABASE_URL cannot be used: {reason}") from None


def make(db: Connection, username: str, password_hash: str) -> str:
    """Create an administrator if there is none; returns ``created`` or ``exists``.

    An existing administrator counts whatever its name, so renaming it does not create a second one. An ordinary user
    called ``username`` is never promoted, as anyone may have registered that name: raises ``Unusable``.
    """
    administration.lock_administrators(db)
    if administration.administrators(db):
        return "exists"
    if accounts.credentials(db, username) is not None:
        raise settings.Unusable(
            f"The user {username!r} exists and is not an administrator; choose another ADMIN_USERNAME."
        )
    accounts.create(db, username, password_hash, role=administration.ADMINISTRATOR)
    return "created"


def _usable_credentials() -> tuple[str, str]:
    try:
        username, password = (
            credential(settings.text(name)) for name in ("ADMIN_USERNAME", "ADMIN_PASSWORD")
        )
        check_username(username)
        check_password(password)
    except (Refusal, ValueError):
        raise settings.Unusable(
            "ADMIN_USERNAME must be 3 to 31 letters, digits, '_', '-' and '.',"
            " ADMIN_PASSWORD 8 to 255 characters."
        ) from None
    return username, password


if __name__ == "__main__":
    main()
