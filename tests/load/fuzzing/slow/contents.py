"""Contents that are slow for parsers, normalisers or databases, each generated at any size.

The sizes are bytes of UTF-8, within the length of one repeated unit.
"""

import json
from collections.abc import Callable, Mapping

HASHES_TO_ZERO = 2**61 - 1
"""Python hashes integers modulo this number: all its multiples collide in a set."""


def _repeated(unit: str, prefix: str = "", suffix: str = "") -> Callable[[int], str]:
    length = len(unit.encode())
    return lambda size: prefix + unit * max(1, size // length) + suffix


def _joined(part: Callable[[int], str], left: str, right: str) -> Callable[[int], bytes]:
    """Return a generator of a list or an object whose parts are numbered."""

    def make(size: int) -> bytes:
        count = max(1, size // (len(part(100_000)) + 1))
        if part(1) == part(2):
            return (left + f"{part(1)}," * (count - 1) + part(1) + right).encode()
        return (left + ",".join(map(part, range(1, count + 1))) + right).encode()

    return make


TEXTS: Mapping[str, Callable[[int], str]] = {
    # Unicode: reordering of combining marks, expansion by compatibility forms and by case, composition.
    "marks": _repeated("\u0315\u0300", "a"),
    "marks-in-runs": _repeated("a" + "\u0315\u0300" * 14),
    "marks-of-many-classes": _repeated("\u0345\u035c\u0315\u0316\u0300\u0334", "a"),
    "expanding": _repeated("\ufdfa"),
    "expanding-case": _repeated("\u0130\u1e9e\ufb03"),
    "jamo": _repeated("\u1112\u1161\u11ab"),
    "latin": _repeated("\u00f8\u0142\u00e6"),
    "kanji": _repeated("\u9b3c"),
    "kana": _repeated("\u30cf\u309a"),
    "joined-emoji": _repeated("\U0001f469\u200d"),
    "invisible": _repeated("\u200b\u00ad\ufe0f"),
    "bidirectional": _repeated("\u202e\u2066"),
    # Runs and separators, for regular expressions and splits.
    "letters": _repeated("a"),
    "capitals": _repeated("A"),
    "digits": _repeated("9"),
    "numbers": _repeated("1a"),
    "other-digits": _repeated("\u0663\u00b2\u2460"),
    "blanks": _repeated(" ", "x", "x"),
    "trailing-blanks": _repeated(" ", "x"),
    "accept": _repeated(" ", "a/b", "x"),
    "tabs": _repeated("\t", "a", "x"),
    "wide-blanks": _repeated("\u3000\u00a0", "x", "x"),
    "lines": _repeated("\r\n", "x", "x"),
    "words": _repeated("ab "),
    "quoted": _repeated('"a" '),
    "quotes": _repeated('"'),
    "backslashes": _repeated("\\"),
    "wildcards": _repeated("%_"),
    "percent": _repeated("%25"),
    "semicolons": _repeated(";"),
    "commas": _repeated(","),
    "equals": _repeated("="),
    "slashes": _repeated("/"),
    "dots": _repeated(".", "a"),
    "dashes": _repeated("-"),
    "brackets": _repeated("["),
    "braces": _repeated("{"),
    "parentheses": _repeated("(a"),
    "pairs": _repeated("a=b; "),
    "parameters": _repeated("a/b;q=0.1,"),
    "tags-of-language": _repeated("de-DE-x;q=0.1,"),
    "etags": _repeated('W/"a", '),
    "ranges": _repeated("0-0,", "bytes=", "1-1"),
    "addresses": _repeated("1.2.3.4, "),
    "url": _repeated("a.", "http://"),
    "url-path": _repeated("a/../", "https://a/"),
    "dates": _repeated("2024-01-01"),
    "isbn": _repeated("978-"),
    "fraction": _repeated("3", "1."),
    "exponent": _repeated("9", "1e"),
    "base64": _repeated("AAAA"),
    "base64-in-lines": _repeated("AAAA\r\n"),
    "data-url": _repeated("AAAA", "data:image/png;base64,"),
    "data-url-parameters": _repeated(';a="b"', "data:image/png", ";base64,AAAA"),
}
"""Contents for every text."""


def _text(make: Callable[[int], str], *, escaped: bool) -> Callable[[int], bytes]:
    def fragment(size: int) -> bytes:
        text = make(size // 2 if escaped else size)
        return json.dumps(text, ensure_ascii=escaped).encode()

    return fragment


def _nested(left: str, middle: str, right: str) -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        depth = max(1, size // (len(left) + len(right)))
        return (left * depth + middle + right * depth).encode()

    return make


STRUCTURES: Mapping[str, Callable[[int], bytes]] = {
    "integer": lambda size: b"9" * max(1, size),
    "float": lambda size: b"1." + b"3" * max(1, size),
    "float-exponent": lambda size: b"1e-" + b"9" * max(1, size),
    "surrogate-pairs": lambda size: b'"' + rb"\ud83d\ude00" * max(1, size // 12) + b'"',
    "half-surrogates": lambda size: b'"' + rb"\ud800" * max(1, size // 6) + b'"',
    "escapes": lambda size: b'"' + rb"\u0041" * max(1, size // 6) + b'"',
    "escaped-quotes": lambda size: b'"' + rb"\"" * max(1, size // 2) + b'"',
    "nested-lists": _nested("[", "", "]"),
    "nested-objects": _nested('{"a":', "1", "}"),
    "open-lists": lambda size: b"[" * max(1, size),
    "open-objects": lambda size: b'{"a":' * max(1, size // 5),
    "ids": _joined(str, "[", "]"),
    "ids-as-text": _joined(lambda n: f'"{n}"', "[", "]"),
    "same-id": _joined(lambda _: "1", "[", "]"),
    "colliding-ids": _joined(lambda n: str(n * HASHES_TO_ZERO), "[", "]"),
    "floats": _joined(lambda n: f"{n}.3333333333333333333", "[", "]"),
    "nulls": _joined(lambda _: "null", "[", "]"),
    "empty-lists": _joined(lambda _: "[]", "[", "]"),
    "empty-objects": _joined(lambda _: "{}", "[", "]"),
    "blank-keys": _joined(lambda _: '{"":0}', "[", "]"),
    "short-texts": _joined(lambda n: f'"a{n}"', "[", "]"),
    "marked-texts": _joined(lambda n: '"a' + "\u0315\u0300" * 14 + f'{n}"', "[", "]"),
    "links": _joined(lambda n: f'{{"name":"a{n}","link":"https://a.example/{n}","type":"shop"}}', "[", "]"),
    "names": _joined(lambda n: f'{{"name":"a{n}","text":"a","language":"German","id":{n}}}', "[", "]"),
    "keys": _joined(lambda n: f'"k{n}":0', "{", "}"),
    "same-key": _joined(lambda _: '"k":0', "{", "}"),
    "wrong-languages": _joined(lambda n: f'"l{n}":"a"', "{", "}"),
}
"""JSON other than a text, valid or not."""

FRAGMENTS: Mapping[str, Callable[[int], bytes]] = {
    **{name: _text(make, escaped=False) for name, make in TEXTS.items()},
    **{f"escaped-{name}": _text(make, escaped=True) for name, make in TEXTS.items() if not make(9).isascii()},
    **STRUCTURES,
}
"""Pieces of JSON text, some of which are not valid."""

HEADERS: Mapping[str, Callable[[int], str]] = {
    name: make for name, make in TEXTS.items() if make(9).isascii() and "\n" not in make(9)
}
"""Contents for a header line."""

EFFECTIVE = frozenset(
    {
        *("marks", "escaped-marks", "marks-in-runs", "expanding", "latin", "numbers", "words", "wildcards"),
        *("blanks", "trailing-blanks", "accept", "semicolons", "pairs", "parameters", "base64", "url-path"),
        *(
            "ids",
            "colliding-ids",
            "keys",
            "nested-lists",
            "blank-keys",
            "short-texts",
            "marked-texts",
            "names",
        ),
    }
)
"""The most effective contents: half of all attempts use one."""
