"""Gunicorn settings of the catalog service."""

from shared.serving.gunicorn_hooks import preload
from shared.serving.gunicorn_settings import *  # noqa: F403  # the settings common to all programs

wsgi_app = "catalog.app:create()"
when_ready = preload("catalog.app")
