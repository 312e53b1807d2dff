"""Tags and references in bodies."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.fields.tags import Tags
from shared.fields.values import Reference

tags = TypeAdapter(Tags)
reference = TypeAdapter(Reference)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["Action", " action ", "", "ACTION", "Drama"], ["Action", "Drama"]),
        (" Isekai , ,isekai,Slice of Life,", ["Isekai", "Slice of Life"]),
        (["Café", "Cafe\u0301", "Cafe"], ["Café", "Cafe"]),
        (["Straße", "STRASSE"], ["Straße"]),
        (["a,b"], ["a,b"]),
        ("", []),
        ([], []),
        (None, []),
        (["x"] * 1000, ["x"]),
        (["a" * 255], ["a" * 255]),
    ],
)
def test_tags_are_cleaned_and_the_first_spelling_wins(given: Any, read: list[str]) -> None:
    assert tags.validate_python(given) == read


@pytest.mark.parametrize(
    "given",
    [
        7,
        0,
        False,
        {},
        {"a": 1},
        [1],
        [None],
        ["a\x00"],
        "\ud800",
        ["a" * 256],
        [str(n) for n in range(201)],
        ["x"] * 1001,
        "," * 1000,
    ],
)
def test_what_is_not_tags_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        tags.validate_python(given)


@pytest.mark.parametrize(("given", "read"), [(7, 7), ("7", 7), ({"id": 7}, 7), ({"id": "7", "name": "x"}, 7)])
def test_a_reference_is_an_id_or_an_object_with_one(given: Any, read: int) -> None:
    assert reference.validate_python(given) == read


@pytest.mark.parametrize("given", [0, -1, "07", "x", None, {}, {"id": {"id": 7}}, [7], True, 2**53])
def test_what_names_nothing_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        reference.validate_python(given)
