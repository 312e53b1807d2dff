"""Runs the Alembic migrations of each schema, from ``<service>/migrations/versions``.

Each revision is a transaction of its own. There are no downgrades: a later revision corrects a mistake.
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

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('bunko migrations'))"
_LOCK_SECONDS = 600.0
"""Maximum wait for another process that is migrating."""
_PAUSE_SECONDS = 0.1
_MIGRATING = "-c lock_timeout=5s -c statement_timeout=300s"
"""A migration that waits for a lock blocks all later queries of that table. It fails early instead."""


def migrate(owner_url: str) -> None:
    """Run all pending revisions in order; raises ``UserError`` if one fails, which is then rolled back."""
    try:
        with closing(_connect(owner_url)) as guard:
            _lock(guard)
            for schema, folder in HISTORIES.items():
                with closing(_connect(owner_url, _MIGRATING)) as connection:
                    _upgrade(connection, schema, folder)
    except DBAPIError as error:
        raise UserError(
            f"A migration failed and was rolled back ({reason(error.orig or error)})",
            "fix the cause, then run make migrate.",
        ) from None


def _lock(guard: Connection) -> None:
    """Take the advisory lock of migrations until ``guard`` closes; raises ``UserError`` after ``_LOCK_SECONDS``.

    Polls instead of waiting in the database: a waiting transaction holds a snapshot, and CREATE INDEX CONCURRENTLY
    waits for all snapshots.
    """
    connection = guard.execution_options(isolation_level="AUTOCOMMIT")
    deadline = time.monotonic() + _LOCK_SECONDS
    while not connection.execute(text(_TRY_LOCK)).scalar_one():
        if time.monotonic() > deadline:
            raise UserError(
                f"Another process has been migrating this database for {_LOCK_SECONDS / 60:g} minutes",
                "find out what it waits for.",
            )
        time.sleep(_PAUSE_SECONDS)


def _connect(owner_url: str, options: str = "") -> Connection:
    """Return a connection outside any pool; session locks end when it closes."""
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
