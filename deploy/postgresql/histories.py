"""The database's schemas: one history each, in ``<service>/migrations/versions``.

Each revision is a transaction of its own. Forward only: a mistake is mended by the next revision.
"""

from contextlib import closing

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from deploy.installation.configuration import ROOT
from deploy.postgresql.bootstrap import reason
from deploy.problem import Problem

HISTORIES = {"media": "media-service", "catalog": "catalog-service", "users": "user-service"}
"""Schema -> folder, in the order that foreign keys across schemas need."""

_TURN = "SELECT pg_advisory_lock(hashtext('bunko migrations'))"
_WAITING = "-c lock_timeout=120s"
"""Whoever migrates at the same time is waited for."""
_MIGRATING = "-c lock_timeout=5s -c statement_timeout=300s"
"""A migration that waits for a lock makes everybody behind it wait: better that it fails and is run again."""


def migrate(owner_url: str) -> None:
    """Run every revision that the database has not seen; a Problem when one fails, which then has not happened."""
    try:
        with closing(_connect(owner_url, _WAITING)) as guard:
            guard.execute(text(_TURN))
            for schema, folder in HISTORIES.items():
                with closing(_connect(owner_url, _MIGRATING)) as connection:
                    _upgrade(connection, schema, folder)
    except DBAPIError as error:
        raise Problem(
            f"A migration failed and was undone ({reason(error.orig or error)}): mend what it names, run make migrate."
        ) from None


def _connect(owner_url: str, options: str) -> Connection:
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
