"""Picture formats, recognised by their first bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.rules.formats import format_of
from shared.errors import Refusal
from tests.support.pictures import encoded, quarters

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_known_by_its_bytes(kind: str) -> None:
    assert format_of(encoded(quarters(16, 16), kind)) == kind


def reason(data: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        format_of(data)
    assert (refused.value.status, list(refused.value.errors)) == (400, ["image"])
    return refused.value.errors["image"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("TIFF", " but a TIFF"),
        ("BMP", " but a BMP"),
        ("JPEG2000", " but a JPEG 2000"),
        ("PDF", " but a document"),
        ("ICO", ""),
        ("PPM", ""),
        ("TGA", ""),
    ],
)
def test_other_kinds_are_refused_by_their_names(kind: str, name: str) -> None:
    data = encoded(quarters(16, 16), kind)
    assert reason(data) == f"is no JPEG, PNG, WebP, GIF or AVIF picture{name}"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg width='1'/>", "an SVG"),
        (b"\xef\xbb\xbf<!DOCTYPE html><script>alert(1)</script>", "a web page"),
        (b"\n <SCRIPT>alert(1)</SCRIPT>", "a web page"),
        (b"<?php system($_GET['c']);", "a web page"),
        (b"#!/bin/sh\nrm -rf /", "a script"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "a HEIC"),
        (b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00isomiso2mp41", "a video"),
        (b"PK\x03\x04\x14\x00", "an archive"),
    ],
)
def test_disguises_are_refused_by_their_names(data: bytes, name: str) -> None:
    assert reason(data) == f"is no JPEG, PNG, WebP, GIF or AVIF picture but {name}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b" \x89PNG\r\n\x1a\n",
        b"GIF88a",
        b"RIFF\x10\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00isomiso2mp41",
        b"\x00\x00\x00\x14ftypheic\x00\x00\x00\x00mif1avif",
    ],
)
def test_disguises_are_refused(data: bytes) -> None:
    with pytest.raises(Refusal):
        format_of(data)


def test_an_avif_may_name_itself_second() -> None:
    assert format_of(b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00miafavif") == "AVIF"


@given(st.binary(max_size=64))
def test_nothing_but_a_refusal_comes_of_any_bytes(data: bytes) -> None:
    with suppress(Refusal):
        assert format_of(data) in KINDS
