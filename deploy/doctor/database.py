"""Checks of the database: server, clock, schemas, leftovers, roles."""

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2.sql import SQL, Identifier

from deploy.doctor.finding import Finding, Findings
from deploy.installation import keys
from deploy.installation.configuration import ROOT, Configuration
from deploy.postgresql.bootstrap import OLDEST, PROGRAMS, addresses, reason
from deploy.postgresql.migrations import HISTORIES
from deploy.stack import installation
from shared.web.schema_revision import newest

_CLOCKS_APART = 2.0
"""Seconds. Sessions, locks and signed requests (valid for 15 s) depend on the clocks."""
_LEFT_OVER = "1 hour"

_ANSWERS = (
    "SELECT extract(epoch FROM clock_timestamp()), pg_is_in_recovery(), current_setting('server_encoding')"
)


def database(chosen: Configuration, given: Mapping[str, str]) -> Findings:
    """Yield findings about the database; none if Bunko does not run, which ``programs`` reports."""
    address = installation.running_database(given)
    if address is None:
        return
    try:
        with closing(psycopg2.connect(address, connect_timeout=5)) as db:
            db.autocommit = True
            yield from _server(db)
            yield from _schemas(db)
    except (psycopg2.Error, UnicodeError) as error:
        yield Finding(
            f"the database does not answer as it should ({reason(error)})",
            "check that it runs, and check DATABASE_URL.",
        )
        return
    yield from _roles(address, chosen, given)


def _server(db: Any) -> Findings:
    before = time.time()
    ((now, is_replica, encoding),) = _fetch_all(db, _ANSWERS)
    apart = float(now) - (before + time.time()) / 2
    if db.server_version < OLDEST * 10_000:
        yield Finding(
            f"PostgreSQL is {db.server_version // 10_000}", f"Bunko needs {OLDEST} or newer: upgrade it."
        )
    if is_replica:
        yield Finding("the database is a read-only replica", "set DATABASE_URL to the primary.")
    if encoding != "UTF8":
        yield Finding(
            f"the database has the encoding {encoding}",
            "create one with ENCODING 'UTF8' and restore a backup into it.",
        )
    if abs(apart) > _CLOCKS_APART:
        yield Finding(
            f"the database's clock differs from this machine's by {apart:+.1f} s",
            "synchronise both clocks with NTP.",
        )


def _schemas(db: Any) -> Findings:
    for schema in HISTORIES:
        if not _fetch_all(db, "SELECT FROM pg_namespace WHERE nspname = %s", schema):
            yield Finding(f"the schema {schema} is missing", "create it: bunko migrate.")
            continue
        ((at,),) = _fetch_all(
            db, SQL("SELECT max(version_num) FROM {}.alembic_version").format(Identifier(schema))
        )
        wanted = newest(ROOT / HISTORIES[schema] / "migrations" / "versions")
        if (at or "") < wanted:
            yield Finding(
                f"the schema {schema} is at {at}, the code needs {wanted}", "upgrade it: bunko migrate."
            )
        elif at > wanted:
            yield Finding(
                f"the schema {schema} is at {at}, newer than the code's {wanted}",
                "install the newer code: git pull.",
            )
        left = SQL("SELECT count(*) FROM {}.files WHERE state <> 'live' AND since < now() - {}::interval")
        ((count,),) = _fetch_all(db, left.format(Identifier(schema), SQL(f"'{_LEFT_OVER}'")))
        if count:
            yield Finding(
                f"{count} deleted or abandoned pictures of {schema} are older than {_LEFT_OVER}",
                "check that a file node runs and reaches the storage: its log has the errors of the sweeper.",
            )


def _roles(address: str, chosen: Configuration, given: Mapping[str, str]) -> Findings:
    path = installation.keys_path(given, chosen.state)
    if not path.exists():
        yield Finding(
            f"there are no keys at {path}", "restore them from a backup, or create new ones: make up."
        )
        return
    for program in PROGRAMS:
        try:
            own = addresses(address, keys.load(path)).of_program[program]
            with closing(psycopg2.connect(own, connect_timeout=5)) as db:
                schema = program if program in HISTORIES else "users"
                if not _fetch_all(db, "SELECT 1 WHERE has_schema_privilege(%s, 'USAGE')", schema):
                    yield Finding(
                        f"the role of {program} may not use the schema {schema}",
                        "restore its grants from a backup.",
                    )
        except psycopg2.Error as error:
            yield Finding(
                f"{program} cannot sign in to the database ({reason(error)})",
                "restart Bunko (make up, or docker compose up prepare): this sets up roles and passwords.",
            )


def _fetch_all(db: Any, statement: Any, *values: object) -> list[tuple[Any, ...]]:
    with db.cursor() as cursor:
        cursor.execute(statement, values or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
