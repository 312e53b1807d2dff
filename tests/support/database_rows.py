"""The rows, grants and sequences of a database, for comparison."""

import hashlib
from contextlib import closing
from typing import Any

import psycopg2

GRANTS = """
    SELECT grantee, table_schema, table_name, privilege_type, '' FROM information_schema.role_table_grants
    WHERE table_schema IN ('catalog', 'media', 'users')
    UNION ALL SELECT grantee, table_schema, table_name, privilege_type, column_name
    FROM information_schema.role_column_grants WHERE table_schema IN ('catalog', 'media', 'users')
    UNION ALL SELECT grantee, routine_schema, specific_name, privilege_type, '' FROM
    (SELECT grantee, routine_schema, routine_name AS specific_name, privilege_type
     FROM information_schema.role_routine_grants) AS routines
    WHERE routine_schema IN ('catalog', 'media', 'users')
    UNION ALL SELECT rolname, setconfig::text, rolcanlogin::text, rolsuper::text, ''
    FROM pg_roles LEFT JOIN pg_db_role_setting ON setrole = pg_roles.oid WHERE rolname LIKE 'bunko%%'
    ORDER BY 1, 2, 3, 4, 5
"""
"""Every grant on tables, columns and functions, and every role with its settings."""


def asked(database: str, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def done_to(server: str, statement: str) -> None:
    """Run a statement outside a transaction."""
    with closing(psycopg2.connect(server)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)


def rows_of(database: str) -> dict[str, str]:
    """Return a hash of the rows of each table and the last value of each sequence, by name."""
    tables = asked(
        database,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('catalog', 'media', 'users')",
    )
    found = {
        name: hashlib.sha256(
            "\n".join(row[0] for row in asked(database, f"SELECT t::text FROM {name} t ORDER BY 1")).encode()
        ).hexdigest()
        for (name,) in tables
    }
    return found | {
        f"sequence {name}": str(value)
        for name, value in asked(
            database, "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences"
        )
    }
