"""The collection: the volumes of a reader, with their prices."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import psycopg2
import pytest

from deploy.stack.stack import Stack
from tests.support.barrier import released_together, waiters
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.readers import STATUS, new_reader

COLLECTION = "/user/collection"
NO_ITEM = (404, "Collection item not found")
NO_VOLUME = (404, "Volume not found")
OWNED = (409, "Volume already in collection")
EVERYTHING = {"limit": MAX_ID}
_COPIES = """
SELECT series_sort_name = sort_name
FROM catalog.series JOIN (
    SELECT series_id, series_sort_name FROM users.collection_items
    UNION ALL SELECT series_id, series_sort_name FROM users.reading_statuses
) AS copies ON copies.series_id = series.id
WHERE series.id = %(series)s
"""


class Book:
    """A volume and a reader who adds it to the collection."""

    def __init__(self, reader: Client, catalogue: Catalogue) -> None:
        self.reader = reader
        self.client = catalogue.client
        self.series = catalogue.series("Zoë")
        self.group = catalogue.group(self.series)
        self.volume = catalogue.volume(self.group, "Volume 1")

    @property
    def adding(self) -> str:
        return f"{COLLECTION}/add/{self.volume}"

    def add(self, **more: Any) -> int:
        return int(self.reader.post(self.adding, client=self.client, **more)["id"])

    def entries(self) -> Any:
        return [volume["collection"] for volume in self.reader.get(COLLECTION, client=self.client)["volumes"]]

    def stats(self) -> Any:
        return self.reader.get(f"{COLLECTION}/stats/general", client=self.client)

    def refused(self, method: str, path: str, **body: Any) -> tuple[int, str]:
        return self.reader.refused(method, f"{COLLECTION}/{path}", json=body)


@pytest.fixture
def book(member: Client, catalogue: Catalogue) -> Book:
    return Book(member, catalogue)


def test_a_volume_comes_changes_and_goes(book: Book) -> None:
    added = book.reader.post(book.adding, client=book.client, price=9.99, date="2024-05-02")
    item = added["id"]
    assert added == {"data": "Volume added to collection", "code": 200, "id": item}
    assert book.entries() == [{"item_id": item, "buy_date": "2024-05-02", "price": 9.99}]
    assert book.reader.refused("POST", book.adding, json={"client": book.client}) == OWNED
    changed = book.reader.post(f"{COLLECTION}/update/{item}", price="10", date="2023-01-01")
    assert changed == {"data": "Collection item updated successfully", "code": 200}
    assert book.entries() == [{"item_id": item, "buy_date": "2023-01-01", "price": 10}]
    removed = book.reader.delete(f"{COLLECTION}/delete/{item}")
    assert removed == {"data": "Volume removed from collection", "code": 200}
    assert book.entries() == []
    assert book.refused("DELETE", f"delete/{item}") == NO_ITEM
    assert book.refused("POST", f"update/{item}", price=1, date="2024-01-01") == NO_ITEM


@pytest.mark.parametrize("unsaid", [{}, {"price": None, "date": None}, {"price": "", "date": " "}])
def test_price_and_date_of_a_new_item_need_not_be_known(book: Book, unsaid: Any) -> None:
    item = book.add(**unsaid)
    assert book.entries() == [{"item_id": item, "buy_date": None, "price": None}]
    assert book.stats() == {"total_items": 1, "total_spent": 0, "first_buy": None, "last_buy": None}


@pytest.mark.parametrize(
    ("field_", "value"),
    [
        ("price", 19.999),
        ("price", "19.999"),
        ("price", -0.01),
        ("price", 10_000_000_000),
        ("price", 1e300),
        ("price", "free"),
        ("price", True),
        ("date", "2024-02-30"),
        ("date", "02.05.2024"),
        ("date", 20240502),
    ],
)
def test_what_is_unusable_is_a_400(book: Book, field_: str, value: Any) -> None:
    usable = {"client": book.client, "price": 1, "date": "2024-01-01"}
    for path in (book.adding, f"{COLLECTION}/update/1"):
        answer = book.reader.ask("POST", path, json=usable | {field_: value})
        assert (answer.status_code, answer.json()["data"]) == INVALID
        assert set(answer.json()["errors"]) == {field_}


@pytest.mark.parametrize("field_", ["price", "date"])
@pytest.mark.parametrize("absent", [None, "", " "])
def test_an_update_needs_price_and_date(book: Book, field_: str, absent: Any) -> None:
    usable = {"price": 1, "date": "2024-01-01"}
    answer = book.reader.ask("POST", f"{COLLECTION}/update/1", json=usable | {field_: absent})
    assert (answer.status_code, answer.json()["data"]) == MISSING
    assert set(answer.json()["errors"]) == {field_}


def test_an_addition_needs_the_volumes_own_client(book: Book) -> None:
    assert book.reader.refused("POST", book.adding, json={}) == MISSING
    assert book.reader.refused("POST", book.adding, json={"client": "one"}) == INVALID
    assert book.reader.refused("POST", book.adding, json={"client": book.client + 1}) == NO_VOLUME
    book.add()
    assert book.reader.refused("POST", book.adding, json={"client": book.client + 1}) == NO_VOLUME


def test_an_unknown_volume_is_not_found(book: Book) -> None:
    for unknown in (987654321, MAX_ID):
        book.volume = unknown
        assert book.reader.refused("POST", book.adding, json={"client": book.client}) == NO_VOLUME


def test_the_item_of_another_is_not_found(book: Book) -> None:
    item = book.add(price=5, date="2024-01-01")
    other = new_reader(book.reader)
    change = {"price": 1, "date": "2020-01-01"}
    assert other.refused("POST", f"{COLLECTION}/update/{item}", json=change) == NO_ITEM
    assert other.refused("DELETE", f"{COLLECTION}/delete/{item}") == NO_ITEM
    assert other.get(COLLECTION, client=book.client)["total"] == 0
    assert book.entries() == [{"item_id": item, "buy_date": "2024-01-01", "price": 5}]


def test_of_two_added_at_once_one_stays(book: Book, stack: Stack) -> None:
    adds = [lambda: book.reader.ask("POST", book.adding, json={"client": book.client})] * 2
    asked = released_together(stack.database_url("users"), "users.collection_items", adds)
    assert sorted(answer.status_code for answer in asked) == [200, 409]


def test_what_is_added_while_its_series_is_renamed_waits_and_has_the_new_name(
    book: Book, stack: Stack
) -> None:
    status = STATUS | {"client": book.client}
    adds = (
        lambda: book.reader.ask("POST", book.adding, json={"client": book.client}),
        lambda: book.reader.ask("POST", f"/user/reading-status/add/{book.series}", json=status),
    )
    rename = "UPDATE catalog.series SET sort_name = sort_name || 'a' WHERE id = %s"
    with (
        closing(psycopg2.connect(stack.admin_database_url)) as owner,
        closing(psycopg2.connect(stack.database_url("users"))) as watching,
        ThreadPoolExecutor(1) as pool,
    ):
        for add in adds:
            with owner, owner.cursor() as renaming, watching.cursor() as looking:
                renaming.execute(rename, [book.series])
                added = pool.submit(add)
                while not waiters(looking):
                    assert not added.done(), added.result().text
            assert added.result().status_code == 200
        with owner.cursor() as cursor:
            cursor.execute(_COPIES, {"series": book.series})
            assert cursor.fetchall() == [(True,), (True,)]
        with owner, owner.cursor() as restoring:
            restore = "UPDATE catalog.series SET sort_name = left(sort_name, -2) WHERE id = %s"
            restoring.execute(restore, [book.series])


def test_the_sum_is_exact_to_the_cent(book: Book, catalogue: Catalogue) -> None:
    prices = ["0.10", "0.20", "0.70", "9999999999.99", "9999999999.99", "0.01"]
    for number, price in enumerate(prices):
        volume = catalogue.volume(book.group)
        date = f"2024-01-{number + 10}"
        book.reader.post(f"{COLLECTION}/add/{volume}", client=book.client, price=float(price), date=date)
    answer = book.reader.ask("GET", f"{COLLECTION}/stats/general", params={"client": book.client})
    stats = answer.json(parse_float=Decimal)
    assert stats == {
        "total_items": 6,
        "total_spent": Decimal("20000000000.99"),
        "first_buy": "2024-01-10",
        "last_buy": "2024-01-15",
    }


def test_statistics_are_of_one_reader_and_one_client(book: Book) -> None:
    nothing = {"total_items": 0, "total_spent": 0, "first_buy": None, "last_buy": None}
    assert book.stats() == nothing
    book.add(price=5, date="2024-01-01")
    assert book.stats() != nothing
    assert book.reader.get(f"{COLLECTION}/stats/general", client=book.client + 1) == nothing
    assert new_reader(book.reader).get(f"{COLLECTION}/stats/general", client=book.client) == nothing


@pytest.mark.parametrize("path", [COLLECTION, f"{COLLECTION}/stats/general"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [({}, MISSING), ({"client": " "}, MISSING), ({"client": "one"}, INVALID), ({"client": "0"}, INVALID)],
)
def test_reading_needs_a_client(book: Book, path: str, query: Any, expected: tuple[int, str]) -> None:
    answer = book.reader.ask("GET", path, params=query)
    assert (answer.status_code, answer.json()["data"]) == expected
    assert set(answer.json()["errors"]) == {"client"}


def test_a_volume_shows_the_documented_fields(book: Book, catalogue: Catalogue) -> None:
    catalogue.edit(book.series, added_aliases=[{"name": "ゾーイ", "language": "ja"}])
    item = book.add(price=9.5)
    for limits in ({"limit": 1}, EVERYTHING):
        page = book.reader.get(COLLECTION, client=book.client, user_lang="ja", **limits)
        (volume,) = page["volumes"]
        for field_ in ("slug", "last_update"):
            assert isinstance(volume.pop(field_), str)
        assert volume == {
            "id": book.volume,
            "name": "Volume 1",
            "group_id": book.group,
            "group_order": 0,
            "series_id": book.series,
            "language": "German",
            "series": {"id": book.series, "name": "Zoë", "type": "Manga", "alias": "ゾーイ"},
            "collection": {"item_id": item, "buy_date": None, "price": 9.5},
            **dict.fromkeys(("special", "nsfw", "nsfw18", "three_d"), 0),
            "public": volume["public"],
            "type": volume["type"],
            **dict.fromkeys(EMPTY),
        }
        for flag in ("special", "nsfw", "nsfw18", "three_d", "public"):
            assert type(volume[flag]) is int
    (volume,) = book.reader.get(COLLECTION, client=book.client, user_lang="interface")["volumes"]
    assert volume["series"]["alias"] == "Zoë"


EMPTY = (
    "release_date",
    "description",
    "copyright",
    "edition_id",
    "edition_name",
    "isbn10",
    "isbn13",
    "measures",
    "pages",
    "rating",
    "extras",
    "special_name",
    "cover_path",
    "back_cover_path",
    "spine_cover_path",
    "aspect_ratio",
    "placeholder",
    "color",
    "back_placeholder",
    "back_color",
    "spine_placeholder",
    "spine_color",
)
"""The optional fields of a volume."""


def test_a_volume_follows_its_series(book: Book, catalogue: Catalogue, admin: Client) -> None:
    book.add()
    other = catalogue.series("Another")
    admin.post(f"/admin-volumes/edit-volume/{book.volume}", name="Volume 1", group=catalogue.group(other))
    (volume,) = book.reader.get(COLLECTION, client=book.client)["volumes"]
    assert (volume["series_id"], volume["series"]["name"]) == (other, "Another")


def test_a_deleted_volume_leaves_the_collection(book: Book, admin: Client) -> None:
    item = book.add()
    admin.delete(f"/admin-volumes/delete-volume/{book.volume}")
    assert book.entries() == []
    assert book.refused("DELETE", f"delete/{item}") == NO_ITEM


def test_a_deleted_reader_is_not_found(book: Book, admin: Client) -> None:
    item = book.add()
    admin.delete(f"/admin-users/delete/{book.reader.user['id']}")
    gone = (404, "User not found")
    assert book.reader.refused("GET", COLLECTION, params={"client": book.client}) == gone
    assert book.refused("POST", f"update/{item}", price=1, date="2024-01-01") == gone
    assert book.refused("DELETE", f"delete/{item}") == gone
