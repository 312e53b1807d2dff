"""Gunicorn settings of the file service. It has a single worker, which decodes pictures in child processes."""

from files.decoding.slots import THREADS
from shared.serving.gunicorn_hooks import preload
from shared.serving.gunicorn_settings import *  # noqa: F403  # the settings common to all programs

wsgi_app = "files.app:create()"
when_ready = preload("files.app")
# Enough for all admitted uploads and for serving pictures beside them.
threads = THREADS
