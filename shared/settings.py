"""Settings of one program, read from its environment when it starts.

What the environment does not say may stand in a file that ``SETTINGS_FILE`` names: a container is given its secrets
that way, as an environment can be read by whoever may look at the container. A value that is missing or unusable
ends the program with a sentence, before it answers anything.
"""

import functools
import json
import os
import sys
from pathlib import Path

_GIVE_UP = 4
"""The status by which a gunicorn worker tells its master not to start another: it could not load the application."""


class Unusable(SystemExit):
    """A setting that keeps the program from starting: prints its sentence and ends the program."""

    def __init__(self, sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)
        super().__init__(_GIVE_UP)


def text(name: str, default: str | None = None) -> str:
    """Return a setting's text; without a default it must be there and not be empty."""
    value = (
        os.environ.get(name, "").strip() or _kept(os.environ.get("SETTINGS_FILE", "")).get(name) or default
    )
    if value is None:
        raise Unusable(f"{name} is not set; deploy/.env.example says what it is for.")
    return value


def read_file(path: Path) -> dict[str, str]:
    """Return the settings in a file of ``NAME=value`` lines; blank lines and ``#`` lines are none."""
    settings = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            settings[name.strip()] = value.strip()
    return settings


@functools.cache
def _kept(path: str) -> dict[str, str]:
    try:
        return read_file(Path(path)) if path else {}
    except (OSError, ValueError) as error:
        raise Unusable(f"SETTINGS_FILE cannot be read: {error}") from None


def whole(name: str, default: int) -> int:
    """Return a setting that is a whole number, 0 or more."""
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
