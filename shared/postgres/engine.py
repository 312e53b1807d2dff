"""A service's connection to PostgreSQL: transactions, retries, and errors put into words."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from select import POLLIN, poll
from typing import Any, TypeVar

import psycopg2
from sqlalchemy import Connection, QueuePool, create_engine, event, literal_column, make_url, select, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from shared import read_your_writes, settings
from shared.errors import UNAVAILABLE, Refusal
from shared.observability.metrics import counter
from shared.postgres import pool_metrics, wait_timeout
from shared.postgres.prepared import PreparedQuery
from shared.postgres.replica import Replica
from shared.postgres.timed_cursor import SLOW_MS, TimedCursor

Result = TypeVar("Result")

ATTEMPTS = 4
"""A transaction is tried once and, on a serialisation failure or deadlock, up to three times more."""

# Queries here take milliseconds; compiling them (jit) takes a hundred. What is prepared is to be planned once.
_SESSION = (
    "-c lock_timeout=2s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
    " -c jit=off -c plan_cache_mode=force_generic_plan"
)
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 11_000}
"""Ends a wait for a server whose machine is gone, within 11 s (the last in milliseconds): Linux itself takes hours."""
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
"""Lock not available, statement timeout, disk full, out of memory, too many connections, idle too long."""


class Database:
    """One program's pool of connections, under the program's own role.

    ``refusals`` maps the name of a constraint to the answer its violation deserves: the database
    decides what is unique and what exists, so that no two requests can race past a check in code.
    ``replica_url`` names a replica from which what may lag can be read.
    """

    def __init__(
        self, url: str, refusals: Mapping[str, Refusal], *, connections: int = 4, replica_url: str = ""
    ) -> None:
        self._refusals = dict(refusals)
        timed = partial(TimedCursor, slow_ms=settings.whole("SLOW_QUERY_MS", SLOW_MS))
        self._engine = create_engine(
            # SQLAlchemy takes postgresql:// for another driver than the one installed.
            make_url(url).set(drivername="postgresql+psycopg2"),
            poolclass=_Pool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=2,
            # A fault is logged with its statement; what it was to write, such as a digest, has no place in a log.
            hide_parameters=True,
            connect_args={"options": _SESSION, "connect_timeout": 2, "cursor_factory": timed} | _ALIVE,
        )
        event.listen(self._engine, "checkout", _check_alive)
        pool_metrics.KEPT.change(connections)
        self._reader = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self.replica: Replica | None = None
        if replica_url:
            self.replica = Replica(Database(replica_url, refusals, connections=connections), self)
            self.replica.start()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a read-only transaction that sees one state of the database throughout."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Give a connection for one query, which sees one state by itself."""
        with self._autocommit.connect() as connection:
            yield connection

    def fetch_all(self, query: PreparedQuery, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a question, which sees one state by itself: the cheapest way to read.

        Texts are bytes of UTF-8. Raises the driver's own errors.
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
        """Run ``work`` in a transaction and commit; whole again after a deadlock, ``ATTEMPTS`` times at most."""
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
        """Return a position that what was just committed is not beyond."""
        try:
            return self.position()
        except (psycopg2.Error, SQLAlchemyError):  # it is committed all the same
            return read_your_writes.UNBOUNDED

    def position(self) -> int:
        """Return how far the server's log has been written or, on a replica, replayed. Raises the driver's errors."""
        ((position,),) = self.fetch_all(_POSITION, {})
        return int(position)

    def check(self) -> None:
        """Ask the database for a sign of life; raises when there is none."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def refusal(self, error: Exception) -> Refusal | None:
        """Return the answer that ``error`` deserves, None when it is a fault of ours."""
        if isinstance(error, PoolTimeout):
            return UNAVAILABLE
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg2.Error):
            return None
        if cause.diag.constraint_name in self._refusals:
            return self._refusals[cause.diag.constraint_name]
        return UNAVAILABLE if _is_outage(cause) else None


def from_environment(refusals: Mapping[str, Refusal]) -> Database:
    """Return the database that the environment names, with its replica if there is one; waits for both are bounded."""
    wait_timeout.install()
    replica_url = settings.text("DATABASE_REPLICA_URL", "")
    return Database(settings.text("DATABASE_URL"), refusals, replica_url=replica_url)


class _Pool(QueuePool):
    """Counts the connections that it lends."""

    def _do_get(self) -> ConnectionPoolEntry:
        if self.checkedout() >= self.size():
            pool_metrics.WAITS.inc()
        try:
            lent = super()._do_get()
        except PoolTimeout:
            pool_metrics.TIMEOUTS.inc()
            raise
        pool_metrics.IN_USE.change(1)
        return lent

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        pool_metrics.IN_USE.change(-1)


def _check_alive(connection: Any, *_: object) -> None:
    """Have a pooled connection replaced, and all others, if the server has ended it while it lay idle.

    Then there is something to read on it, if only the end of file. Looking costs no way to the server.
    """
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    if waiting.poll(0):
        raise InvalidatePoolError


def _is_outage(error: psycopg2.Error) -> bool:
    """Whether the database is away or too busy, rather than asked something wrong."""
    state = error.pgcode or ""
    if state in _CONFLICTS | _BUSY or state.startswith(("08", "57P")):
        return True
    return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and not state
