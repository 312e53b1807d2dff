"""Gunicorn server hooks common to all programs: start time, metrics, preloading, tracing."""

import gc
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from shared import build_info, settings
from shared.observability import metrics, metrics_endpoint, tracing

_STARTS = metrics.counter("bunko_worker_starts", "Workers started, including the first ones.").of()


def start_master(_master: Any) -> None:
    """Record the program's start time and open the metrics socket. Both are inherited by the workers."""
    build_info.register()
    metrics_endpoint.listener()


def preload(*modules: str) -> Callable[[Any], None]:
    """Return a ``when_ready`` hook: the master imports ``modules``, so that replaced workers start fast.

    The master does not create the application: threads and connections do not survive a fork. It listens before it
    imports: connections made meanwhile wait and are not refused.
    """

    def import_modules(_master: Any) -> None:
        for module in modules:
            importlib.import_module(module)
        # The collector writes to each object it visits, and the first write of a worker to a page copies that page.
        gc.freeze()

    return import_modules


def choose_slot(master: Any, worker: Any) -> None:
    """Choose the metrics slot of a new worker. Called in the master before the fork."""
    worker.slot = metrics.free_slot(other.slot for other in master.WORKERS.values())


def take_slot(_master: Any, worker: Any) -> None:
    """Use the chosen metrics slot. Called in the worker after the fork."""
    metrics.take_slot(worker.slot)
    _STARTS.inc()


def leave_slot(_master: Any, worker: Any) -> None:
    """Free the metrics slot of an ended worker. Called in the master."""
    metrics.leave_slot(worker.slot)


def renew_metrics(_master: Any) -> None:
    """Give the workers of reloaded code new metrics memory."""
    metrics.reset()


def stop_tracing(_master: Any, _worker: Any) -> None:
    """Export the remaining spans of an ending worker."""
    tracing.stop()


def announce(_worker: Any) -> None:
    """Serve the metrics and write the line in ``LOADED_LINE``, if it is set: the supervisor waits for it."""
    metrics_endpoint.serve()
    line = settings.text("LOADED_LINE", "none")
    if line != "none":
        # One write: other workers write to the same pipe.
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
