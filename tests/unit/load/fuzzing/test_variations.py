"""Variations of requests for ``make fuzz``, and the faults found in answers."""

import json
from random import Random
from typing import Any

import pytest

from tests.load.fuzzing.api.asking import has_blanks
from tests.load.fuzzing.api.judging import Operation
from tests.load.fuzzing.api.variations import Asked, damaged, varied

ASKED = [
    Asked({"id": 1}, {"limit": 5, "search": "a"}, {"name": "x", "tags": ["a", "b"]}, has_body=True),
    Asked({"id": 2}, {}, {"name": "y", "nested": {"deep": [1, 2]}}, has_body=True),
]
DOCUMENT: Any = {
    "components": {"schemas": {"Thing": {"type": "object", "required": ["id"]}}},
    "paths": {
        "/things/{id}/{size}": {
            "get": {
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer", "minimum": 1},
                    },
                    {
                        "name": "size",
                        "in": "path",
                        "required": True,
                        "schema": {"enum": ["small", "large"], "default": "small"},
                    },
                    {"name": "deep", "in": "query", "schema": {"type": "boolean"}},
                ],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
                    },
                    "404": {"content": {"application/json": {}}},
                },
            }
        }
    },
}
JSON = {"content-type": "application/json"}
REFUSAL = b'{"data":"Not found","code":404}'


def _texts(seed: int) -> list[str]:
    chance = Random(seed)
    return [repr((one := varied(ASKED, chance)).target("/x/{id}")) + repr(one.text()) for _ in range(300)]


def test_a_seed_decides_what_is_sent() -> None:
    assert _texts(1) == _texts(1)
    assert len(set(_texts(1)) | set(_texts(2))) > 400


def test_parts_of_other_requests_are_taken_and_nothing_given_is_changed() -> None:
    before = json.dumps([one.body for one in ASKED])
    assert any("nested" in text and "limit" in text for text in _texts(3))
    assert json.dumps([one.body for one in ASKED]) == before


def test_a_damaged_text_is_another() -> None:
    chance = Random(0)
    assert any(damaged(b'{"name":"x"}', chance) != b'{"name":"x"}' for _ in range(20))


@pytest.mark.parametrize(
    ("path", "query", "forbidden"),
    [
        ({"id": 1}, {}, False),
        ({"id": "7"}, {"deep": "TRUE"}, False),
        ({"id": "07"}, {}, True),
        ({"id": 0}, {}, True),
        ({"id": 1.0}, {}, True),
        ({"id": " "}, {}, True),
        ({"id": 1, "size": " "}, {}, False),
        ({"id": 1, "size": "large"}, {}, False),
        ({"id": 1, "size": "huge"}, {}, True),
        ({"id": 1}, {"deep": "2"}, True),
        ({"id": 1}, {"deep": " "}, False),
        ({"id": 1}, {"deep": ["1", "2"]}, False),
    ],
)
def test_what_path_and_query_may_be(path: Any, query: Any, forbidden: bool) -> None:
    asked = Asked(path, query, None, has_body=False)
    assert Operation(DOCUMENT, "GET", "/things/{id}/{size}").forbids(asked) is forbidden


@pytest.mark.parametrize(
    ("url", "body", "blanks"),
    [
        ("http://x/a/b?c=d", {"name": "n", "tags": ["t", 1, None]}, False),
        ("http://x/a/%20", None, True),
        ("http://x/a?c=", None, True),
        ("http://x/a?c=%20d", None, True),
        ("http://x/a", {"name": "\x85n"}, True),
        ("http://x/a", {"name": "", "tags": [{"deep": "t "}]}, True),
    ],
)
def test_blanks_are_seen_wherever_they_do_not_count(url: str, body: Any, blanks: bool) -> None:
    assert has_blanks(url, body) is blanks


@pytest.mark.parametrize(
    ("status", "headers", "body", "forbidden", "wrong"),
    [
        (200, JSON, b'{"id":1}', False, []),
        (404, JSON, REFUSAL, True, []),
        (200, JSON, b'{"id":1}', True, ["accepted though it breaks its schema"]),
        (200, JSON, b"{}", False, ["a document that breaks its schema"]),
        (
            200,
            {"content-type": "text/html"},
            b"{}",
            False,
            ["a content type that is not declared: 'text/html'"],
        ),
        (409, JSON, b'{"data":"Conflict","code":409}', False, ["a status that is not declared"]),
        (404, JSON, b'{"data":"Not found"}', False, ["not of the contract's shape"]),
    ],
)
def test_what_is_wrong_with_an_answer_is_seen(
    status: int, headers: Any, body: bytes, forbidden: bool, wrong: list[str]
) -> None:
    operation = Operation(DOCUMENT, "GET", "/things/{id}/{size}")
    assert list(operation.problems(status, headers, body, forbidden=forbidden)) == wrong
