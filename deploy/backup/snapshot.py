"""A consistent snapshot of the database for a backup; its pictures are not deleted while it is held."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class

from deploy.postgresql.bootstrap import reason
from deploy.user_error import UserError
from shared.files.ledger import SWEEP_LOCK

_VIEW_OPTIONS = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC"
_GUARD_OPTIONS = "-c lock_timeout=15s -c statement_timeout=0 -c idle_session_timeout=0"


class Snapshot:
    """A REPEATABLE READ transaction, and an advisory lock that keeps sweepers from deleting pictures.

    A sweeper takes the same lock before it claims keys to delete. Keys claimed before the backup got the lock are
    already doomed in this snapshot, so the backup does not list them. Keys doomed later are kept until the lock is
    released. Both end with their connections, even if this process is killed.
    """

    def __init__(self, view: Connection, guard: Connection) -> None:
        self.view = view
        self._guard = guard
        with view.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot(), now()")
            self.name, self.time = cursor.fetchone() or ("", None)

    @property
    def server_version(self) -> int:
        """Major version of the server."""
        return self.view.server_version // 10_000

    def check(self) -> None:
        """Raise ``psycopg2.Error`` if the lock has been lost."""
        with self._guard.cursor() as cursor:
            cursor.execute("SELECT")


@contextmanager
def held(database: str) -> Iterator[Snapshot]:
    """Hold a snapshot of the database during the ``with`` block.

    Raises ``UserError`` if the database cannot be read or another backup holds the lock.
    """
    try:
        with (
            closing(psycopg2.connect(database, connect_timeout=5, options=_GUARD_OPTIONS)) as guard,
            closing(psycopg2.connect(database, connect_timeout=5, options=_VIEW_OPTIONS)) as view,
        ):
            guard.autocommit = True
            with guard.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_lock({SWEEP_LOCK})")
            view.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            yield Snapshot(view, guard)
            with guard.cursor() as cursor:
                # Explicitly: the server notices a closed connection only a moment later.
                cursor.execute(f"SELECT pg_advisory_unlock({SWEEP_LOCK})")
    except psycopg2.errors.LockNotAvailable:
        raise UserError("Another backup of this database is being taken", "wait until it ends.") from None
    except psycopg2.Error as error:
        raise UserError(
            f"The connection to the database failed during the backup ({reason(error)})", "run it again."
        ) from None
