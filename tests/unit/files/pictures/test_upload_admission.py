"""Bodies of uploads: the fields that are read, and that no other value is built."""

import base64
import json
import sys
import tracemalloc
from functools import partial
from typing import Any

import pytest
from flask import Flask

from files.app import PAGES
from files.pictures.upload_admission import parse
from files.routes.admin_volumes import Cover
from files.routes.media import NewMedia
from shared.errors import Refusal
from shared.web.parsing import BodyReader

MIB = 1024 * 1024
PICTURE = bytes(range(256)) * 8192
BASE64 = base64.b64encode(PICTURE)
INVALID, MISSING = "Invalid parameters", "Required parameters missing"
app = Flask(__name__)


def read(body: bytes) -> NewMedia:
    with app.test_request_context("/", method="POST", data=body, content_type="application/json"):
        return BodyReader(NewMedia).read(sys.maxsize, partial(parse, NewMedia))


def refused(body: bytes) -> tuple[str, set[str]]:
    with pytest.raises(Refusal) as refusal:
        read(body)
    assert refusal.value.status == 400
    return refusal.value.text, set(refusal.value.errors)


def body(image: bytes = BASE64, more: bytes = b"") -> bytes:
    return b'{"name": "x", "tags": ["a", "b"], "image": "%s"%s}' % (image, more)


ESCAPED = BASE64.replace(b"/", rb"\/").replace(b"+", rb"\u002b").replace(b"A", rb"\u0041")


@pytest.mark.parametrize(
    "image", [BASE64, b"data:image/png;base64," + BASE64, ESCAPED, b"data:;base64," + ESCAPED]
)
def test_a_picture_is_read_however_its_base64_is_written(image: bytes) -> None:
    found = read(body(image))
    assert (found.image, found.name, found.tags) == (PICTURE, "x", ["a", "b"])


@pytest.mark.parametrize(
    "more",
    [
        b', "rest": "' + b"x" * 2 * MIB + b'"',
        b', "rest": [' + b'{"": 0}, ' * 300_000 + b"0]",
        b" " * 2 * MIB,
        b', "rest": "' + "é".encode() * MIB + b'"',
        b', "crop": {"width": 1, "height": 1, "left": 0, "top": 0}',
    ],
)
def test_what_nobody_asked_for_does_not_matter(more: bytes) -> None:
    assert read(body(more=more)).image == PICTURE


def test_other_fields_are_read_too() -> None:
    crop = {"width": 3, "height": 4, "left": 0, "top": 1}
    raw = bytearray(json.dumps({"image": BASE64.decode(), "crop": crop}).encode())
    assert parse(Cover, raw)["crop"] == crop


def test_of_a_name_that_comes_twice_the_last_one_counts() -> None:
    assert read(body(b"AAAA", more=b', "im\\u0061ge": "%s"' % BASE64)).image == PICTURE
    assert refused(body(more=b', "image": 5')) == (INVALID, {"image"})
    assert refused(body(more=b', "image": null')) == (MISSING, {"image"})


@pytest.mark.parametrize(
    ("sent", "text", "blamed"),
    [
        (body() + b" x", INVALID, {"body"}),
        (body()[:-1], INVALID, {"body"}),
        (body()[:-2], INVALID, {"body"}),
        (body(more=b', "rest": ' + b"[" * MIB), INVALID, {"body"}),
        (body(more=b', "rest": "\xff"'), INVALID, {"body"}),
        (body(BASE64 + b"\xc3"), INVALID, {"body"}),
        (body(BASE64 + b"\n"), INVALID, {"body"}),
        (body(BASE64 + rb"\q"), INVALID, {"body"}),
        (b"[" + body() + b"]", INVALID, {"body"}),
        (b" " * 2 * MIB, MISSING, {"body", "image", "name", "tags"}),
        (body(BASE64 + rb"\n"), INVALID, {"image"}),
        (body(BASE64 + "é".encode()), INVALID, {"image"}),
        (body(BASE64 + rb"\u00e9"), INVALID, {"image"}),
        (body(BASE64 + rb"\ud83d\ude00"), INVALID, {"image"}),
        (body(rb"\\" * MIB), INVALID, {"image"}),
        (body(BASE64 + b"!"), INVALID, {"image"}),
        (body(b" " * 2 * MIB), MISSING, {"image"}),
        (b'{"name": "x", "tags": [], "image": [%s0]}' % (b"0, " * MIB), INVALID, {"image"}),
        (b'{"name": "x", "tags": [], "image": %s}' % (b"1" * 2 * MIB), INVALID, {"image"}),
        (b'{"name": "x", "tags": [], "image": {"a": "%s"}}' % BASE64, INVALID, {"image"}),
        (b'{"name": "%s", "tags": [], "image": "AAAA"}' % BASE64, INVALID, {"name"}),
        (b'{"name": "x", "tags": [%s""], "image": "AAAA"}' % (b'"", ' * MIB), INVALID, {"tags"}),
        (b'{"tags": [], "image": "%s!"}' % BASE64, MISSING, {"name", "image"}),
    ],
)
def test_what_is_unusable_is_blamed(sent: bytes, text: str, blamed: set[str]) -> None:
    assert len(sent) > MIB
    assert refused(sent) == (text, blamed)


OBJECTS = b'{"": 0}, ' * (2 * MIB) + b"0"


@pytest.mark.parametrize(
    "hostile",
    [
        b'{"image": "AAAA", "rest": [%s]}' % OBJECTS,
        b'{"image": [%s]}' % OBJECTS,
        b'{"tags": [%s]}' % OBJECTS,
        b"[%s]" % OBJECTS,
        b'{"a": 0%s}' % b"".join(b', "%d": 0' % number for number in range(10**6)),
        body(rb"\u0041" * (3 * MIB)),
        body(b"A" * 18 * MIB + "é".encode()),
        body(b"A" * 18 * MIB + rb"\ud83d\ude00"),
        body(b"A" * 18 * MIB + b"!"),
        body(b" " * 18 * MIB),
    ],
    ids=[
        "objects",
        "objects as image",
        "objects as tags",
        "array",
        "names",
        "escapes",
        "é",
        "surrogates",
        "!",
        "blanks",
    ],
)
def test_no_body_is_in_memory_more_than_three_times(hostile: bytes) -> None:
    """As received, without escapes, and decoded."""
    raw = bytearray(hostile)
    del hostile
    tracemalloc.start()
    try:
        _outcome(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.2 * len(raw), f"{peak / MIB:.0f} MiB for {len(raw) / MIB:.0f}"


def _outcome(raw: bytearray) -> Any:
    try:
        return NewMedia.model_validate(parse(NewMedia, raw))
    except ValueError:
        return None


def test_whatever_file_nodes_take_by_post_needs_a_body() -> None:
    """An announcement has no body: a route that needs none would run at once."""
    posts = [route for page in PAGES for route in page.routes if route.method == "POST"]
    assert posts
    assert [
        route.full_path for route in posts if not (route.signature.body and route.signature.body.required)
    ] == []
