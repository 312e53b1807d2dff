"""The connection pool: SQLAlchemy's ``QueuePool`` with metrics and a check of idle connections.

It uses only SQLAlchemy's public interface: the method ``connect`` and the events ``checkout`` and ``checkin``.
"""

from select import POLLIN, poll
from typing import Any

from sqlalchemy import Engine, Pool, PoolProxiedConnection, QueuePool, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from shared.postgres import pool_metrics

_COUNTED = "counted as in use"


class MeteredPool(QueuePool):
    """A ``QueuePool`` that counts waits and timeouts. ``listen`` adds the rest."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection from the pool; wait for one if all are in use."""
        if self.checkedout() >= self.size():
            pool_metrics.WAITS.inc()
        try:
            return super().connect()
        except PoolTimeout:
            pool_metrics.TIMEOUTS.inc()
            raise


def listen(target: Engine | Pool) -> None:
    """Check idle connections of ``target`` at checkout, and count its connections in use."""
    event.listen(target, "checkout", _check_alive)
    event.listen(target, "checkout", _count_checkout)
    event.listen(target, "checkin", _count_checkin)


def _check_alive(connection: Any, *_: object) -> None:
    """Raise ``InvalidatePoolError`` if the server has closed an idle connection: SQLAlchemy then replaces the pool.

    A closed connection is readable (end of file). Polling it needs no round trip to the server.
    """
    poller = poll()
    poller.register(connection.fileno(), POLLIN)
    if poller.poll(0):
        raise InvalidatePoolError


def _count_checkout(_connection: object, entry: ConnectionPoolEntry, *_: object) -> None:
    entry.record_info[_COUNTED] = True  # type: ignore[index]  # None only before the first use
    pool_metrics.IN_USE.change(1)


def _count_checkin(_connection: object, entry: ConnectionPoolEntry) -> None:
    """Count a returned connection, except one whose checkout has failed: it was never counted."""
    if entry.record_info.pop(_COUNTED, False):  # type: ignore[union-attr]
        pool_metrics.IN_USE.change(-1)
