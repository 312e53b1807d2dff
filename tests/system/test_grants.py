"""Grants: the statements that each program's role may run on each table, view, function and sequence.

Every statement is sent by the role itself, in a transaction that is rolled back.
"""

from collections.abc import Iterator

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class
from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from deploy.postgresql.bootstrap import LIMITS
from deploy.stack.stack import Stack

ROLES = ("catalog", "media", "users", "gateway")
SCHEMAS = ("catalog", "media", "users")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")

PUBLISHED = {
    "catalog.series_card": {"users"},
    "catalog.volume_card": {"users"},
    "catalog.media_usage": {"media"},
    "media.media_card": {"catalog"},
    "users.active_session": {"gateway"},
    "users.series_rating_summary": {"catalog"},
}
"""View -> the roles of other services that may read it."""

KEPT_BY_TRIGGERS = {
    "catalog.group_keys",
    "catalog.group_docs",
    "catalog.group_entry",
    "catalog.group_list",
    "catalog.trash_list",
    "catalog.volume_entry",
}
"""Derived tables, and the views around them: the service may only read what its triggers write."""

CALLED = {
    "catalog.grams": {"catalog"},
    "catalog.locked_groups": {"catalog"},
    "catalog.locked_volumes": {"catalog"},
    "catalog.series_hidden": {"catalog", "users"},
    "catalog.volume_hidden": {"catalog", "users"},
    "users.count_request": {"gateway"},
    "users.end_session": {"gateway"},
    "users.see_session": {"gateway"},
}
"""Function -> the roles that may call it, by themselves or by a view; all others are for triggers and migrations."""


def allowed(role: str, relation: str, verb: str) -> bool:
    """Return whether the design allows ``role`` to ``verb`` on ``relation``."""
    schema, _, name = relation.partition(".")
    if name == "alembic_version":
        return verb == "SELECT" and schema == role
    if relation in PUBLISHED:
        return verb == "SELECT" and (schema == role or role in PUBLISHED[relation])
    if relation in KEPT_BY_TRIGGERS:
        return verb == "SELECT" and schema == role
    return schema == role and verb != "TRUNCATE"


@pytest.fixture(scope="module")
def relations(stack: Stack) -> dict[str, str]:
    """Return every table and view of the three schemas, with a writable column if it has one."""
    with psycopg2.connect(stack.admin_database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema || '.' || table_name,"
            " coalesce(max(column_name) FILTER (WHERE is_updatable = 'YES'), max(column_name))"
            " FROM information_schema.columns"
            " WHERE table_schema = ANY(%s) AND is_generated = 'NEVER' AND is_identity = 'NO' GROUP BY 1",
            [list(SCHEMAS)],
        )
        return dict(cursor.fetchall())


@pytest.fixture(scope="module")
def calls(stack: Stack) -> dict[str, list[str]]:
    """Return every function and procedure that is not PostgreSQL's own, with harmless calls of it."""
    with psycopg2.connect(stack.admin_database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname || '.' || proname, array_agg(format('%s %I.%I(%s)',"
            " CASE prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, nspname, proname, ("
            "  SELECT string_agg(format('%L::%s', CASE typcategory WHEN 'A' THEN '{}' WHEN 'N' THEN '0'"
            " WHEN 'B' THEN 'false' WHEN 'D' THEN 'now' ELSE '' END,"
            "   argument::regtype), ', ' ORDER BY place)"
            "  FROM unnest(proargtypes) WITH ORDINALITY AS one (argument, place) JOIN pg_type ON pg_type.oid = argument"
            ")))"
            " FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace"
            " WHERE nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1"
        )
        return dict(cursor.fetchall())


@pytest.fixture(scope="module")
def sequences(stack: Stack) -> list[str]:
    """Return every sequence."""
    with psycopg2.connect(stack.admin_database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT schemaname || '.' || sequencename FROM pg_sequences ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def _statement(verb: str, relation: str, column: str) -> Composed:
    shapes = {
        "SELECT": "SELECT {column} FROM {table} LIMIT 0",
        "INSERT": "INSERT INTO {table} ({column}) SELECT NULL WHERE false",
        "UPDATE": "UPDATE {table} SET {column} = NULL WHERE false",
        "DELETE": "DELETE FROM {table} WHERE false",
        "TRUNCATE": "TRUNCATE {table}",
    }
    return SQL(shapes[verb]).format(table=Identifier(*relation.split(".")), column=Identifier(column))


def _may(role: Connection, statement: Composable) -> bool:
    """Return whether the server allows the role to run the statement.

    A statement that no role can run on a view is not allowed; any other failure came after the permission.
    """
    try:
        with role.cursor() as cursor:
            cursor.execute(statement)
    except (
        psycopg2.errors.InsufficientPrivilege,
        psycopg2.errors.ObjectNotInPrerequisiteState,
        psycopg2.errors.WrongObjectType,
    ):
        return False
    except psycopg2.Error:
        return True
    finally:
        role.rollback()
    return True


def _verdicts(role: Connection, relations: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
    for relation, column in sorted(relations.items()):
        for verb in VERBS:
            yield relation, verb, _may(role, _statement(verb, relation, column))


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest, stack: Stack) -> Iterator[tuple[str, Connection]]:
    """A role's name and a connection that it logged in to."""
    connection = psycopg2.connect(stack.database_url(request.param))
    yield request.param, connection
    connection.close()


def test_a_role_may_do_what_the_design_says_and_nothing_else(
    role: tuple[str, Connection], relations: dict[str, str]
) -> None:
    name, connection = role
    assert set(PUBLISHED) | KEPT_BY_TRIGGERS <= set(relations)
    wrong = [
        f"{verb} {relation}: {'may' if may else 'may not'}"
        for relation, verb, may in _verdicts(connection, relations)
        if may != allowed(name, relation, verb)
    ]
    assert wrong == []


def test_a_role_calls_its_own_functions_and_no_other(
    role: tuple[str, Connection], calls: dict[str, list[str]]
) -> None:
    name, connection = role
    assert set(CALLED) < set(calls)
    called = {
        function
        for function, statements in calls.items()
        if any(_may(connection, SQL(statement)) for statement in statements)
    }
    assert called == {function for function, callers in CALLED.items() if name in callers}


def test_a_role_touches_no_sequence(role: tuple[str, Connection], sequences: list[str]) -> None:
    """The tables assign their ids."""
    assert sequences
    for shape in ("SELECT nextval({name})", "SELECT setval({name}, 1)", "SELECT last_value FROM {sequence}"):
        for sequence in sequences:
            statement = SQL(shape).format(name=Literal(sequence), sequence=Identifier(*sequence.split(".")))
            assert not _may(role[1], statement), statement


def test_a_role_has_no_power_beyond_its_tables(role: tuple[str, Connection]) -> None:
    for statement in (
        "CREATE TABLE {schema}.own (id int)",
        "CREATE ROLE intruder",
        "CREATE SCHEMA own",
        "CREATE TEMP TABLE own (id int)",
    ):
        for schema in (*SCHEMAS, "public"):
            assert not _may(role[1], SQL(statement).format(schema=Identifier(schema)))


def test_a_role_is_nobody_special(role: tuple[str, Connection]) -> None:
    with role[1].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin,"
            " EXISTS (SELECT FROM pg_auth_members WHERE member = oid),"
            " (SELECT count(*) FROM pg_database WHERE datdba = oid),"
            " (SELECT count(*) FROM pg_class WHERE relowner = oid)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False, False, True, False, 0, 0)


def test_the_server_bounds_what_a_role_does_without_being_asked_to(role: tuple[str, Connection]) -> None:
    with role[1].cursor() as cursor:
        cursor.execute("SELECT name, setting, source FROM pg_settings WHERE name = ANY(%s)", [list(LIMITS)])
        assert {name: (setting, source) for name, setting, source in cursor.fetchall()} == {
            "statement_timeout": ("10000", "database user"),
            "lock_timeout": ("2000", "database user"),
            "idle_in_transaction_session_timeout": ("30000", "database user"),
        }
