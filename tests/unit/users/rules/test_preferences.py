"""Settings: permitted values, and the merge with stored ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Refusal
from users.rules.preferences import MAX_BYTES, MAX_KEYS, merged, setting, unwrapped

keys = st.text(max_size=5)
values = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)


@given(st.dictionaries(keys, values.filter(lambda value: value is not None)), st.dictionaries(keys, values))
def test_null_removes_and_anything_else_replaces(current: dict[str, Any], changes: dict[str, Any]) -> None:
    result = merged(current, changes)
    assert all(value is not None for value in result.values())
    for key in {*current, *changes}:
        assert result.get(key) == (changes[key] if key in changes else current[key])


def test_64_keys_fit_and_no_more() -> None:
    full = {str(number): number for number in range(MAX_KEYS)}
    assert merged(full, {"0": "changed"})["0"] == "changed"
    assert len(merged(full, {"0": None, "new": 1})) == MAX_KEYS
    with pytest.raises(Refusal, match="Invalid parameters"):
        merged(full, {"new": 1})


def test_16_kib_fit_and_no_more() -> None:
    room = MAX_BYTES - len('{"a":""}')
    assert merged({}, {"a": "x" * room})
    with pytest.raises(Refusal, match="Invalid parameters"):
        merged({}, {"a": "x" * (room + 1)})
    with pytest.raises(Refusal, match="Invalid parameters"):
        merged({}, {"a": "ü" * (room // 2 + 1)})


@pytest.mark.parametrize("value", [[], {}, ["a"], float("nan"), float("inf"), "a\x00", "\ud800", 2**53])
def test_a_setting_is_a_scalar_that_json_can_hold(value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        setting(value)


@pytest.mark.parametrize("body", [{"a": 1}, {"settings": {"a": 1}}, {" a ": 1}])
def test_settings_may_be_wrapped(body: Any) -> None:
    assert unwrapped(body) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"settings": None}, "Required parameters missing"),
        ({"settings": " "}, "Required parameters missing"),
        ({"settings": "x"}, "Invalid parameters"),
        ({"settings": {}, "a": 1}, "Invalid parameters"),
        ({" ": 1}, "Invalid parameters"),
        ({"a" * 256: 1}, "Invalid parameters"),
        ({"a\x00": 1}, "Invalid parameters"),
        ({"\ud800": 1}, "Invalid parameters"),
    ],
)
def test_settings_that_nobody_can_use_are_refused(body: Any, text: str) -> None:
    with pytest.raises(Refusal, match=text) as refused:
        unwrapped(body)
    assert set(refused.value.errors) == {"settings"}
