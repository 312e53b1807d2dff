"""Entries deleted or moved during a request: the database decides, and the answer is the contract's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
import requests

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.readers import STATUS

NO_USER = (404, "User not found")
NO_SERIES = (404, "Series not found")
NO_VOLUME = (404, "Volume not found")


class Meanwhile:
    """A transaction of the database's owner whose locks requests wait for."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection

    def during(self, statement: str, values: tuple[Any, ...], client: Client, path: str, body: Any) -> Any:
        """Return the answer to a request that waits for ``statement`` until it is committed."""
        with self._connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
            cursor.execute(statement, values)
            asked = pool.submit(client.ask, "POST", path, json=body)
            cursor.execute("SELECT pg_backend_pid()")
            (own,) = cursor.fetchone() or (0,)
            while not asked.done():
                cursor.execute(
                    "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))", [own]
                )
                if cursor.fetchone():
                    break
            assert not asked.done(), "the request did not wait"
            self._connection.commit()
            return _said(asked.result())


def _said(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["data"]


@pytest.fixture
def meanwhile(stack: Stack) -> Iterator[Meanwhile]:
    connection = psycopg2.connect(stack.admin_database_url)
    yield Meanwhile(connection)
    connection.close()


@pytest.mark.parametrize("subject", ["reading-status", "series-rating"])
def test_a_series_deleted_in_the_middle_is_not_found(
    meanwhile: Meanwhile, member: Client, catalogue: Catalogue, subject: str
) -> None:
    series = catalogue.series()
    body = STATUS | {"client": catalogue.client, "rating": 5}
    delete = "DELETE FROM catalog.series WHERE id = %s"
    assert meanwhile.during(delete, (series,), member, f"/user/{subject}/add/{series}", body) == NO_SERIES


@pytest.mark.parametrize("subject", ["reading-status", "series-rating"])
def test_a_reader_deleted_in_the_middle_is_not_found(
    meanwhile: Meanwhile, member: Client, catalogue: Catalogue, subject: str
) -> None:
    series = catalogue.series()
    body = STATUS | {"client": catalogue.client, "rating": 5}
    delete = "DELETE FROM users.users WHERE id = %s"
    path = f"/user/{subject}/add/{series}"
    assert meanwhile.during(delete, (member.user["id"],), member, path, body) == NO_USER


def test_a_collector_deleted_in_the_middle_is_not_found(
    meanwhile: Meanwhile, member: Client, catalogue: Catalogue
) -> None:
    path = f"/user/collection/add/{catalogue.volume(catalogue.group(catalogue.series()))}"
    delete = "DELETE FROM users.users WHERE id = %s"
    body = {"client": catalogue.client}
    assert meanwhile.during(delete, (member.user["id"],), member, path, body) == NO_USER


def test_a_volume_deleted_in_the_middle_is_not_found(
    meanwhile: Meanwhile, member: Client, catalogue: Catalogue
) -> None:
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    delete = "DELETE FROM catalog.volumes WHERE id = %s"
    body = {"client": catalogue.client}
    path = f"/user/collection/add/{volume}"
    assert meanwhile.during(delete, (volume,), member, path, body) == NO_VOLUME


def test_a_volume_moved_in_the_middle_may_be_asked_for_again(
    meanwhile: Meanwhile, member: Client, catalogue: Catalogue
) -> None:
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    other = catalogue.series()
    move = "UPDATE catalog.volumes SET series_id = %s, group_id = %s WHERE id = %s"
    body = {"client": catalogue.client}
    path = f"/user/collection/add/{volume}"
    values = (other, catalogue.group(other), volume)
    assert meanwhile.during(move, values, member, path, body) == (503, "Service unavailable")
    assert member.post(path, **body)["code"] == 200
    (collected,) = member.get("/user/collection", client=catalogue.client)["volumes"]
    assert collected["series_id"] == other
