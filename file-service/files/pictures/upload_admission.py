"""Admission of uploads by their headers, and parsing of their bodies in a decoding slot.

Of a large JSON body only the fields of the route's model are built: msgspec skips other fields without
building them, and returns a field as a view of the body. Measured on 31 MiB of small objects, and on a
picture of 31 MiB:

    msgspec 0.07 and 0.01 s, no memory; pydantic's parser 6 s with 920 MiB, and 0.01 s; ijson (yajl) 6 and 4.4 s;
    json-stream 30 and 0.5 s
"""

import codecs
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar

import msgspec
from flask import request
from pydantic import BaseModel

from files.refusals import EXPECTED
from files.runtime import current_runtime
from shared.files import upload_announcement
from shared.observability import logs
from shared.web.parsing import Deferred, decoded

Model = TypeVar("Model", bound=BaseModel)

_SMALL = 1024 * 1024
"""Maximum size, in bytes, of a body or of a field that is parsed completely."""
_PIECE = 64 * 1024
_QUOTE, _BLANK = ord('"'), ord(" ")
_ESCAPE = re.compile(rb"\\")
_MAX_ESCAPE = len(r"\u002b")
_NOT_BASE64 = b"\\"
_parsing = threading.Lock()
"""Held while a large body is parsed, because it is then in memory twice. The parsers hold the GIL anyway."""


@contextmanager
def uploaded(upload: Deferred[Model]) -> Iterator[Model]:
    """Hold a slot during the ``with`` block and yield the body, which is read in the slot.

    Raises 503 without a free slot, and 400 or 413 for an unusable body. An announcement raises ``EXPECTED``
    and never enters the block.
    """
    slots, step, request_id = (
        current_runtime().slots,
        request.headers.get(upload_announcement.HEADER),
        logs.request_id(),
    )
    if step == upload_announcement.ANNOUNCEMENT:
        slots.expect(request_id)
        raise EXPECTED
    if step == upload_announcement.WITHDRAWAL:
        slots.expect_no_more(request_id)
        raise EXPECTED
    with slots.one(request_id):
        yield upload.read(partial(parse, upload.model))


def parse(model: type[BaseModel], raw: bytearray) -> Any:
    """Return the fields of ``model`` in a JSON object. A large picture stays base64, as a view of the body.

    Returns None for JSON that is not an object (only for large bodies). Raises ``ValueError`` or
    ``RecursionError`` for invalid JSON.
    """
    if len(raw) <= _SMALL:
        return decoded(raw)
    with _parsing:
        if not raw.isascii():
            _check_utf8(raw)
        try:
            found = _decoder(model).decode(raw)
        except msgspec.ValidationError:
            return None  # JSON, but not an object
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None
        given = {name: memoryview(getattr(found, name)) for name in model.model_fields}
        return {name: _value(model, name, text) for name, text in given.items() if text}


@lru_cache
def _decoder(model: type[BaseModel]) -> "msgspec.json.Decoder[Any]":
    """Return a decoder that finds the fields of ``model`` in a JSON object."""
    fields = [(name, msgspec.Raw, msgspec.Raw()) for name in model.model_fields]
    return msgspec.json.Decoder(msgspec.defstruct(model.__name__, fields))


def _value(model: type[BaseModel], name: str, raw: memoryview) -> Any:
    """Return the value of a field from its JSON ``raw``.

    Only a picture may have more than 1 MiB. Any other large field is replaced by a value that validation
    refuses.
    """
    if len(raw) <= _SMALL:
        return decoded(bytes(raw))
    if raw[0] != _QUOTE:
        return 0
    return _text(raw[1:-1]) if model.model_fields[name].annotation is bytes else "x" * _PIECE


def _text(raw: memoryview) -> memoryview | str:
    """Return the text of a long JSON string, as a view if it has no escapes. Only base64 is kept exactly."""
    if raw[0] == _BLANK and bytes(raw).isspace():
        return ""
    if not _ESCAPE.search(raw):
        return raw
    return memoryview(_without_escapes(raw))


def _without_escapes(raw: memoryview) -> bytearray:
    """Return the text of an ASCII JSON string without its escapes, or invalid base64 for any other string.

    It is decoded in pieces, because decoding the whole string would need two further copies in memory.
    """
    text, start = bytearray(), 0
    while start < len(raw):
        end = min(start + _PIECE, len(raw))
        if end < len(raw):
            tail = bytes(raw[end - _MAX_ESCAPE : end])
            end -= len(tail) - tail.index(b"\\") if b"\\" in tail else 0
        try:
            piece = msgspec.json.decode(b'"%b"' % bytes(raw[start:end]), type=str)
        except msgspec.DecodeError:  # the piece ended within an escaped backslash
            return bytearray(_NOT_BASE64)
        if not piece.isascii():
            return bytearray(_NOT_BASE64)
        text += piece.encode()
        start = end
    return text


def _check_utf8(raw: bytearray) -> None:
    """Raise ``ValueError`` for invalid UTF-8. msgspec does not check the fields that it skips."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with memoryview(raw) as view:
        for start in range(0, len(view), _PIECE):
            decoder.decode(view[start : start + _PIECE])
    decoder.decode(b"", final=True)
