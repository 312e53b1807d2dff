"""Pictures as text: base64, bare or in a data URL."""

import binascii
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_DATA_URL = re.compile(rb"data:[A-Za-z0-9.+/;=_-]{0,200};base64,")
_QUANTUM = 4
"""Characters that stand for three bytes; the last ones may be filled up with ``=``."""


def decode(text: Any) -> bytes:
    """Return the bytes that base64 ``text`` stands for, which may be a data URL.

    Strict: the standard alphabet, all of the padding, no blanks, no line breaks. Raises ``ValueError`` with
    the reason for anything else. Long text comes as a ``memoryview`` of it in the body, as each copy takes megabytes.
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
    # One encoding for each picture: a last character whose unused bits are set is a typing error too.
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
