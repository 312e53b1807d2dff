"""Gunicorn settings common to all programs; each ``gunicorn.conf.py`` is based on them."""

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import shared.build_info  # noqa: F401  # imported by the master, so that it knows when the program started
from shared import settings
from shared.observability import metrics, metrics_endpoint, tracing

_STARTS = metrics.counter("bunko_worker_starts", "Workers that were started, the first ones included.").of()


def gunicorn_settings(wsgi_app: str, *, preload: Sequence[str] | None = None, **own: Any) -> dict[str, Any]:
    """Return the settings of a program that serves ``wsgi_app``; ``own`` adds and overrides settings.

    The master imports the modules ``preload`` (by default the application's module), so that replaced workers start
    fast. It does not create the application: threads and connections do not survive a fork. It listens before it
    imports: connections made meanwhile wait and are not refused.

    No forwarding header from the network is trusted (CVE-2025-64484 is the class of error), and no control socket is
    opened. The application writes the access log, because it knows route and user.
    """
    metrics_endpoint.listener()
    return {
        "wsgi_app": wsgi_app,
        "bind": settings.text("BIND"),
        "worker_class": "shared.serving.worker.Worker",
        "workers": settings.whole("WORKERS", 1),
        "threads": settings.whole("THREADS", 2),
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": 75,
        "limit_request_line": 8190,
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        "header_map": "refuse",
        # The Python parser even if the C parser is installed: requests are parsed the same way everywhere.
        "http_parser": "python",
        "control_socket_disable": True,
        "when_ready": partial(_preload, [wsgi_app.partition(":")[0]] if preload is None else preload),
        "pre_fork": _choose_slot,
        "post_fork": _take_slot,
        "post_worker_init": _announce,
        "worker_exit": lambda _master, _worker: tracing.stop(),
        "child_exit": _leave_slot,
        "on_reload": lambda _master: metrics.reset(),
        "accesslog": None,
        "loglevel": "warning",
    } | own


def _preload(modules: Sequence[str], _master: Any) -> None:
    """Import the modules and exempt the master's objects from the workers' garbage collection.

    The collector writes to each object it visits, and the first write of a worker to a page copies that page.
    """
    for module in modules:
        importlib.import_module(module)
    gc.freeze()


def _choose_slot(master: Any, worker: Any) -> None:
    worker.slot = metrics.free_slot(other.slot for other in master.WORKERS.values())


def _take_slot(_master: Any, worker: Any) -> None:
    metrics.take_slot(worker.slot)
    _STARTS.inc()


def _leave_slot(_master: Any, worker: Any) -> None:
    metrics.leave_slot(worker.slot)


def _announce(_worker: Any) -> None:
    """Serve the metrics and write the line in ``LOADED_LINE``, if it is set: the supervisor waits for it."""
    metrics_endpoint.serve()
    line = settings.text("LOADED_LINE", "none")
    if line != "none":
        # One write: other workers write to the same pipe.
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
