"""The name of the session's cookie: the user service hands it out, the gateway reads it."""

import re

from shared import read_your_writes, settings

NAME = "refreshToken"
"""Unless ``COOKIE_NAME`` says otherwise."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_SECURE_PREFIXES = ("__host-", "__secure-")


def configured() -> str:
    """Return the name in ``COOKIE_NAME``; ends the program for one that browsers do not take."""
    name = settings.text("COOKIE_NAME", NAME)
    if not _TOKEN.fullmatch(name) or name == read_your_writes.COOKIE:
        raise settings.Unusable(
            f"COOKIE_NAME must be 1 to 64 letters, digits and signs such as - and _, and not {read_your_writes.COOKIE},"
            f" but is {name!r}."
        )
    return name


def needs_https(name: str) -> bool:
    """Return whether browsers take a cookie of this name with the attribute ``Secure`` alone."""
    return name.lower().startswith(_SECURE_PREFIXES)


def is_host_only(name: str) -> bool:
    """Return whether browsers take a cookie of this name without ``Domain`` and with ``Path=/`` alone."""
    return name.lower().startswith("__host-")
