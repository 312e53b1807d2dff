"""Settings of a program, read from the environment at its start.

A setting that is not in the environment is read from the file named by ``SETTINGS_FILE``. Containers get their secrets
in that file, because container inspection shows environment variables. A missing or invalid setting ends the program
with a message before it serves requests.
"""

import functools
import json
import os
import sys
from pathlib import Path

_EXIT_STATUS = 4
"""Gunicorn's status for an application that fails to load: the master stops and does not start another worker."""


class Unusable(SystemExit):
    """A missing or invalid setting: prints ``sentence`` and ends the program."""

    def __init__(self, sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)
        super().__init__(_EXIT_STATUS)


def text(name: str, default: str | None = None) -> str:
    """Return the text of a setting. Without ``default`` the setting is required; an empty value counts as missing."""
    value = (
        os.environ.get(name, "").strip()
        or _file_settings(os.environ.get("SETTINGS_FILE", "")).get(name)
        or default
    )
    if value is None:
        raise Unusable(f"{name} is not set; deploy/.env.example says what it is for.")
    return value


def read_file(path: Path) -> dict[str, str]:
    """Return the settings in a file of ``NAME=value`` lines. Blank lines and ``#`` lines are skipped."""
    settings = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            settings[name.strip()] = value.strip()
    return settings


@functools.cache
def _file_settings(path: str) -> dict[str, str]:
    try:
        return read_file(Path(path)) if path else {}
    except (OSError, ValueError) as error:
        raise Unusable(f"SETTINGS_FILE cannot be read: {error}") from None


def whole(name: str, default: int) -> int:
    """Return a setting that is a whole number of at least 0."""
    value = text(name, str(default))
    if not value.isdecimal():
        raise Unusable(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def switch(name: str, *, default: bool) -> bool:
    """Return a setting that is on or off (``1``/``0``, ``true``/``false``, ``yes``/``no``)."""
    value = text(name, "on" if default else "off").lower()
    if value not in {"on", "off", "1", "0", "true", "false", "yes", "no"}:
        raise Unusable(f"{name} must be on or off, not {value!r}.")
    return value in {"on", "1", "true", "yes"}


def mapping(name: str) -> dict[str, str]:
    """Return a setting that is a JSON object of texts."""
    try:
        value = json.loads(text(name))
    except ValueError:
        raise Unusable(f"{name} must be a JSON object of texts.") from None
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise Unusable(f"{name} must be a JSON object of texts.")
    return value
