"""Prepares a database before its schemas are migrated: version, roles, passwords and privileges."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Identifier, Literal
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from deploy.installation.keys import Keys
from deploy.user_error import UserError

PROGRAMS = ("catalog", "media", "users", "gateway")
"""The programs that connect to the database, each with its own role."""

LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
}
"""Limits of every program's role, set on the server. Connections set stricter ones."""

OLDEST = 15
_LONGEST_DATABASE_NAME = 63 - len("_catalog")
"""Bytes. PostgreSQL truncates names to 63; the longest role is called after the database and ``_catalog``."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """URLs of the database: the owner's and, by name, each program's."""

    owner: str
    of_program: dict[str, str]


def addresses(owner_url: str, keys: Keys) -> Addresses:
    """Return all URLs of the database at ``owner_url``; raises ``UserError`` if that is not a usable URL."""
    owner = _parsed(owner_url)
    return Addresses(
        owner=owner.render_as_string(hide_password=False),
        of_program={
            program: owner.set(
                username=role(owner, program), password=keys.database_password(program)
            ).render_as_string(hide_password=False)
            for program in PROGRAMS
        },
    )


def role(database: URL, program: str) -> str:
    """Return the name of a program's role."""
    return f"{database.database}_{program}"


def create_database(server_url: str, name: str) -> None:
    """Create the database ``name`` on the server unless it exists."""
    connection = _connect(server_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    finally:
        connection.close()


def prepare(owner_url: str, keys: Keys) -> None:
    """Create or update the role of each program, and revoke the privileges of all other roles.

    Idempotent. Raises ``UserError`` if the database cannot be reached or is too old, or if its owner may not create
    roles.
    """
    url = _parsed(owner_url)
    connection = _connect(owner_url)
    try:
        with connection, connection.cursor() as cursor:
            if connection.server_version < OLDEST * 10_000:
                raise UserError(
                    f"The PostgreSQL at {_shown(url)} is version {connection.server_version // 10_000}",
                    f"Bunko needs {OLDEST} or newer, so set DATABASE_URL to another server or leave it out.",
                )
            _set_up_roles(cursor, url, keys)
    except psycopg2.Error as error:
        raise UserError(
            f"Cannot set up the roles of {_shown(url)} ({reason(error)})",
            "the user in DATABASE_URL must own the database and be allowed to create roles.",
        ) from None
    finally:
        connection.close()


def _set_up_roles(cursor: Any, url: URL, keys: Keys) -> None:
    database = Identifier(str(url.database))
    # Roles are shared by all databases of a server, and concurrent changes of one role fail.
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bunko roles'))")
    for program in PROGRAMS:
        name = role(url, program)
        # Hashed on the client, so that no password appears in a statement or in the server's log.
        password = encrypt_password(keys.database_password(program), name, cursor.connection, "scram-sha-256")
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
        verb = SQL("CREATE" if cursor.fetchone() is None else "ALTER")
        cursor.execute(SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, Identifier(name), Literal(password)))
        for limit, value in LIMITS.items():
            setting = SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}")
            cursor.execute(setting.format(Identifier(name), database, Identifier(limit), Literal(value)))
    roles = SQL(", ").join(Identifier(role(url, program)) for program in PROGRAMS)
    cursor.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    cursor.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, roles))
    cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
        url = url.set(drivername="postgresql" if url.drivername == "postgres" else url.drivername)
        urlsplit(text)
    except (ArgumentError, ValueError):
        raise UserError(
            "DATABASE_URL is not the URL of a database",
            "write it as postgresql://user:password@host:5432/database.",
        ) from None
    if url.drivername not in {"postgresql", "postgresql+psycopg2"}:
        raise UserError(
            f"DATABASE_URL begins with {url.drivername}://, but Bunko needs PostgreSQL",
            "write it as postgresql://user:password@host:5432/database.",
        )
    if not url.database:
        raise UserError("DATABASE_URL names no database", f"add its name, as in {_shown(url)}/bunko.")
    if len(url.database.encode()) > _LONGEST_DATABASE_NAME:
        raise UserError(
            f"The database's name in DATABASE_URL is longer than {_LONGEST_DATABASE_NAME} bytes",
            "shorten it.",
        )
    return url.set(drivername="postgresql")


def _connect(owner_url: str) -> Connection:
    url = _parsed(owner_url)
    try:
        options = {"connect_timeout": 5} | (
            {} if "options" in url.query else {"options": "-c statement_timeout=30s"}
        )
        return psycopg2.connect(url.render_as_string(hide_password=False), **options)  # type: ignore[call-overload,no-any-return]
    except (psycopg2.Error, UnicodeError) as error:
        raise UserError(
            f"Cannot reach the database at {_shown(url)} ({reason(error)})", "check DATABASE_URL."
        ) from None


def reason(error: Exception) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _shown(url: URL) -> str:
    return url.set(password=None).render_as_string()
