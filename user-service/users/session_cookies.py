"""``Set-Cookie`` headers of the session cookie, with the name and flags of this installation's configuration."""

from users.configuration import current_configuration
from users.rules import cookies
from users.rules.cookies import Cookie

Header = tuple[str, str]


def set_cookie(cookie: Cookie) -> Header:
    """Return the header that sets ``cookie``."""
    configuration = current_configuration()
    token = cookies.refresh_token(cookie, key=configuration.session_key)
    return "Set-Cookie", cookies.set_cookie(
        configuration.cookie_name, token, secure=configuration.secure_cookies
    )


def clear_cookie() -> Header:
    """Return the header that clears the cookie."""
    return "Set-Cookie", cookies.clear_cookie(
        current_configuration().cookie_name, secure=current_configuration().secure_cookies
    )
