"""The changes that an edit of a series may contain."""

from typing import Any

import pytest
from pydantic import ValidationError

from catalog.schemas.series import SeriesChanges, one_description_a_language
from shared.errors import Refusal

PRESENT = {1: "German", 2: "English"}
IN_GERMAN = {"language": "de", "text": "a"}


def changes(**body: Any) -> SeriesChanges:
    return SeriesChanges.model_validate(body)


def test_only_what_is_sent_changes() -> None:
    assert changes().columns() == {}
    sent = changes(name="A", type="Novel", public="false", origin=None, tags="x, y").columns()
    assert sent == {"name": "A", "type": "Novel", "public": False, "origin": None, "tags": ["x", "y"]}


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"name": " "},
        {"type": None},
        {"type": "manga"},
        {"public": None},
        {"added_aliases": {}},
        {"added_aliases": [{}]},
        {"added_aliases": [{"name": "A", "language": "Klingon"}]},
        {"added_descriptions": [{"text": "no language"}]},
        {"modified_descriptions": [{"text": "no id"}]},
        {"modified_descriptions": [{"id": 1, "text": None}]},
        {"modified_editions": [{"id": 1, "name": None}]},
        {"removed_editions": ["x"]},
        {"added_descriptions": [{"language": "de", "text": "x" * 20_001}]},
    ],
)
def test_what_cannot_be_meant_is_refused(body: Any) -> None:
    with pytest.raises(ValidationError):
        changes(**body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"added_descriptions": [{"language": "fr", "text": "a"}, {"language": "ja", "text": "b"}]},
        {"removed_descriptions": [1], "added_descriptions": [IN_GERMAN]},
        {"modified_descriptions": [{"id": 1, "language": "en"}, {"id": 2, "language": "de"}]},
        {"modified_descriptions": [{"id": 1, "language": "ja"}], "added_descriptions": [IN_GERMAN]},
        {"removed_descriptions": [{"id": 2}], "modified_descriptions": [{"id": 1, "language": "English"}]},
    ],
)
def test_descriptions_may_change_places(body: Any) -> None:
    one_description_a_language(PRESENT, changes(**body))


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({"added_descriptions": [IN_GERMAN]}, "added_descriptions"),
        ({"added_descriptions": [{"language": "fr", "text": "a"}] * 2}, "added_descriptions"),
        ({"modified_descriptions": [{"id": 1, "language": "en"}]}, "modified_descriptions"),
        ({"modified_descriptions": [{"id": 3, "text": "a"}]}, "modified_descriptions"),
        ({"modified_descriptions": [{"id": 1, "text": "a"}] * 2}, "modified_descriptions"),
        ({"removed_descriptions": [1], "modified_descriptions": [{"id": 1}]}, "modified_descriptions"),
        ({"removed_descriptions": [3]}, "removed_descriptions"),
        ({"removed_descriptions": [1, "1"]}, "removed_descriptions"),
    ],
)
def test_two_descriptions_in_one_language_are_refused(body: Any, blamed: str) -> None:
    with pytest.raises(Refusal) as refused:
        one_description_a_language(PRESENT, changes(**body))
    assert (refused.value.status, list(refused.value.errors)) == (400, [blamed])
