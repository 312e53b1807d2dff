"""A service's connections to PostgreSQL: transactions, retries, and database errors as error responses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, TypeVar

import psycopg2
from sqlalchemy import Connection, create_engine, literal_column, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared import read_your_writes, settings
from shared.errors import UNAVAILABLE, Refusal
from shared.observability.metrics import counter
from shared.postgres import pool, pool_metrics, wait_timeout
from shared.postgres.prepared import PreparedQuery
from shared.postgres.replica import Replica
from shared.postgres.timed_cursor import SLOW_MS, TimedCursor

Result = TypeVar("Result")

ATTEMPTS = 4
"""Maximum executions of a transaction. It is retried after a serialisation failure or a deadlock."""

# Queries take milliseconds, JIT compilation a hundred: jit is off. Prepared statements are planned once: generic plans.
_SESSION = (
    "-c lock_timeout=2s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
    " -c jit=off -c plan_cache_mode=force_generic_plan"
)
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 11_000}
"""Closes a connection within 11 s if the server's machine is gone; Linux's defaults take hours. The last is in ms."""
_RETRIES = counter(
    "bunko_database_retries", "Transactions tried again after a deadlock or a serialisation failure."
).of()
_POSITION = PreparedQuery(
    select(
        literal_column(
            "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn"
        )
    )
)
_CONFLICTS = frozenset({"40001", "40P01"})
_BUSY = frozenset({"55P03", "57014", "53100", "53200", "53300", "25P03"})
"""Lock not available, statement timeout, disk full, out of memory, too many connections, idle in transaction."""


class Database:
    """A program's connection pool, under the program's own role.

    ``refusals`` maps the name of a constraint to the response for its violation. Uniqueness and references are checked
    by the database alone, because concurrent requests could both pass a check in code.
    """

    replica: Replica | None = None
    """For reads that may return older data; None if there is no replica."""

    def __init__(self, url: str, refusals: Mapping[str, Refusal], *, connections: int = 4) -> None:
        self._refusals = dict(refusals)
        timed = partial(TimedCursor, slow_ms=settings.whole("SLOW_QUERY_MS", SLOW_MS))
        self._engine = create_engine(
            # The default driver of SQLAlchemy for postgresql:// is not the one installed.
            make_url(url).set(drivername="postgresql+psycopg2"),
            poolclass=pool.MeteredPool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=2,
            # Faults are logged with their statement. Its values, such as digests, must not be logged.
            hide_parameters=True,
            connect_args={"options": _SESSION, "connect_timeout": 2, "cursor_factory": timed} | _ALIVE,
        )
        pool.listen(self._engine)
        pool_metrics.KEPT.change(connections)
        self._reader = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only transaction on one snapshot of the database (``REPEATABLE READ``)."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Open a connection in autocommit mode, for a single query."""
        with self._autocommit.connect() as connection:
            yield connection

    def fetch_all(self, query: PreparedQuery, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute a prepared query in autocommit mode and return its rows. This is the cheapest way to read.

        Texts are UTF-8 bytes. Raises the driver's errors, not SQLAlchemy's.
        """
        with closing(self._engine.raw_connection()) as pooled:
            connection: Any = pooled.dbapi_connection
            connection.autocommit = True
            try:
                with connection.cursor() as cursor:
                    return query.fetch_all(cursor, values, pooled.info)
            finally:
                if connection.closed:
                    pooled.invalidate()
                else:
                    connection.autocommit = False

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run ``work`` in a transaction, commit and return its result.

        After a deadlock or a serialisation failure ``work`` runs again, ``ATTEMPTS`` times at most.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._write_once(work)
            except OperationalError as error:
                if getattr(error.orig, "pgcode", None) not in _CONFLICTS:
                    raise
                _RETRIES.inc()
        return self._write_once(work)

    def _write_once(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.begin() as connection:
            result = work(connection)
        if self.replica is not None:
            read_your_writes.current.committed = self._committed()
        return result

    def _committed(self) -> int:
        """Return a WAL position at or after the last commit."""
        try:
            return self.position()
        except (psycopg2.Error, SQLAlchemyError):  # the commit itself succeeded
            return read_your_writes.UNBOUNDED

    def position(self) -> int:
        """Return the WAL position: written on a primary, replayed on a replica. Raises the driver's errors."""
        ((position,),) = self.fetch_all(_POSITION, {})
        return int(position)

    def check(self) -> None:
        """Execute a trivial query; raises if the database does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def refusal(self, error: Exception) -> Refusal | None:
        """Return the response for a database error, None if ``error`` is a fault of this program."""
        if isinstance(error, PoolTimeout):
            return UNAVAILABLE
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg2.Error):
            return None
        if cause.diag.constraint_name in self._refusals:
            return self._refusals[cause.diag.constraint_name]
        return UNAVAILABLE if _is_outage(cause) else None


def from_environment(refusals: Mapping[str, Refusal]) -> Database:
    """Return the database in ``DATABASE_URL``, with a replica if ``DATABASE_REPLICA_URL`` is set.

    It also bounds all waits of this process for PostgreSQL (``wait_timeout``).
    """
    wait_timeout.install()
    database = Database(settings.text("DATABASE_URL"), refusals)
    if replica_url := settings.text("DATABASE_REPLICA_URL", ""):
        database.replica = Replica(Database(replica_url, refusals), database)
        database.replica.start()
    return database


def _is_outage(error: psycopg2.Error) -> bool:
    """Return whether ``error`` means that the database is unavailable or overloaded, not a wrong statement."""
    state = error.pgcode or ""
    if state in _CONFLICTS | _BUSY or state.startswith(("08", "57P")):
        return True
    return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and not state
