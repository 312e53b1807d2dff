"""The contract that ``shared.web.routes`` enforces, on a small service."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.identity.tokens import HEADER, Caller, Identity, TokenTarget, sign
from shared.web.parsing import MAX_BODY
from shared.web.service import service
from tests.support.errors import FORBIDDEN, INVALID, MISSING, UNAUTHORIZED
from tests.support.shelf_service import KEY, api, inner


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setenv("TOKEN_KEYS", json.dumps({"gateway": KEY, "files": "f" * 64}))
    return service("shelves", [api, inner], max_body=100_000).test_client()


ANA = Identity("user", "", Caller(7, "ana", "s", frozenset({"view-shelves", "edit-shelves"})))
BEN = Identity("user", "", Caller(8, "ben", "s", frozenset()))
NOBODY, GONE = Identity("anonymous", ""), Identity("gone", "")


def ask(client: FlaskClient, method: str, path: str, who: Identity = ANA, **body: Any) -> TestResponse:
    token = sign(who, TokenTarget("shelves", method, path.partition("?")[0]), issuer="gateway", key=KEY)
    return client.open(path, method=method, headers={HEADER: token}, **body)


def seen(response: TestResponse) -> str:
    assert response.status_code == 200, response.text
    return str(response.json and response.json["seen"])


def refusal(response: TestResponse) -> tuple[int, str, set[str]]:
    body = response.json
    assert body is not None
    assert body["code"] == response.status_code
    return body["code"], body["data"], set(body.get("errors", {}))


def test_a_query_is_read_with_its_defaults(client: FlaskClient) -> None:
    expected = "1 9007199254740991 0 '' name-asc"
    assert seen(ask(client, "GET", "/shelves?client=1")) == expected
    assert seen(ask(client, "GET", "/shelves/?client=1&limit=&search=%20&order=")) == expected
    assert seen(ask(client, "GET", "/shelves?client=1&limit=9007199254740991&offset=0")) == expected


@pytest.mark.parametrize(
    ("query", "expected", "fields"),
    [
        ("", MISSING, {"client"}),
        ("?client=", MISSING, {"client"}),
        ("?limit=x", MISSING, {"client", "limit"}),
        ("?client=abc", INVALID, {"client"}),
        ("?client=1&limit=0", INVALID, {"limit"}),
        ("?client=1&limit=9007199254740992", INVALID, {"limit"}),
        ("?client=01", INVALID, {"client"}),
        ("?client=%2B1", INVALID, {"client"}),
        ("?client=1.0", INVALID, {"client"}),
        ("?client=1&offset=-1&order=up", INVALID, {"offset", "order"}),
        ("?client=1&search=%00", INVALID, {"search"}),
    ],
)
def test_a_query_that_cannot_be_used_is_a_400(
    client: FlaskClient, query: str, expected: tuple[int, str], fields: set[str]
) -> None:
    assert refusal(ask(client, "GET", "/shelves" + query)) == (*expected, fields)


def test_a_body_is_read_and_cleaned(client: FlaskClient) -> None:
    body = {"name": " Manga ", "order": [1, "2"], "heavy": "TRUE", "note": "", "unknown": 1}
    assert seen(ask(client, "POST", "/shelves/edit/5", json=body)) == "ana 5 Manga [1, 2] True None"


@pytest.mark.parametrize(
    ("body", "expected", "fields"),
    [
        ({}, MISSING, {"name", "order"}),
        ({"name": " ", "order": []}, MISSING, {"name", "order"}),
        ({"name": None, "order": [1]}, MISSING, {"name"}),
        ({"order": ["x"]}, MISSING, {"name", "order"}),
        ({"name": 5, "order": [1]}, INVALID, {"name"}),
        ({"name": "a" * 256, "order": [1]}, INVALID, {"name"}),
        ({"name": "a\x00", "order": [1]}, INVALID, {"name"}),
        ({"name": "\ud800", "order": [1]}, INVALID, {"name"}),
        ({"note": "\udfff", "order": []}, MISSING, {"name", "note", "order"}),
        ({"name": "a", "order": [True]}, INVALID, {"order"}),
        ({"name": "a", "order": [1.0]}, INVALID, {"order"}),
        ({"name": "a", "order": [0]}, INVALID, {"order"}),
        ({"name": "a", "order": [2**53]}, INVALID, {"order"}),
        ({"name": "a", "order": {}}, INVALID, {"order"}),
        ({"name": "a", "order": [1], "heavy": 2}, INVALID, {"heavy"}),
        ({"name": "a", "order": [1], "heavy": None}, INVALID, {"heavy"}),
        ([], INVALID, {"body"}),
        ("text", INVALID, {"body"}),
        (None, INVALID, {"body"}),
    ],
)
def test_a_body_that_cannot_be_used_is_a_400(
    client: FlaskClient, body: Any, expected: tuple[int, str], fields: set[str]
) -> None:
    answer = ask(client, "POST", "/shelves/edit/5", data=json.dumps(body), content_type="application/json")
    assert refusal(answer) == (*expected, fields)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"name": NaN}',
        b'{"name": "\\ud800", "order": NaN}',
        b'{"name": "\\ud800", "order": [1]',
        b'{"name": "\xff", "order": [1]}',
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b"{",
        '{"name": "a", "order": [1]}'.encode("utf-16"),
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_a_body_that_is_no_json_is_a_400(client: FlaskClient, raw: bytes) -> None:
    answer = ask(client, "POST", "/shelves/edit/5", data=raw, content_type="application/json")
    assert refusal(answer) == (*INVALID, {"body"})


def test_only_application_json_is_a_body(client: FlaskClient) -> None:
    answer = ask(
        client, "POST", "/shelves/edit/5", data='{"name":"a","order":[1]}', content_type="text/plain"
    )
    assert refusal(answer) == (*INVALID, {"body"})


def test_no_body_at_all_names_what_is_missing(client: FlaskClient) -> None:
    assert refusal(ask(client, "POST", "/shelves/edit/5")) == (*MISSING, {"body", "name", "order"})


def test_a_body_too_large_is_a_413(client: FlaskClient) -> None:
    answer = ask(client, "POST", "/shelves/edit/5", data=b"x" * 100_001, content_type="application/json")
    assert refusal(answer)[0] == 413


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A service that takes pictures."""
    monkeypatch.setenv("TOKEN_KEYS", json.dumps({"gateway": KEY, "files": "f" * 64}))
    return service("shelves", [api, inner], max_body=4 * MAX_BODY).test_client()


@pytest.mark.parametrize(
    ("path", "values", "length", "taken"),
    [
        ("/shelves/edit/5", 50_000, MAX_BODY, True),
        ("/shelves/edit/5", 50_001, MAX_BODY, False),
        ("/shelves/late", 10_000, MAX_BODY + 1, True),
        ("/shelves/late", 10_001, MAX_BODY + 1, False),
    ],
)
def test_a_body_of_too_many_values_is_refused_before_it_is_parsed(
    path: str, values: int, length: int, taken: bool, large: FlaskClient
) -> None:
    body = b'{"name":"a","order":[' + b"1," * (values - 3) + b"1]}"
    assert sum(map(body.count, (b"{", b"[", b","))) == values
    answer = ask(large, "POST", path, data=body.ljust(length), content_type="application/json")
    if taken:
        assert answer.status_code == 200
    else:
        assert refusal(answer) == (*INVALID, {"body"})


def test_only_bodies_that_are_read_when_asked_for_may_be_large(large: FlaskClient) -> None:
    body = json.dumps({"name": "a", "order": [1]}).encode().ljust(MAX_BODY + 1)
    assert (
        refusal(ask(large, "POST", "/shelves/edit/5", data=body, content_type="application/json"))[0] == 413
    )
    assert seen(ask(large, "POST", "/shelves/late", data=body, content_type="application/json")) == "a"


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON ; charset=utf-8", "application/json;" * 400]
)
def test_parameters_of_the_media_type_do_not_matter(kind: str, client: FlaskClient) -> None:
    body = json.dumps({"name": "a", "order": [1]})
    assert seen(ask(client, "POST", "/shelves/late", data=body, content_type=kind)) == "a"


@pytest.mark.parametrize("path", ["/shelves/edit", "/shelves/edit/"])
def test_a_path_without_its_id_is_a_400(client: FlaskClient, path: str) -> None:
    assert refusal(ask(client, "POST", path, json={"name": "a", "order": [1]})) == (*MISSING, {"id"})


@pytest.mark.parametrize("path", ["/shelves//notes", "/shelves/notes"])
def test_an_id_missing_inside_a_path_is_a_400(client: FlaskClient, path: str) -> None:
    assert refusal(ask(client, "POST", path, json={"name": "a", "order": [1]})) == (*MISSING, {"id"})


@pytest.mark.parametrize(
    ("path", "absent"),
    [
        ("/shelves/picture//front", {"id"}),
        ("/shelves/picture//front/big", {"id"}),
        ("/shelves/picture/5//big", {"side"}),
        ("/shelves/picture///big", {"id", "side"}),
        ("/shelves/picture", {"id", "side"}),
    ],
)
def test_every_part_that_a_path_lacks_is_named(client: FlaskClient, path: str, absent: set[str]) -> None:
    assert refusal(ask(client, "GET", path)) == (*MISSING, absent)


@pytest.mark.parametrize("id", ["0", "-1", "+1", "01", "1.0", "1e3", "9007199254740992", "abc", "%D9%A3"])
def test_an_unusable_id_is_a_400(client: FlaskClient, id: str) -> None:
    assert refusal(ask(client, "GET", f"/shelves/picture/{id}/front")) == (*INVALID, {"id"})


def test_a_part_may_have_a_default(client: FlaskClient) -> None:
    assert seen(ask(client, "GET", "/shelves/picture/5/front/")) == "5 front small"
    assert seen(ask(client, "GET", "/shelves/picture/5/front/big")) == "5 front big"
    assert refusal(ask(client, "GET", "/shelves/picture/5/top")) == (*INVALID, {"side"})
    assert refusal(ask(client, "GET", "/shelves/picture/5")) == (*MISSING, {"side"})


def test_refusals_come_in_their_order(client: FlaskClient) -> None:
    assert refusal(ask(client, "POST", "/shelves/edit/x", NOBODY))[:2] == UNAUTHORIZED
    assert refusal(ask(client, "POST", "/shelves/edit/x", BEN))[:2] == FORBIDDEN
    assert refusal(ask(client, "POST", "/shelves/edit/x", GONE))[:2] == (404, "User not found")
    assert refusal(ask(client, "POST", "/shelves/edit/x", ANA))[0] == 400
    assert refusal(ask(client, "POST", "/shelves/update-image/x", NOBODY))[0] == 503


def test_open_routes_are_open_to_all(client: FlaskClient) -> None:
    for who in (NOBODY, GONE, BEN):
        assert seen(ask(client, "GET", "/shelves/picture/5/front", who)) == "5 front small"


def test_only_the_gateway_is_believed(client: FlaskClient) -> None:
    assert client.get("/shelves/picture/5/front").status_code == 401
    assert refusal(ask(client, "GET", "/internal/doomed"))[0] == 401


def test_a_fault_is_a_500_with_the_documented_text(client: FlaskClient) -> None:
    assert refusal(ask(client, "GET", "/shelves/broken")) == (500, "Could not mend shelf", set())


def test_unknown_paths_and_methods(client: FlaskClient) -> None:
    assert refusal(ask(client, "GET", "/nowhere")) == (404, "Not found", set())
    wrong = ask(client, "DELETE", "/shelves/edit/5")
    assert refusal(wrong) == (405, "Method not allowed", set())
    assert wrong.headers["Allow"] == "POST"


def test_a_deferred_body_is_read_when_asked_for(client: FlaskClient) -> None:
    assert seen(ask(client, "POST", "/shelves/late", json={"name": "a", "order": [1]})) == "a"
    assert refusal(ask(client, "POST", "/shelves/late", json={"order": [1]})) == (*MISSING, {"name"})


def test_the_document_shows_permission_texts_and_examples(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document is not None
    edit = document["paths"]["/shelves/edit/{id}"]["post"]
    assert edit["x-permission"] == "edit-shelves"
    assert set(edit["responses"]) >= {"200", "400", "401", "403", "404", "413", "500", "503"}
    assert edit["responses"]["200"]["content"]["application/json"]["example"] == {
        "data": "Shelf updated",
        "code": 200,
        "seen": "text",
    }
    assert "/internal/doomed" not in document["paths"]
