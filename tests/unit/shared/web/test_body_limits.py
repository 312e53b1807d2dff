"""The limits on a body are checked before its parts, so that no part can cost too much."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from catalog.schemas.ordering import MAX_POSITIONS, NewOrder
from catalog.schemas.series import SeriesChanges
from catalog.schemas.volumes import Extras, Url, VolumeChanges
from files.rules.formats import format_of
from shared.errors import INVALID, MOST_ERRORS, Refusal
from shared.fields.languages import language_name
from shared.web.pagination import PageQuery
from users.rules.accounts import credential
from users.rules.preferences import MAX_KEYS, unwrapped
from users.schemas.admin_users import UserChanges
from users.schemas.auth import Credentials

url = TypeAdapter(Url)
extras = TypeAdapter(Extras)


def _arrays() -> list[tuple[type[BaseModel], str]]:
    models = (NewOrder, SeriesChanges, VolumeChanges, UserChanges)
    return [
        (model, name)
        for model in models
        for name, schema in model.model_json_schema()["properties"].items()
        if schema.get("type") == "array"
    ]


@pytest.mark.parametrize(("model", "field"), _arrays(), ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("item", ["x", 1, {"id": 1}, None], ids=repr)
def test_an_array_is_refused_after_its_first_fault(model: type[BaseModel], field: str, item: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({field: [item] * 20_000})
    assert len([error for error in refused.value.errors() if error["loc"][0] == field]) <= 3


def test_an_order_of_ten_thousand_is_taken_and_no_longer_one() -> None:
    assert len(NewOrder(order=list(range(1, MAX_POSITIONS + 1))).order) == MAX_POSITIONS == 10_000
    with pytest.raises(ValidationError, match="at most 10000"):
        NewOrder(order=list(range(1, MAX_POSITIONS + 2)))


def test_a_refusal_names_a_hundred_fields_at_most() -> None:
    errors = INVALID.with_errors({str(number): "is wrong" for number in range(1000)}).errors
    assert list(errors) == [str(number) for number in range(MOST_ERRORS)]


def test_too_many_settings_are_refused_before_they_are_looked_at() -> None:
    assert len(unwrapped({str(number): 1 for number in range(MAX_KEYS)})) == MAX_KEYS
    with pytest.raises(Refusal) as refused:
        unwrapped({"\x00" * number: [] for number in range(MAX_KEYS + 1)})
    assert refused.value.errors == {"settings": "must have at most 64 keys"}


@pytest.mark.parametrize("text", ["x" * 256, "é" * 2000, "a" + "\u0315\u0300" * 500_000])
def test_what_is_too_long_for_a_name_or_password_is_none(text: str) -> None:
    assert credential(text) == ""
    assert Credentials(username=text, password=text).username == ""


def test_a_name_or_password_of_too_many_marks_is_refused() -> None:
    assert credential("a" + "\u0301" * 30) == "á" + "\u0301" * 29
    with pytest.raises(ValueError, match="combining marks"):
        credential("a" + "\u0301" * 31)


@pytest.mark.parametrize(
    "given",
    [
        "http://xn--" + "a" * 300,
        "http://" + "a" * 301 + "/",
        "http:\\\\" + "a" * 301,
        "http:" + "a" * 301,
        "http:/\n/" + "a" * 301,
        "https://example.org/\tx",
    ],
)
def test_no_address_with_a_long_host_is_read(given: str) -> None:
    with pytest.raises(ValidationError, match="must be an http or https address"):
        url.validate_python(given)


def test_addresses_may_be_long_behind_their_host() -> None:
    given = "https://example.org/" + "x" * 1900
    assert url.validate_python(given) == given


@pytest.mark.parametrize(
    "given", [{"a": [0] * 300_000}, {"a": {"b": "x" * 20_001}}, {"x" * 20_001: 1}, {"a": ["é" * 300] * 60}]
)
def test_extras_are_measured_while_they_are_read(given: Any) -> None:
    with pytest.raises(ValidationError, match="at most 20000"):
        extras.validate_python(given)


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        ("x" * 255, True),
        ("x" * 256, False),
        ("\ufdfa" * 14, True),
        ("\ufdfa" * 15, False),
        ("ß" * 128, False),
    ],
)
def test_a_search_is_bounded_as_the_database_gets_it(search: str, fits: bool) -> None:
    if fits:
        assert PageQuery(search=search).search == search
    else:
        with pytest.raises(ValidationError, match="must have at most 255 characters"):
            PageQuery(search=search)


def test_a_language_may_have_blanks_but_no_length() -> None:
    assert language_name(" " * 1000 + "german" + " " * 1000) == "German"
    assert language_name("german" * 100) is None


def test_only_the_beginning_of_a_file_is_looked_at_to_name_its_kind() -> None:
    page = b"<html>"
    for blanks, named in ((4000, True), (5000, False)):
        with pytest.raises(Refusal) as refused:
            format_of(b" " * blanks + page)
        assert ("a web page" in json.dumps(refused.value.errors)) is named
