"""Gunicorn's settings, alike for every program; each ``gunicorn.conf.py`` starts from these."""

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
    """Return the settings of a program that serves ``wsgi_app``, with what is its ``own``.

    The master loads the modules ``loaded``, the application's own unless others are named, so that a worker that takes
    a dead one's place has them already. It makes nothing of them: threads and connections do not survive a fork. It
    listens before it loads: who connects meanwhile waits, and is not refused.

    No header from the network is believed (CVE-2025-64484 is the class of error), and no control
    socket is opened. Access is logged by the application, which knows route and caller.
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
        # Its own, also where the C parser happens to be installed: one reading of a request, everywhere.
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
    """Load the modules, and keep the garbage collector of workers off what the master has loaded.

    It writes to every object that it looks at, and each page that a worker writes to is a copy of its own.
    """
    for module in modules:
        importlib.import_module(module)
    gc.freeze()


def _choose_slot(master: Any, worker: Any) -> None:
    worker.lane = metrics.free_slot(other.lane for other in master.WORKERS.values())


def _take_slot(_master: Any, worker: Any) -> None:
    metrics.take_slot(worker.lane)
    _STARTS.inc()


def _leave_slot(_master: Any, worker: Any) -> None:
    metrics.leave_slot(worker.lane)


def _announce(_worker: Any) -> None:
    """Begin to show what is counted, and write ``LOADED_LINE``, if there is one: who runs the program waits for it."""
    metrics_endpoint.serve()
    line = settings.text("LOADED_LINE", "none")
    if line != "none":
        # In one piece: other workers write to the same place.
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
