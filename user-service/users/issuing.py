"""Handing out cookies and taking them away, as this installation is configured."""

from users.configuration import configured
from users.rules import cookies
from users.rules.cookies import Cookie

Header = tuple[str, str]


def new_cookie(cookie: Cookie) -> Header:
    """Return the header that hands out ``cookie``."""
    configuration = configured()
    token = cookies.refresh_token(cookie, key=configuration.session_key)
    return "Set-Cookie", cookies.given(configuration.cookie_name, token, secure=configuration.secure_cookies)


def cookie_taken() -> Header:
    """Return the header that takes the cookie away."""
    return "Set-Cookie", cookies.taken(configured().cookie_name, secure=configured().secure_cookies)
