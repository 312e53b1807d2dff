"""How gunicorn runs the media service."""

from shared.server import gunicorn

globals().update(gunicorn("media.app:create()"))
