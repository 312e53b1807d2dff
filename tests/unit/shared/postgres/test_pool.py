"""The connection pool's metrics and its check of idle connections, with sockets in place of connections."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.postgres import pool, pool_metrics


class FakeConnection:
    """The part of a connection that a pool needs; ``server`` is the other end."""

    def __init__(self) -> None:
        self.client, self.server = socket.socketpair()

    def fileno(self) -> int:
        return self.client.fileno()

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        self.client.close()
        self.server.close()


@pytest.fixture
def opened() -> Iterator[list[FakeConnection]]:
    """All connections that the pool has opened."""
    connections: list[FakeConnection] = []
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture
def metered(opened: list[FakeConnection]) -> pool.MeteredPool:
    def connect() -> FakeConnection:
        opened.append(FakeConnection())
        return opened[-1]

    made = pool.MeteredPool(connect, pool_size=1, max_overflow=0, timeout=0.01)  # type: ignore[arg-type]
    pool.listen(made)
    return made


def figures() -> tuple[float, float, float]:
    return pool_metrics.IN_USE.value, pool_metrics.WAITS.value, pool_metrics.TIMEOUTS.value


def test_a_connection_is_in_use_until_it_is_returned(metered: pool.MeteredPool) -> None:
    in_use, waits, timeouts = figures()
    for _ in range(2):
        connection = metered.connect()
        assert figures() == (in_use + 1, waits, timeouts)
        connection.close()
        assert figures() == (in_use, waits, timeouts)


def test_waits_and_timeouts_are_counted(metered: pool.MeteredPool) -> None:
    in_use, waits, timeouts = figures()
    connection = metered.connect()
    with pytest.raises(PoolTimeout):
        metered.connect()
    assert figures() == (in_use + 1, waits + 1, timeouts + 1)
    connection.close()
    assert figures() == (in_use, waits + 1, timeouts + 1)


def test_a_connection_that_cannot_be_opened_is_not_in_use() -> None:
    def fail() -> FakeConnection:
        raise ConnectionRefusedError

    metered = pool.MeteredPool(fail, pool_size=1, max_overflow=0, timeout=0.01)  # type: ignore[arg-type]
    pool.listen(metered)
    before = figures()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            metered.connect()
    assert figures() == before


def test_a_checkout_that_fails_is_not_in_use(metered: pool.MeteredPool) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    before = figures()
    event.listen(metered, "checkout", fail, insert=True)
    with pytest.raises(ValueError, match=r"^$"):
        metered.connect()
    assert figures() == before
    event.remove(metered, "checkout", fail)
    metered.connect().close()
    assert figures() == before


def test_a_connection_that_the_server_has_closed_is_replaced(
    metered: pool.MeteredPool, opened: list[FakeConnection]
) -> None:
    metered.connect().close()
    opened[0].server.close()
    before = figures()
    connection: Any = metered.connect()
    assert len(opened) == 2
    assert connection.dbapi_connection is opened[1]
    assert figures() == (before[0] + 1, before[1], before[2])
    connection.close()
    assert figures() == before
