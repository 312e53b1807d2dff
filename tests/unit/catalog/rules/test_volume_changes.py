"""The changes that an edit of a volume may contain."""

from typing import Any

import pytest
from pydantic import ValidationError

from catalog.schemas.volumes import VolumeChanges


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("name", " Vol. 1 ", "Vol. 1"),
        ("language", "de", "German"),
        ("description", "", None),
        ("extras", {"a": [1, None, {"b": "c"}]}, {"a": [1, None, {"b": "c"}]}),
        ("isbn13", "978-0-306-40615-7", "9780306406157"),
        ("pages", "208", 208),
        ("rating", "7.5", 7.5),
        ("special", "true", True),
        ("nsfw", 1, True),
        ("type", "Hardcover", "Hardcover"),
        ("type", "", None),
    ],
)
def test_a_field_is_stored_as_it_is_meant(field: str, given: Any, stored: Any) -> None:
    assert VolumeChanges.model_validate({field: given}).columns() == {field: stored}


def test_only_what_is_sent_is_changed() -> None:
    assert VolumeChanges().columns() == {}
    assert not VolumeChanges().moves
    assert VolumeChanges.model_validate({"edition": None}).columns() == {"edition_id": None}
    assert VolumeChanges.model_validate({"group": "-1"}).moves
    assert VolumeChanges.model_validate({"added_links": None, "removed_media": None}).columns() == {}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", None),
        ("name", " "),
        ("name", "x" * 256),
        ("group", None),
        ("group", 0),
        ("group", -2),
        ("group", True),
        ("language", "Klingon"),
        ("release_date", "2024-02-30"),
        ("description", "x" * 20_001),
        ("extras", []),
        ("extras", "text"),
        ("extras", {"a": "\x00"}),
        ("extras", {"a": "x" * 20_001}),
        ("isbn10", "0306406153"),
        ("type", "Papyrus"),
        ("pages", -1),
        ("pages", 100_001),
        ("pages", 1.5),
        ("rating", -0.1),
        ("rating", 101),
        ("rating", "NaN"),
        ("special", None),
        ("public", "yes"),
        ("added_links", [{"url": "ftp://example.com"}]),
        ("added_links", [{"url": "javascript:alert(1)"}]),
        ("added_links", [{"url": "https://example.com/" + "x" * 2000}]),
        ("added_links", [{}]),
        ("added_links", ["https://example.com"]),
        ("added_links", [{"url": "https://example.com"}] * 501),
        ("removed_links", [0]),
        ("removed_links", [{}]),
        ("added_media", 5),
        ("removed_media", ["x"]),
    ],
)
def test_what_is_unusable_is_refused(field: str, given: Any) -> None:
    with pytest.raises(ValidationError):
        VolumeChanges.model_validate({field: given})


def test_things_are_named_by_id_or_by_objects_that_have_one() -> None:
    changes = VolumeChanges.model_validate(
        {"removed_links": [1, "2", {"id": 3, "url": "x"}], "added_media": [{"id": "4"}]}
    )
    assert changes.removed_links == [1, 2, 3]
    assert changes.added_media == [4]


def test_an_address_is_kept_as_it_was_given() -> None:
    changes = VolumeChanges.model_validate(
        {"added_links": [{"url": " https://Example.com/a b?q=ü ", "name": ""}]}
    )
    assert changes.added_links[0].model_dump() == {
        "url": "https://Example.com/a b?q=ü",
        "name": None,
        "src": None,
    }
