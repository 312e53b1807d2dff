"""Rules for a user's settings: validation, and merging changes into stored settings."""

import json
from collections.abc import Mapping
from typing import Any

from shared.errors import MISSING, invalid
from shared.fields.text import LONGEST_NAME, clean
from shared.fields.values import storable
from shared.web.parsing import REQUIRED, is_blank

MAX_KEYS = 64
MAX_BYTES = 16 * 1024


def unwrapped(body: Any) -> Any:
    """Return the settings in a request body: the value of its only key ``settings``, or else the body itself.

    Refuses (400) a ``settings`` that is blank, not an object or not the only key, more than 64 keys, and an
    unusable key. A setting can therefore not be called ``settings``.
    """
    if isinstance(body, dict) and "settings" in body:
        body = _only_settings(body)
    if not isinstance(body, dict):
        return body
    if len(body) > MAX_KEYS:
        raise invalid("settings", f"must have at most {MAX_KEYS} keys")
    return {usable_key(key): value for key, value in body.items()}


def _only_settings(body: Mapping[str, Any]) -> dict[str, Any]:
    settings = body["settings"]
    if is_blank(settings):
        raise MISSING.with_errors({"settings": REQUIRED})
    if not isinstance(settings, dict) or len(body) > 1:
        raise invalid("settings", "must be an object, and alone in the body")
    return settings


def usable_key(key: str) -> str:
    """Return the cleaned name of a setting; refuses (400) one that is blank, too long or cannot be stored."""
    try:
        cleaned = clean(key, LONGEST_NAME)
    except ValueError as error:
        raise invalid("settings", f"a setting's name {error}") from None
    if not cleaned:
        raise invalid("settings", "a setting's name must not be blank")
    return cleaned


def setting(value: Any) -> str | int | float | bool | None:
    """Return the cleaned value of a setting; raises ``ValueError`` for anything but a scalar or null."""
    if value is not None and not isinstance(value, str | int | float | bool):
        raise ValueError("must be a text, a number, true, false or null")
    cleaned: str | int | float | bool | None = storable(value, MAX_BYTES)
    return cleaned


def merged(current: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``current`` with ``changes`` applied; a null removes its key.

    Refuses (400) a result of more than 64 keys or 16 KiB of JSON.
    """
    result = {key: value for key, value in {**current, **changes}.items() if value is not None}
    if len(result) > MAX_KEYS:
        raise invalid("settings", f"must have at most {MAX_KEYS} keys after merging")
    if len(json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_BYTES:
        raise invalid("settings", f"must have at most {MAX_BYTES} bytes of JSON after merging")
    return result
