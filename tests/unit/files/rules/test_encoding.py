"""Base64 that uploads may and may not contain."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.rules.encoding import decode

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@given(st.binary(min_size=1, max_size=200))
def test_what_was_encoded_is_decoded(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert decode(text) == data
    assert decode("data:image/png;base64," + text) == data


@given(st.text(st.sampled_from(ALPHABET + "=\n -_"), min_size=1, max_size=24))
def test_only_one_text_stands_for_a_picture(text: str) -> None:
    """Every accepted text is exactly what an encoder writes."""
    try:
        data = decode(text)
    except ValueError:
        return
    assert base64.b64encode(data).decode() == text


@given(st.binary(min_size=1, max_size=60), st.integers(0, 200), st.sampled_from(" \n\r\t\0-_.:é"))
def test_one_wrong_character_anywhere_is_too_many(data: bytes, place: int, wrong: str) -> None:
    text = base64.b64encode(data).decode()
    at = place % (len(text) + 1)
    with pytest.raises(ValueError, match="base64"):
        decode(text[:at] + wrong + text[at:])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("aGFsbG8", "padding"),
        ("aGFsbG8==", "padding"),
        ("aGFsbG8=aGFs", "padding"),
        ("=aGFsbG8", "padding"),
        ("aGFsbG9=", "does not fit its padding"),
        ("aGFs bG8=", "only base64 data"),
        ("aGFs\nbG8=", "only base64 data"),
        ("-_-_", "only base64 data"),
        ("aé==", "ASCII"),
        ("a", "1 more than a multiple of 4"),
        ("", "holds no picture"),
        ("data:image/png;base64,", "holds no picture"),
        ("data:image/png,aGFs", "data URL"),
        ("data:;BASE64,aGFs", "data URL"),
        ("data:image/png;base64, aGFs", "only base64 data"),
        (7, "text"),
        (["aGFs"], "text"),
        ({"data": "aGFs"}, "text"),
    ],
)
def test_the_reason_is_named(text: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode(text)


@pytest.mark.parametrize(
    "header", ["data:;base64,", "data:image/svg+xml;charset=utf-8;base64,", "DATA:x/y;base64,"]
)
def test_what_a_data_url_says_about_itself_does_not_matter(header: str) -> None:
    if header.startswith("data:"):
        assert decode(header + "aGFsbG8=") == b"hallo"
    else:
        with pytest.raises(ValueError, match="data URL"):
            decode(header + "aGFsbG8=")
