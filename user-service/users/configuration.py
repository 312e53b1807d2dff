"""What the environment decides for the user service."""

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app

from shared import settings
from shared.keys import keys_in

_SHORTEST_KEY = 32
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings that routes look at."""

    session_key: str
    """Signs cookies and access tokens; the gateway holds the same. Two where one follows the other."""
    secure_cookies: bool
    cookie_rotation: timedelta
    """The age from which ``GET /auth/me`` replaces a session's cookie."""
    rate_limits: bool


def from_environment() -> Configuration:
    """Return the configuration; ends the program with a sentence where it is unusable."""
    key = settings.text("SESSION_KEY")
    if any(len(each.secret) < _SHORTEST_KEY for each in keys_in(key)):
        raise settings.Unusable(f"SESSION_KEY must have at least {_SHORTEST_KEY} characters.")
    return Configuration(
        session_key=key,
        secure_cookies=settings.switch("COOKIE_SECURE", default=True),
        cookie_rotation=timedelta(seconds=settings.whole("COOKIE_ROTATION_SECONDS", _DAY)),
        rate_limits=settings.switch("RATE_LIMITS", default=True),
    )


def configured() -> Configuration:
    """Return the configuration of the application that answers the current request."""
    configuration: Configuration = current_app.extensions["configuration"]
    return configuration
