"""Gunicorn settings of the media service."""

from shared.serving.gunicorn_hooks import preload
from shared.serving.gunicorn_settings import *  # noqa: F403  # the settings common to all programs

wsgi_app = "media.app:create()"
when_ready = preload("media.app")
