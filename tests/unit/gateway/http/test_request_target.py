"""Normalisation of request targets, and the refusal of ambiguous ones."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, strategies

from gateway.http import request_target
from shared.errors import Refusal

TEXTS = strategies.text(strategies.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\"))
SEGMENTS = TEXTS.filter(lambda text: text not in {".", ".."} and "." not in text)


def as_wsgi(target: str) -> str:
    """Return a target as in a WSGI environment: UTF-8 bytes decoded as Latin-1."""
    return target.encode().decode("latin-1")


@given(strategies.lists(SEGMENTS, min_size=1, max_size=5))
def test_every_spelling_of_a_path_becomes_one(segments: list[str]) -> None:
    plain = "/" + "/".join(segments)
    raw = as_wsgi(plain.replace("%", "%25").replace("?", "%3F").replace("#", "%23"))
    everything_escaped = "/" + "/".join(
        "".join(f"%{byte:02x}" for byte in segment.encode()) for segment in segments
    )
    read = request_target.parse(raw)
    assert read == request_target.parse(everything_escaped) == request_target.parse(quote(plain))
    assert read.segments == tuple(segments)
    assert unquote(read.path) == plain


@given(strategies.text(strategies.characters(max_codepoint=255), max_size=40))
@example("/a/%2e%2E/b")
@example("/%zz/%")
@example("/a?b=%\xe9#c")
def test_any_target_is_refused_or_read_the_same_again(target: str) -> None:
    try:
        read = request_target.parse(target)
    except Refusal:
        return
    again = request_target.parse(read.raw)
    assert again == read
    assert read.raw.isascii()
    assert read.raw.isprintable()
    assert " " not in read.raw


@pytest.mark.parametrize(
    "target",
    [
        "/volumes/../admin",
        "/volumes/..",
        "/./volumes",
        "/volumes/%2e%2e/admin",
        "/volumes/%2E%2e/admin",
        "/volumes/.%2e/x",
        "/volumes/a%2eb",
        "/volumes%2fcover/1",
        "/volumes%2Fcover/1",
        "/volumes\\cover",
        "/volumes%5ccover",
        "/volumes/%00",
        "/volumes/%0d%0aX-Evil:%201",
        "/volumes/%7f",
        "/volumes/%c2%85",
        "/volumes/%ff",
        "/volumes/%c0%af",
        "/volumes/%ed%a0%80",
        "/volumes/\xff",
        "/volumes#cover",
        "http://elsewhere/volumes",
        "volumes",
        "*",
        "",
    ],
)
def test_tricks_are_refused(target: str) -> None:
    with pytest.raises(Refusal) as refused:
        request_target.parse(target)
    assert refused.value.document()["code"] == 400


@pytest.mark.parametrize(
    ("target", "path", "segments"),
    [
        ("/", "/", ("",)),
        ("/volumes/", "/volumes/", ("volumes", "")),
        ("/users//save-settings", "/users//save-settings", ("users", "", "save-settings")),
        ("//evil/volumes", "//evil/volumes", ("", "evil", "volumes")),
        ("/%76olumes/%63over", "/volumes/cover", ("volumes", "cover")),
        ("/volumes/slug/%e9%ac%bc", "/volumes/slug/%E9%AC%BC", ("volumes", "slug", "鬼")),
        ("/volumes/%252e%252e", "/volumes/%252e%252e", ("volumes", "%2e%2e")),
        ("/volumes/a b%20c", "/volumes/a%20b%20c", ("volumes", "a b c")),
    ],
)
def test_paths_are_read(target: str, path: str, segments: tuple[str, ...]) -> None:
    read = request_target.parse(target)
    assert (read.path, read.segments) == (path, segments)


def test_a_query_keeps_its_meaning() -> None:
    assert request_target.parse("/a?search=100%&b=%41%2f").query == "search=100%25&b=%41%2F"
    assert request_target.parse('/a?q=[1]|"x"').query == "q=%5B1%5D%7C%22x%22"
    assert request_target.parse("/a?").raw == "/a"
    assert request_target.parse("/a?b?c").query == "b?c"
