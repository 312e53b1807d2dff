"""How gunicorn runs the catalog service."""

from shared.serving.gunicorn_settings import gunicorn_settings

globals().update(gunicorn_settings("catalog.app:create()"))
