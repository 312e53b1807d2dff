"""A compact fingerprint of a database's contents, to compare two databases."""

from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  # a class
from psycopg2.sql import SQL, Identifier, Literal

from deploy.postgresql.migrations import HISTORIES

Fingerprint = dict[str, Any]


def fingerprint(db: Connection) -> Fingerprint:
    """Return schema revisions, tables and sequences as the transaction of ``db`` sees them.

    A table is represented by its number of rows and the sum of the first 60 bits of each row's MD5. The sum does not
    depend on the order of rows. It detects accidents, not forgery. Sequences are not transactional and may be ahead.
    """
    tables = _fetch_all(
        db,
        SQL("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY({}) ORDER BY 1, 2").format(
            Literal(list(HISTORIES))
        ),
    )
    sequences = SQL(
        "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences"
        " WHERE schemaname = ANY({}) ORDER BY 1"
    ).format(Literal(list(HISTORIES)))
    return {
        "revisions": {
            schema: _fetch_all(
                db, SQL("SELECT version_num FROM {}").format(Identifier(schema, "alembic_version"))
            )[0][0]
            for schema in HISTORIES
        },
        "tables": {f"{schema}.{name}": _table(db, schema, name) for schema, name in tables},
        "sequences": dict(_fetch_all(db, sequences)),
    }


def differences(wanted: Fingerprint, found: Fingerprint) -> list[str]:
    """Return a sentence for each table that differs and each sequence that is behind ``wanted``."""
    tables = [
        f"table {name} holds {found['tables'].get(name)} instead of {wanted['tables'].get(name)}"
        for name in sorted({*wanted["tables"], *found["tables"]})
        if wanted["tables"].get(name) != found["tables"].get(name)
    ]
    sequences = [
        f"sequence {name} is at {found['sequences'].get(name)}, behind {value}"
        for name, value in wanted["sequences"].items()
        if value is not None and (found["sequences"].get(name) or 0) < value
    ]
    return tables + sequences


def _table(db: Connection, schema: str, name: str) -> dict[str, Any]:
    statement = SQL(
        "SELECT count(*), coalesce(sum(('x' || left(md5(entry::text), 15))::bit(60)::bigint), 0)::text"
        " FROM {} AS entry"
    ).format(Identifier(schema, name))
    rows, total = _fetch_all(db, statement)[0]
    return {"rows": rows, "sum": total}


def _fetch_all(db: Connection, statement: Any) -> list[tuple[Any, ...]]:
    with db.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
