"""Sessions of an older installation get new ids, while old code still starts more."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class

from deploy.installation import keys
from deploy.postgresql import bootstrap, migrations
from deploy.stack.stack import Stack
from tests.support.ledger_fixture import own_database

_BEFORE = "users_0007"
_SESSIONS = 2500
_BEGIN = """
INSERT INTO users.sessions (id, user_id, expires_at, address)
SELECT %s || number, user_id, now() + interval '1 day', '192.0.2.1'
FROM generate_series(1, %s) AS number, (SELECT max(id) AS user_id FROM users.users) AS newest
"""
_NUMBERS = "SELECT array_agg(number ORDER BY number) FROM users.sessions WHERE id LIKE %s"
_ACTIVE = "SELECT count(*) FROM users.active_session WHERE session_id LIKE %s"


@pytest.fixture
def older(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database as it was before sessions had random numbers."""
    url = own_database(stack.admin_database_url, "older")
    bootstrap.prepare(url, keys.load(tmp_path / "secrets"))
    upgrade = command.upgrade

    def as_far_as_then(config: Config, _: str) -> None:
        upgrade(config, _BEFORE if config.attributes["schema"] == "users" else "head")

    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", as_far_as_then)
        migrations.migrate(url)
    yield url
    with closing(psycopg2.connect(stack.admin_database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("DROP DATABASE older WITH (FORCE)")


def _asked(cursor: Cursor, statement: str, value: str) -> Any:
    cursor.execute(statement, [value])
    return (cursor.fetchone() or (None,))[0]


def test_sessions_from_before_go_on_and_are_numbered_anew(older: str) -> None:
    with closing(psycopg2.connect(older)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(
            "INSERT INTO users.users (username, sort_name, password_hash, password_version)"
            " VALUES ('reader', 'reader', '', 3)"
        )
        cursor.execute(_BEGIN, ["before-", _SESSIONS])
        assert _asked(cursor, _NUMBERS, "before-%") == list(range(1, _SESSIONS + 1))
        migrations.migrate(older)
        cursor.execute(_BEGIN, ["by old code-", 10])
        for kind, count in (("before-%", _SESSIONS), ("by old code-%", 10)):
            numbers = _asked(cursor, _NUMBERS, kind)
            assert isinstance(numbers, list)
            assert len(numbers) == count
            assert 10**6 < numbers[-1] < 2**53
            assert _asked(cursor, _ACTIVE, kind) == count
        assert numbers != list(range(numbers[0], numbers[0] + 10))
        cursor.execute("SELECT count(*) FROM users.sessions WHERE number <= 10000")
        assert cursor.fetchone() == (0,)
