"""Makes the first administrator: ``python -m users.administrator``.

Reads ``ADMIN_USERNAME``, ``ADMIN_PASSWORD`` and ``DATABASE_URL`` from the environment. Prints ``created`` or,
where there is an administrator already, ``exists``; a name or password that will not
do ends it with a sentence and a status that is not 0.
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
    """Make the administrator that the environment names, unless there is one."""
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
    """Make an administrator if there is none; returns ``created`` or ``exists``.

    Where there is one, nothing is made, whatever its name: a renamed administrator is not joined by another. A
    user of that name is never promoted: anybody may have registered it.
    """
    administration.lock_administrators(db)
    if administration.administrators(db):
        return "exists"
    if accounts.credentials(db, username) is not None:
        raise settings.Unusable(
            f"There is a user {username!r} who is no administrator; choose another ADMIN_USERNAME."
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
