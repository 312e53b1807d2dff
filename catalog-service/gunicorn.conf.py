"""How gunicorn runs the catalog service."""

from shared.server import gunicorn

globals().update(gunicorn("catalog.app:create()"))
