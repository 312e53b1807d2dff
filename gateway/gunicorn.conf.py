"""Gunicorn settings of the gateway. Under gevent a slow client occupies a socket and no thread."""

import resource

from shared.serving.gunicorn_hooks import preload
from shared.serving.gunicorn_settings import *  # noqa: F403  # the settings common to all programs

wsgi_app = "gateway.app:create_app()"
worker_class = "gateway.worker.Worker"
worker_connections = 10_000
# The application is not preloaded: it must import the standard library after the worker has patched it.
# Neither is Flask, only most of its dependencies: Flask creates a log handler at import, and one that is
# created before the patches cannot be closed when the worker exits.
when_ready = preload("click", "jinja2", "werkzeug.routing", "werkzeug.wrappers")

# Each client connection needs a file descriptor; the usual soft limit is 1024.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))
