"""How gunicorn runs the gateway: on gevent, where a slow client costs nothing but its socket."""

import resource

from shared.serving.gunicorn_settings import gunicorn_settings

WORKER_CONNECTIONS = 10_000

# Every client connection is a file descriptor; the usual soft limit of 1024 would turn the next client away.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))

globals().update(
    gunicorn_settings(
        "gateway.app:create_app()",
        # Not the application: it must see the library as the worker has patched it. Not Flask either, but most of what
        # it loads: a log handler of its own that is older than the patches cannot be taken down at the worker's end.
        preload=["click", "jinja2", "werkzeug.routing", "werkzeug.wrappers"],
        worker_class="gateway.worker.Worker",
        worker_connections=WORKER_CONNECTIONS,
    )
)
