"""Gunicorn's settings, alike for every program; each ``gunicorn.conf.py`` starts from these."""

import gc
import os
import sys
from typing import Any

import shared.running  # noqa: F401  # imported by the master, so that it knows when the program started
from shared import settings


def gunicorn(wsgi_app: str, **own: Any) -> dict[str, Any]:
    """Return the settings of a program that serves ``wsgi_app``, with what is its ``own``.

    No header from the network is believed (CVE-2025-64484 is the class of error), and no control
    socket is opened. Access is logged by the application, which knows route and caller.
    """
    return {
        "wsgi_app": wsgi_app,
        "bind": settings.text("BIND"),
        "worker_class": "shared.worker.Worker",
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
        "when_ready": _freeze,
        "post_worker_init": _say_loaded,
        "accesslog": None,
        "loglevel": "warning",
    } | own


def _freeze(_master: Any) -> None:
    """Keep the garbage collector of workers off what the master has loaded.

    It writes to every object that it looks at, and each page that a worker writes to is a copy of its own.
    """
    gc.freeze()


def _say_loaded(_worker: Any) -> None:
    """Write ``LOADED_LINE``, if there is one: who runs the program waits for it."""
    line = settings.text("LOADED_LINE", "none")
    if line != "none":
        # In one piece: other workers write to the same place.
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
