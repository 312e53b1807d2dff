"""Gunicorn settings of the user service."""

from shared.serving.gunicorn_hooks import preload
from shared.serving.gunicorn_settings import *  # noqa: F403  # the settings common to all programs
from users.hashing import THREADS

wsgi_app = "users.app:create()"
when_ready = preload("users.app")
# Enough for all password hashing slots and for other requests beside them.
threads = THREADS
