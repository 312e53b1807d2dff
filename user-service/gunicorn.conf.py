"""How gunicorn runs the user service."""

from shared.server import gunicorn

globals().update(gunicorn("users.app:create()"))
