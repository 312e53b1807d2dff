"""Decoding of pictures sent as base64, bare or in a data URL."""

import binascii
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_DATA_URL = re.compile(rb"data:[A-Za-z0-9.+/;=_-]{0,200};base64,")
_QUANTUM = 4
"""Base64 characters per three bytes; the last group may be padded with ``=``."""


def decode(text: Any) -> bytes:
    """Return the bytes of base64 ``text``, which may be a data URL.

    Decoding is strict: standard alphabet, full padding, no blanks, no line breaks. Raises ``ValueError`` with
    the reason otherwise. Long text is a ``memoryview`` of the body, because each copy takes megabytes.
    """
    if isinstance(text, str):
        if not text.isascii():
            raise ValueError("must be standard base64: only ASCII characters")
        text = memoryview(text.encode())
    if not isinstance(text, memoryview):
        raise ValueError("must be base64 text")
    if bytes(text[:5]).lower() == b"data:":
        text = _without_header(text)
    if not text:
        raise ValueError("holds no picture")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise ValueError(f"must be standard base64: {str(error)[:1].lower()}{str(error)[1:]}") from None
    # Each picture has one valid encoding, so a last character with unused bits set is refused.
    last = data[len(data) - (len(data) % 3 or 3) :]
    if binascii.b2a_base64(last, newline=False) != text[-_QUANTUM:]:
        raise ValueError("must be standard base64: the last character does not fit its padding")
    return data


def _without_header(text: memoryview) -> memoryview:
    header = _DATA_URL.match(text)
    if header is None:
        raise ValueError("must be a data URL in base64 (data:image/...;base64,...) or bare base64")
    return text[header.end() :]


Encoded = Annotated[
    bytes,
    BeforeValidator(decode),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "description": "A JPEG, PNG, WebP, GIF or AVIF picture in base64, bare or as a data URL.",
            "examples": [
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
            ],
        }
    ),
]
"""A picture in a body, decoded to the bytes of its file."""
