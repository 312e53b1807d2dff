"""Rules for user names and passwords."""

import re

from shared.fields.text import TooLong, clean
from users.refusals import INVALID_PASSWORD, INVALID_USERNAME

_USERNAME = re.compile(r"[A-Za-z0-9_.-]{3,31}")
_MIN_PASSWORD = 8
_MAX_PASSWORD = 255


def credential(given: str) -> str:
    """Return a name or password cleaned; one of more than 255 characters becomes blank, which no check accepts."""
    try:
        return clean(given, _MAX_PASSWORD)
    except TooLong:
        return ""


def check_username(name: str) -> None:
    """Refuse (422) a name that is not 3 to 31 ASCII letters, digits, ``_``, ``-`` and ``.``."""
    if not _USERNAME.fullmatch(name):
        raise INVALID_USERNAME


def check_password(password: str) -> None:
    """Refuse (422) a password that is not 8 to 255 characters long."""
    if not _MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        raise INVALID_PASSWORD
