"""The interface between the gunicorn worker and the application, for decisions before a request reaches WSGI.

``create_app`` registers a ``WorkerHooks`` with the Flask application; ``gateway.worker`` reads it. Imports nothing at
run time: the worker's module is loaded before gevent has patched the standard library.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from gateway.admission.connection_limit import ConnectionLimit
    from gateway.admission.load_shedding import LoadShedding

_EXTENSION = "gateway.worker"


@dataclass(frozen=True, slots=True)
class WorkerHooks:
    """The calls that the worker makes: for each connection, and for each request head."""

    connection_limit: "ConnectionLimit"
    load_shedding: "LoadShedding"

    def register(self, app: "Flask") -> None:
        """Make these the hooks of ``app``."""
        app.extensions[_EXTENSION] = self


def worker_hooks(app: "Flask") -> WorkerHooks:
    """Return the hooks of ``app``; raises ``KeyError`` where none are registered."""
    hooks: WorkerHooks = app.extensions[_EXTENSION]
    return hooks
