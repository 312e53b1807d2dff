"""Forged tokens, each made from a valid one by a change that must get it refused.

They do not depend on how keys are kept: the key of the valid token is found by trying all keys.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

_ALGORITHMS: tuple[Any, ...] = (
    *("none", "None", "NONE", "nOnE", "", " ", "HS1", "HS384", "HS512", "hs256", "HS256 ", "HS256\x00"),
    *("RS256", "RS512", "PS256", "ES256", "ES256K", "ES512", "EdDSA", "dir", "A128KW"),
    *(None, 0, True, 256, [], ["HS256"], {}, {"alg": "HS256"}),
)
_WRONG_HEADERS: tuple[dict[str, Any], ...] = (
    {"typ": None},
    {"typ": ""},
    {"typ": "JWT"},
    {"typ": "at+jwt"},
    {"typ": ["identity", "refresh"]},
    {"typ": {}},
    {"typ": 1},
    {"typ": "identity\x00"},
    {"typ": "IDENTITY"},
    {"typ": "REFRESH"},
    {"typ": "access"},
    {"crit": ["exp"]},
    {"crit": ["x"], "x": 1},
    {"crit": []},
    {"crit": "exp"},
    {"b64": False, "crit": ["b64"]},
    {"zip": "DEF", "crit": ["zip"]},
)
"""Header fields that a token must not have, even with a valid signature."""
_KEY_NAMES: tuple[Any, ...] = (
    *(
        "",
        "0",
        "1",
        "../../../../dev/null",
        "/dev/null",
        "' OR 1=1 --",
        "x" * 1000,
        "\x00",
        "http://127.0.0.1:1/key",
    ),
    *("gateway", "session", None, 0, -1, True, [], {}),
)
_POINTERS: tuple[dict[str, Any], ...] = (
    *({"kid": kid} for kid in _KEY_NAMES),
    {"jku": "http://127.0.0.1:1/jwks.json"},
    {"jku": "file:///etc/hostname"},
    {"x5u": "http://127.0.0.1:1/cert.pem"},
    {"x5u": "file:///dev/null"},
    {"x5c": ["MIIB"]},
    {"x5t": "AAAA"},
    {"jwk": {"kty": "oct", "k": "QUFBQQ"}},
    {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
)
"""Header fields that point to a key, here the attacker's."""
_ATTACKERS_KEYS = ("", "A" * 64, "secret", "null", "AAAA")
_NO_TIMES: tuple[Any, ...] = (None, "", "never", "1e9", True, [], {}, [1], -1, 0, 1, -(10**30), 1e-300)
_NO_AUDIENCES: tuple[Any, ...] = (
    None,
    "",
    "*",
    "CATALOG",
    " ",
    0,
    True,
    [],
    {},
    ["gateway"],
    "front-end",
    "nobody",
)
_NO_ISSUERS: tuple[Any, ...] = (
    None,
    "",
    "*",
    "GATEWAY",
    "Users",
    0,
    True,
    [],
    {},
    ["gateway"],
    ["users"],
    "nobody",
)
_NO_SUBJECTS: tuple[Any, ...] = (
    *(
        None,
        "",
        " ",
        "0",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e0",
        "0x1",
        "01",
        "1_0",
        "seven",
        "\u0661",
        "1\x00",
        "1\n",
    ),
    *(0, 1, -1, 1.0, True, [], ["1"], {}, {"id": 1}, "9" * 17, "9" * 400),
)
_NO_SESSIONS: tuple[Any, ...] = (None, 0, True, [], ["a"], {}, "a\x00b")


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and claims, unverified."""
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def key_of(token: str, keys: Iterable[str]) -> str:
    """Return the key that signed ``token``."""
    told, _, signature = token.rpartition(".")
    return next(key for key in keys if _signature(told, key) == signature)


def signed(header: Any, claims: Any, key: str) -> str:
    """Return a token with any header and claims, as JSON text or values, signed with HS256."""
    told = f"{_segment(header)}.{_segment(claims)}"
    return f"{told}.{_signature(told, key)}"


def changed(token: str, key: str, **changes: Any) -> str:
    """Return ``token`` with changed claims and a valid signature; ``...`` removes a claim."""
    header, claims = parts_of(token)
    return signed(
        header, {name: value for name, value in (claims | changes).items() if value is not ...}, key
    )


def matrix(good: str, key: str, others: Iterable[str]) -> dict[str, str]:
    """Return forged tokens by their fault; ``others`` are keys of other uses."""
    found = dict(_everything(good, key, list(others)))
    assert good not in found.values()
    return found


def _everything(good: str, key: str, others: list[str]) -> Iterator[tuple[str, str]]:
    yield from _algorithms(good, key)
    yield from _headers(good, key, others)
    yield from _claims(good, key)
    yield from _spellings(good, key)
    yield from _mechanical(good)


def _algorithms(good: str, key: str) -> Iterator[tuple[str, str]]:
    header, claims = parts_of(good)
    genuine = good.rpartition(".")[2]
    for algorithm in _ALGORITHMS:
        other = header | {"alg": algorithm}
        whole = signed(other, claims, key)
        told = whole.rpartition(".")[0]
        yield f"alg {algorithm!r}, signed", whole
        yield f"alg {algorithm!r}, unsigned", told + "."
        yield f"alg {algorithm!r}, another's signature", f"{told}.{genuine}"
    yield "no alg", signed({name: value for name, value in header.items() if name != "alg"}, claims, key)
    for algorithm in ("HS384", "HS512"):
        yield (
            f"truly {algorithm}",
            jwt.encode(claims, key, algorithm=algorithm, headers=header | {"alg": algorithm}),
        )
    private: Any
    rsa_key = rsa.generate_private_key(65537, 2048)
    pairs = {"RS256": rsa_key, "PS256": rsa_key, "ES256": ec.generate_private_key(ec.SECP256R1())}
    for algorithm, private in (pairs | {"EdDSA": ed25519.Ed25519PrivateKey.generate()}).items():
        yield (
            f"truly {algorithm}",
            jwt.encode(claims, private, algorithm, headers=header | {"alg": algorithm}),
        )


def _headers(good: str, key: str, others: list[str]) -> Iterator[tuple[str, str]]:
    header, claims = parts_of(good)
    for change in _WRONG_HEADERS:
        yield f"header {change}", signed(header | change, claims, key)
    for pointer in _POINTERS:
        for attackers in ("", "A" * 64):
            yield f"header {pointer}, key {attackers!r:.4}", signed(header | pointer, claims, attackers)
    for number, other in enumerate((*_ATTACKERS_KEYS, *others)):
        yield f"another key, {number}", signed(header, claims, other)
    for number, text in enumerate(
        ("[]", "null", "1", '"x"', "", "{", "[" * 3000, '{"a":' * 1500, "\x00", "{}{}")
    ):
        yield f"no header, {number}", signed(text, claims, key)
        yield f"no claims, {number}", signed(header, text, key)


def _claims(good: str, key: str) -> Iterator[tuple[str, str]]:
    now = int(time.time())
    _, claims = parts_of(good)
    for name in ("iss", "aud", "exp", "sub", "sid"):
        yield f"without {name}", changed(good, key, **{name: ...})
    wrong: dict[str, tuple[Any, ...]] = {
        "iss": _NO_ISSUERS,
        "aud": (*_NO_AUDIENCES, [claims["aud"]], [claims["aud"], "other"]),
        "exp": (*_NO_TIMES, now - 60, now - 3600, float("inf"), float("-inf"), float("nan")),
        "nbf": (now + 3600, "soon", [], float("inf")),
        "iat": ("long ago", [], {}, now + 3600, float("inf"), float("nan")),
        "sub": _NO_SUBJECTS,
        "sid": _NO_SESSIONS,
    }
    for name, values in wrong.items():
        for number, value in enumerate(values):
            yield f"{name} {value!r:.40}, {number}", changed(good, key, **{name: value})


def _spellings(good: str, key: str) -> Iterator[tuple[str, str]]:
    """The same claims, written so that two parsers may read them differently."""
    header, claims = parts_of(good)
    told = json.dumps(claims, separators=(",", ":"))
    for name, value in claims.items():
        twice = told[:-1] + f",{json.dumps(name)}:{json.dumps(value)}}}"
        yield f"{name} twice", signed(header, twice, key)
    yield "alg twice", signed(json.dumps(header)[:-1] + ',"alg":"HS256"}', claims, key)
    yield "deep in a claim", signed(header, told[:-1] + ',"x":' + "[" * 1500 + "]" * 1500 + "}", key)
    yield "many digits", signed(header, told[:-1] + ',"exp":' + "9" * 5000 + "}", key)
    yield "a huge exponent", signed(header, told[:-1] + ',"exp":1e999}', key)
    yield "UTF-16", signed(header, told.encode("utf-16").decode("latin-1"), key)
    yield "huge", changed(good, key, x="x" * 6000)
    yield "too huge", changed(good, key, x="x" * 60_000)


def _mechanical(good: str) -> Iterator[tuple[str, str]]:
    head, claims, signature = good.split(".")
    for cut in range(0, len(good) - 1, max(1, len(good) // 30)):
        yield f"cut at {cut}", good[:cut]
    for place in range(1, len(good) - 1, max(1, len(good) // 40)):
        swapped = "A" if good[place] != "A" else "B"
        yield f"changed at {place}", good[:place] + swapped + good[place + 1 :]
    yield from {
        "empty": "",
        "dots": "..",
        "four parts": good + ".x",
        "five parts": f"{head}.{claims}.{signature}.{head}.{claims}",
        "two parts": f"{head}.{claims}",
        "turned around": f"{signature}.{claims}.{head}",
        "claims alone": claims,
        "padded": good + "=",
        "standard base64": f"{head}==.{claims}==.{signature}=",
        "blank inside": f"{head}.{claims}. {signature}",
        "junk in the signature": f"{head}.{claims}.{signature[:9]}!{signature[9:]}",
        "more signature": good + "AAAA",
        "unused bits": good[:-1] + _neighbour(good[-1]),
        "percent-encoded": good.replace(".", "%2e"),
        "Bearer": f"Bearer {good}",
        "JSON": json.dumps({"payload": claims, "protected": head, "signature": signature}).replace('"', "'"),
        "twice": f"{good}{good}",
        "with itself": f"{good} {good}",
        "upper case": good.upper(),
        "not ASCII": good[:-3] + "\xe9\xe9\xe9",
    }.items()


def _neighbour(last: str) -> str:
    """Return the next letter of base64url: in the last place it decodes to the same bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(last) + 1]


def _segment(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _signature(told: str, key: str) -> str:
    digest = hmac.new(key.encode(), told.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
