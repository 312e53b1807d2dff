"""Name of the session cookie, which the user service sets and the gateway reads."""

import re

from shared import read_your_writes, settings

NAME = "refreshToken"
"""Default of the setting ``COOKIE_NAME``."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_SECURE_PREFIXES = ("__host-", "__secure-")


def configured() -> str:
    """Return the setting ``COOKIE_NAME``. Ends the program if browsers would reject the name."""
    name = settings.text("COOKIE_NAME", NAME)
    if not _TOKEN.fullmatch(name) or name == read_your_writes.COOKIE:
        raise settings.Unusable(
            f"COOKIE_NAME must be 1 to 64 letters, digits and signs such as - and _, and not {read_your_writes.COOKIE},"
            f" but is {name!r}."
        )
    return name


def needs_https(name: str) -> bool:
    """Return whether browsers accept a cookie of this name only with the attribute ``Secure``."""
    return name.lower().startswith(_SECURE_PREFIXES)


def is_host_only(name: str) -> bool:
    """Return whether browsers accept a cookie of this name only without ``Domain`` and with ``Path=/``."""
    return name.lower().startswith("__host-")
