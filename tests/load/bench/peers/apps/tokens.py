"""The bearer token that every peer checks, as Bunko checks its cookie."""

import os

import jwt


def good(header: str | None) -> bool:
    """Return whether an ``Authorization`` header holds a token signed with ``TOKEN_KEY``, HS256."""
    scheme, _, token = (header or "").partition(" ")
    if scheme != "Bearer":
        return False
    try:
        jwt.decode(token, os.environ["TOKEN_KEY"], algorithms=["HS256"], options={"require": ["exp", "sub"]})
    except jwt.PyJWTError:
        return False
    return True
