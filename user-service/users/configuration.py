"""Settings of the user service, read from the environment."""

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app

from shared import settings
from shared.identity import cookie_name
from shared.identity.jwt_keys import keys_in

_SHORTEST_KEY = 32
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings that routes use."""

    session_key: str
    """Signs cookies and access tokens; the same value as the gateway's. Holds two keys during a rotation."""
    cookie_name: str
    secure_cookies: bool
    cookie_rotation: timedelta
    """The age from which ``GET /auth/me`` replaces a session's cookie."""
    rate_limits: bool


def from_environment() -> Configuration:
    """Return the configuration; raises ``Unusable`` for a setting that cannot be used."""
    key = settings.text("SESSION_KEY")
    if any(len(each.secret) < _SHORTEST_KEY for each in keys_in(key)):
        raise settings.Unusable(f"SESSION_KEY must have at least {_SHORTEST_KEY} characters.")
    name, secure = cookie_name.configured(), settings.switch("COOKIE_SECURE", default=True)
    if cookie_name.needs_https(name) and not secure:
        raise settings.Unusable(
            f"COOKIE_NAME={name} needs COOKIE_SECURE=on: browsers take it over HTTPS alone."
        )
    return Configuration(
        session_key=key,
        cookie_name=name,
        secure_cookies=secure,
        cookie_rotation=timedelta(seconds=settings.whole("COOKIE_ROTATION_SECONDS", _DAY)),
        rate_limits=settings.switch("RATE_LIMITS", default=True),
    )


def current_configuration() -> Configuration:
    """Return the configuration of the application that handles the current request."""
    configuration: Configuration = current_app.extensions["configuration"]
    return configuration
