"""How gunicorn runs the media service."""

from shared.serving.gunicorn_settings import gunicorn_settings

globals().update(gunicorn_settings("media.app:create()"))
