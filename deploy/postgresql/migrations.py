"""The database's schemas: one history each, in ``<service>/migrations/versions``.

Each revision is a transaction of its own. Forward only: a mistake is mended by the next revision.
"""

import time
from contextlib import closing

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from deploy.installation.configuration import ROOT
from deploy.postgresql.bootstrap import reason
from deploy.user_error import UserError

HISTORIES = {"media": "media-service", "catalog": "catalog-service", "users": "user-service"}
"""Schema -> folder, in the order that foreign keys across schemas need."""

_TURN = "SELECT pg_try_advisory_lock(hashtext('bunko migrations'))"
_TURN_SECONDS = 600.0
"""How long whoever migrates at the same time is waited for."""
_PAUSE_SECONDS = 0.1
_MIGRATING = "-c lock_timeout=5s -c statement_timeout=300s"
"""A migration that waits for a lock makes everybody behind it wait: better that it fails and is run again."""


def migrate(owner_url: str) -> None:
    """Run every revision that the database has not seen; a Problem when one fails, which then has not happened."""
    try:
        with closing(_connect(owner_url)) as guard:
            _take_turn(guard)
            for schema, folder in HISTORIES.items():
                with closing(_connect(owner_url, _MIGRATING)) as connection:
                    _upgrade(connection, schema, folder)
    except DBAPIError as error:
        raise UserError(
            f"A migration failed and was undone ({reason(error.orig or error)}): mend what it names, run make migrate."
        ) from None


def _take_turn(guard: Connection) -> None:
    """Have the turn to migrate, for as long as the connection lives; a Problem where it does not come.

    It is asked for again and again, not waited for in the database: who waits there keeps an index from being built
    concurrently, as it might still see rows that the index would lack.
    """
    asking = guard.execution_options(isolation_level="AUTOCOMMIT")
    deadline = time.monotonic() + _TURN_SECONDS
    while not asking.execute(text(_TURN)).scalar_one():
        if time.monotonic() > deadline:
            raise UserError(
                "Somebody else has been migrating this database for too long: see what they wait for."
            )
        time.sleep(_PAUSE_SECONDS)


def _connect(owner_url: str, options: str = "") -> Connection:
    """Return a connection of its own; the lock it may take ends with it."""
    url = make_url(owner_url).set(drivername="postgresql+psycopg2")
    return create_engine(
        url, poolclass=NullPool, connect_args={"connect_timeout": 5, "options": options}
    ).connect()


def _upgrade(connection: Connection, schema: str, folder: str) -> None:
    config = Config()
    for option, path in (
        ("script_location", ROOT / "deploy" / "migrations"),
        ("version_locations", ROOT / folder / "migrations" / "versions"),
    ):
        config.set_main_option(option, str(path).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "schema": schema}
    command.upgrade(config, "head")
