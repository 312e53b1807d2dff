"""The cache of owners' answers on a node, and its lifetimes."""

from typing import Any

import pytest

from files.owners.lookup_cache import FRESH, REMEMBERED, Found, LookupCache, PictureOwner
from tests.support.overlap import at_once

COVER = PictureOwner("catalog", ("5", "front"))
OTHER = PictureOwner("catalog", ("5", "back"))
OLD, NEW = {"key": "a" * 32}, {"key": "b" * 32}


class Clock:
    """A clock set by the test."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Owner:
    """An owner that counts its calls."""

    def __init__(self, found: Found = OLD) -> None:
        self.found = found
        self.asked = 0

    def __call__(self) -> Found:
        self.asked += 1
        return self.found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def references(clock: Clock) -> LookupCache:
    return LookupCache(clock=clock)


def test_many_readers_are_one_question(references: LookupCache) -> None:
    owner = Owner()
    assert all(references.find(COVER, "", owner) == OLD for _ in range(1000))
    assert owner.asked == 1
    references.find(OTHER, "", owner)
    assert owner.asked == 2


def test_an_answer_is_soon_asked_for_anew(references: LookupCache, clock: Clock) -> None:
    owner = Owner()
    references.find(COVER, "", owner)
    owner.found = NEW
    clock.now += FRESH - 0.1
    assert references.find(COVER, "", owner) == OLD
    clock.now += 0.2
    assert references.find(COVER, "", owner) == NEW


def test_who_names_the_version_needs_no_owner_while_it_is_remembered(
    references: LookupCache, clock: Clock
) -> None:
    owner = Owner()
    references.find(COVER, "", owner)
    clock.now += REMEMBERED - 1
    assert references.find(COVER, OLD["key"], owner) == OLD
    assert owner.asked == 1
    clock.now += 2
    references.find(COVER, OLD["key"], owner)
    assert owner.asked == 2


def test_what_may_be_hidden_is_asked_for_each_time_unless_its_key_is_named(references: LookupCache) -> None:
    owner = Owner(OLD | {"hidden": False})
    for _ in range(3):
        references.find(COVER, "", owner)
    assert owner.asked == 3
    owner.found = OLD | {"hidden": True}
    assert references.find(COVER, "", owner) == owner.found
    for _ in range(3):
        references.find(COVER, OLD["key"], owner)
    assert owner.asked == 4


def test_who_names_a_newer_version_is_shown_it_at_once(references: LookupCache) -> None:
    """It was written through another node, so this one did not drop its entry."""
    owner = Owner()
    references.find(COVER, "", owner)
    owner.found = NEW
    assert references.find(COVER, NEW["key"], owner) == NEW
    assert references.find(COVER, "", owner) == NEW


def test_a_version_opens_nothing_but_the_picture_it_is_one_of(references: LookupCache, clock: Clock) -> None:
    references.find(COVER, "", Owner(OLD))
    back = Owner(NEW)
    assert references.find(OTHER, OLD["key"], back) == NEW
    clock.now += FRESH + 1
    assert references.find(COVER, NEW["key"], Owner(OLD)) == OLD
    assert references.find(OTHER, OLD["key"], back) == NEW
    assert back.asked == 2


def test_a_number_of_versions_is_as_good_as_a_key(references: LookupCache, clock: Clock) -> None:
    owner = Owner(OLD | {"image_version": 3})
    references.find(COVER, "", owner)
    clock.now += FRESH + 1
    references.find(COVER, "3", owner)
    assert owner.asked == 1
    references.find(COVER, "4", owner)
    assert owner.asked == 2


def test_what_changes_here_is_forgotten_at_once(references: LookupCache) -> None:
    owner = Owner()
    references.find(COVER, "", owner)
    owner.found = NEW
    references.forget(COVER)
    assert references.find(COVER, "", owner) == NEW
    assert references.find(COVER, OLD["key"], owner) == NEW


def test_an_answer_of_before_a_change_is_not_remembered_after_it(references: LookupCache) -> None:
    def overtaken() -> Found:
        references.forget(COVER)
        return OLD

    assert references.find(COVER, "", overtaken) == OLD
    assert references.find(COVER, "", Owner(NEW)) == NEW


def test_a_refusal_is_not_remembered(references: LookupCache) -> None:
    def refuse() -> Found:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            references.find(COVER, "", refuse)
    assert references.find(COVER, "", Owner()) == OLD


def test_threads_do_not_disturb_each_other(references: LookupCache) -> None:
    places = [PictureOwner("media", (str(number), "")) for number in range(50)]
    wrong: list[Any] = []

    def read() -> None:
        for place in places * 20:
            found = references.find(place, "", lambda place=place: {"key": place.parts[0]})  # type: ignore[misc]
            if found["key"] != place.parts[0]:
                wrong.append(place)

    def change() -> None:
        for place in places * 20:
            references.forget(place)

    at_once([read] * 7 + [change])
    assert wrong == []
