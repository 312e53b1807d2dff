"""Reading statuses: one for each reader and series."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.stack.stack import Stack
from tests.support.barrier import released_together
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.readers import STATUS, new_reader

NO_STATUS = (404, "Reading status does not exist for this series")
NO_SERIES = (404, "Series not found")
EXISTS = (409, "Reading status already exists for this series")
NO_USER = (404, "User not found")


class Book:
    """A series and a reader who reads it."""

    def __init__(self, reader: Client, catalogue: Catalogue) -> None:
        self.reader = reader
        self.series = catalogue.series()
        self.body = STATUS | {"client": catalogue.client}

    def path(self, verb: str) -> str:
        return f"/user/reading-status/{verb}/{self.series}"

    def add(self, **more: Any) -> Any:
        return self.reader.post(self.path("add"), **self.body | more)

    def update(self, **more: Any) -> Any:
        return self.reader.post(self.path("update"), **self.body | more)

    def entry(self) -> Any:
        return self.reader.get(self.path("id"))

    def refused(self, verb: str, **more: Any) -> tuple[int, str]:
        return self.reader.refused("POST", self.path(verb), json=self.body | more)

    def blamed(self, verb: str, body: Any) -> tuple[int, str, set[str]]:
        answer = self.reader.ask("POST", self.path(verb), json=body)
        return answer.status_code, answer.json()["data"], set(answer.json().get("errors", ()))


@pytest.fixture
def book(member: Client, catalogue: Catalogue) -> Book:
    return Book(member, catalogue)


def test_a_status_comes_changes_and_goes(book: Book) -> None:
    assert book.entry() is None
    assert book.add() == {"data": "Reading status added successfully", "code": 200}
    assert book.entry()["status"] == "started"
    assert book.refused("add") == EXISTS
    assert book.update(status="completed") == {"data": "Reading status updated successfully", "code": 200}
    assert book.entry()["status"] == "completed"
    gone = book.reader.delete(book.path("delete"))
    assert gone == {"data": "Reading status deleted successfully", "code": 200}
    assert book.entry() is None
    assert book.reader.refused("DELETE", book.path("delete")) == NO_STATUS
    assert book.refused("update") == NO_STATUS


def test_everything_sent_is_answered(book: Book) -> None:
    sent = {
        "visibility": "public",
        "progress": MAX_ID,
        "status": "paused",
        "priority": "high",
        "reread": MAX_ID,
        "score": 7.25,
        "start": "1001-01-01",
        "end": "2100-01-01",
        "notes": "  Cafe\u0301 ",
    }
    before = datetime.now(UTC) - timedelta(seconds=5)
    book.add(**sent, progressType="volumes")
    entry = book.entry()
    assert before < datetime.fromisoformat(entry.pop("last_update")) < before + timedelta(seconds=30)
    assert entry == sent | {
        "user_id": book.reader.user["id"],
        "series_id": book.series,
        "progress_type": "volumes",
        "notes": "Caf\u00e9",
    }


def test_what_need_not_be_sent_is_empty(book: Book) -> None:
    book.add()
    entry = book.entry()
    assert [entry[name] for name in ("reread", "score", "start", "end", "notes")] == [
        0,
        None,
        None,
        None,
        None,
    ]


def test_an_update_keeps_what_is_not_sent_and_null_clears(book: Book) -> None:
    full = {"reread": 2, "score": 8, "start": "2024-01-01", "end": "2024-02-01", "notes": "Good"}
    book.add(**full)
    first = book.entry()
    book.update(progress=4)
    second = book.entry()
    assert second["last_update"] > first["last_update"]
    assert second == first | {"progress": 4, "last_update": second["last_update"]}
    book.update(score=None, notes="", end="")
    third = book.entry()
    assert [third[name] for name in full] == [2, None, "2024-01-01", None, None]
    book.update(reread=None, start=None)
    fourth = book.entry()
    assert [fourth[name] for name in full] == [0, None, None, None, None]


def test_progress_type_may_be_written_either_way(book: Book) -> None:
    del book.body["progressType"]
    book.add(progress_type="volumes")
    assert book.entry()["progress_type"] == "volumes"


def test_numbers_may_be_texts(book: Book) -> None:
    book.body["client"] = str(book.body["client"])
    book.add(progress="12", reread="1", score="9.5")
    entry = book.entry()
    assert [entry[name] for name in ("progress", "reread", "score")] == [12, 1, 9.5]


@pytest.mark.parametrize("verb", ["add", "update"])
@pytest.mark.parametrize("field", ["visibility", "progressType", "progress", "status", "priority", "client"])
@pytest.mark.parametrize("absent", [None, "", "  "])
def test_six_fields_are_required(book: Book, verb: str, field: str, absent: Any) -> None:
    if verb == "update":
        book.add()
    missing = (*MISSING, {field})
    assert book.blamed(verb, book.body | {field: absent}) == missing
    del book.body[field]
    assert book.blamed(verb, book.body) == missing


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visibility", "friends"),
        ("visibility", ["private"]),
        ("progressType", "pages"),
        ("status", "Started"),
        ("priority", 1),
        ("progress", -1),
        ("progress", 1.5),
        ("progress", True),
        ("progress", "1.0"),
        ("progress", MAX_ID + 1),
        ("progress", 10**30),
        ("reread", -1),
        ("reread", MAX_ID + 1),
        ("reread", False),
        ("score", -0.5),
        ("score", 10.01),
        ("score", "ten"),
        ("score", True),
        pytest.param("score", 10**400, id="score-huge"),
        ("start", "2024-02-30"),
        ("start", "yesterday"),
        ("start", 20240101),
        ("end", "2024-13-01"),
        pytest.param("notes", "x" * 20_001, id="notes-long"),
        ("notes", "nul\0"),
        ("notes", {"text": "no"}),
        ("client", "one"),
        ("client", 0),
        ("client", MAX_ID + 1),
    ],
)
@pytest.mark.parametrize("verb", ["add", "update"])
def test_what_is_unusable_is_a_400(book: Book, verb: str, field: str, value: Any) -> None:
    if verb == "update":
        book.add()
    assert book.blamed(verb, book.body | {field: value}) == (*INVALID, {field})


def test_missing_weighs_more_than_unusable(book: Book) -> None:
    del book.body["status"]
    answer = book.blamed("add", book.body | {"score": 11})
    assert answer == (*MISSING, {"status", "score"})


def test_reading_cannot_end_before_it_starts(book: Book) -> None:
    ends_early = (*INVALID, {"end"})
    assert book.blamed("add", book.body | {"start": "2024-01-02", "end": "2024-01-01"}) == ends_early
    book.add(start="2024-01-02", end="2024-01-02")
    assert book.blamed("update", book.body | {"end": "2024-01-01"}) == ends_early
    assert book.blamed("update", book.body | {"start": "2024-01-03"}) == ends_early
    book.update(start="2024-01-03", end="2024-01-04")
    book.update(start=None, end="2023-01-01")


def test_a_series_of_another_client_is_not_found(book: Book) -> None:
    another = book.body["client"] + 1
    assert book.refused("add", client=another) == NO_SERIES
    assert book.entry() is None
    book.add()
    assert book.refused("add", client=another) == NO_SERIES
    assert book.refused("update", client=another, progress=9) == NO_SERIES
    assert book.entry()["progress"] == 3


@pytest.mark.parametrize("unknown", [MAX_ID, 987654321])
def test_an_unknown_series_is_not_found(book: Book, unknown: int) -> None:
    book.series = unknown
    assert book.refused("add") == NO_SERIES
    assert book.refused("update") == NO_STATUS
    assert book.entry() is None


def test_a_mistake_is_found_before_a_missing_series(book: Book) -> None:
    book.series = MAX_ID
    assert book.refused("add", score=11) == INVALID
    assert book.refused("update", start="2024-01-02", end="2024-01-01") == INVALID


def test_of_two_added_at_once_one_stays(book: Book, stack: Stack) -> None:
    adds = [lambda: book.reader.ask("POST", book.path("add"), json=book.body)] * 2
    asked = released_together(stack.database_url("users"), "users.reading_statuses", adds)
    assert sorted(answer.status_code for answer in asked) == [200, 409]


def test_everybody_has_a_status_of_their_own(book: Book) -> None:
    book.add(progress=1)
    other = new_reader(book.reader)
    assert other.get(book.path("id")) is None
    other.post(book.path("add"), **book.body | {"progress": 2})
    assert book.entry()["progress"] == 1
    other.delete(book.path("delete"))
    assert book.entry()["progress"] == 1


def test_a_deleted_series_takes_its_statuses_along(book: Book, admin: Client) -> None:
    book.add()
    admin.delete(f"/admin-series/delete/{book.series}")
    assert book.entry() is None
    assert book.reader.get("/user/reading-history")["total"] == 0


def test_a_deleted_reader_is_not_found(book: Book, admin: Client) -> None:
    book.add()
    admin.delete(f"/admin-users/delete/{book.reader.user['id']}")
    for verb in ("add", "update"):
        assert book.refused(verb) == NO_USER
    assert book.reader.refused("DELETE", book.path("delete")) == NO_USER
    assert book.reader.refused("GET", book.path("id")) == NO_USER
    assert book.reader.refused("GET", "/user/reading-history") == NO_USER
