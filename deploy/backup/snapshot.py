"""One state of the database, held until it is copied, with every picture that it names."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection  # noqa: N812  # the name it should have had

from deploy.postgresql.bootstrap import reason
from deploy.user_error import UserError
from shared.files.ledger import SWEEP_ERRORS

_PATIENT = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC"
_WAITING = "-c lock_timeout=15s -c statement_timeout=0 -c idle_session_timeout=0"


class Snapshot:
    """A transaction that sees one state, and a lock that keeps every sweeper from deleting pictures.

    A sweeper asks for the same lock before it is told what to delete. So all it was told before the lock was taken
    was doomed already in the state that is seen here, and is not named as live in it; and what is doomed later stays
    until the lock is given back. Both end with the connections, however this process ends.
    """

    def __init__(self, view: Connection, guard: Connection) -> None:
        self.view = view
        self._guard = guard
        with view.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot(), now()")
            self.name, self.time = cursor.fetchone() or ("", None)

    @property
    def server_version(self) -> int:
        """The server's major version."""
        return self.view.server_version // 10_000

    def check(self) -> None:
        """Raise ``psycopg2.Error`` unless the lock was held until now."""
        with self._guard.cursor() as cursor:
            cursor.execute("SELECT")


@contextmanager
def held(database: str) -> Iterator[Snapshot]:
    """Give a snapshot of the database; a Problem where it cannot be read, or another backup is under way."""
    try:
        with (
            closing(psycopg2.connect(database, connect_timeout=5, options=_WAITING)) as guard,
            closing(psycopg2.connect(database, connect_timeout=5, options=_PATIENT)) as view,
        ):
            guard.autocommit = True
            with guard.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_lock({SWEEP_ERRORS})")
            view.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            yield Snapshot(view, guard)
            with guard.cursor() as cursor:
                # At once: the end of a connection is noticed a moment later.
                cursor.execute(f"SELECT pg_advisory_unlock({SWEEP_ERRORS})")
    except psycopg2.errors.LockNotAvailable:
        raise UserError("Another backup of this database is being taken: wait for its end.") from None
    except psycopg2.Error as error:
        raise UserError(
            f"The database did not last until the end of the backup ({reason(error)}): run it again."
        ) from None
