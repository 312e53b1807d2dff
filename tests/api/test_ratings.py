"""Series ratings: one for each reader and series."""

from typing import Any

import pytest

from deploy.stack.stack import Stack
from tests.support.barrier import released_together
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.readers import new_reader

NO_RATING = (404, "Rating does not exist for this series")
EXISTS = (409, "Rating already exists for this series")
NO_SERIES = (404, "Series not found")


class Book:
    """A series and a reader who rates it."""

    def __init__(self, reader: Client, catalogue: Catalogue) -> None:
        self.reader = reader
        self.series = catalogue.series()

    def path(self, verb: str) -> str:
        return f"/user/series-rating/{verb}/{self.series}"

    def rating(self) -> Any:
        shown = self.reader.get(f"/user/series-rating/{self.series}")
        assert self.reader.get(self.path("id")) == shown
        return shown and shown["rating"]

    def refused(self, verb: str, rating: Any = 5) -> tuple[int, str]:
        return self.reader.refused("POST", self.path(verb), json={"rating": rating})


@pytest.fixture
def book(member: Client, catalogue: Catalogue) -> Book:
    return Book(member, catalogue)


def test_a_rating_comes_changes_and_goes(book: Book) -> None:
    assert book.rating() is None
    assert book.reader.post(book.path("add"), rating=7.5) == {
        "data": "Rating added successfully",
        "code": 200,
    }
    assert book.reader.get(f"/user/series-rating/{book.series}") == {
        "rating": 7.5,
        "user_id": book.reader.user["id"],
        "series_id": book.series,
    }
    assert book.refused("add") == EXISTS
    changed = book.reader.post(book.path("update"), rating="8")
    assert changed == {"data": "Rating updated successfully", "code": 200}
    assert book.rating() == 8
    assert book.reader.delete(book.path("delete")) == {"data": "Rating deleted successfully", "code": 200}
    assert book.rating() is None
    assert book.reader.refused("DELETE", book.path("delete")) == NO_RATING
    assert book.refused("update") == NO_RATING


def test_every_half_step_is_a_rating(book: Book) -> None:
    book.reader.post(book.path("add"), rating=1)
    for half in range(2, 21):
        book.reader.post(book.path("update"), rating=half / 2)
        assert book.rating() == half / 2


@pytest.mark.parametrize("rating", [0, 0.5, 10.5, 7.3, 7.25, -5, "1e1", "seven", True, [5], 10**30])
@pytest.mark.parametrize("verb", ["add", "update"])
def test_anything_else_is_a_400(book: Book, verb: str, rating: Any) -> None:
    answer = book.reader.ask("POST", book.path(verb), json={"rating": rating})
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert set(answer.json()["errors"]) == {"rating"}


@pytest.mark.parametrize("body", [{}, {"rating": None}, {"rating": ""}])
@pytest.mark.parametrize("verb", ["add", "update"])
def test_a_rating_must_be_sent(book: Book, verb: str, body: Any) -> None:
    assert book.reader.refused("POST", book.path(verb), json=body) == MISSING


def test_an_unknown_series_is_not_found(book: Book) -> None:
    for unknown in (987654321, MAX_ID):
        book.series = unknown
        assert book.refused("add") == NO_SERIES
        assert book.refused("update") == NO_RATING
        assert book.rating() is None


def test_of_two_added_at_once_one_stays(book: Book, stack: Stack) -> None:
    adds = [lambda: book.reader.ask("POST", book.path("add"), json={"rating": 5})] * 2
    asked = released_together(stack.database_url("users"), "users.series_ratings", adds)
    assert sorted(answer.status_code for answer in asked) == [200, 409]


def test_rating_needs_a_permission_and_reading_does_not(book: Book, powerless: Client) -> None:
    for verb in ("add", "update"):
        assert powerless.refused("POST", book.path(verb), json={"rating": 5}) == FORBIDDEN
        assert powerless.refused("POST", book.path(verb), json={}) == FORBIDDEN
    assert powerless.refused("DELETE", book.path("delete")) == FORBIDDEN
    assert powerless.get(f"/user/series-rating/{book.series}") is None


def test_everybody_has_a_rating_of_their_own(book: Book) -> None:
    other = new_reader(book.reader)
    book.reader.post(book.path("add"), rating=2)
    assert other.get(book.path("id")) is None
    other.post(book.path("add"), rating=9)
    other.delete(book.path("delete"))
    assert book.rating() == 2


def test_a_deleted_reader_is_not_found(book: Book, admin: Client) -> None:
    admin.delete(f"/admin-users/delete/{book.reader.user['id']}")
    assert book.refused("add") == (404, "User not found")
    assert book.reader.refused("GET", f"/user/series-rating/{book.series}") == (404, "User not found")
