"""Runtime objects of a file node: storage, decoders, slots, service clients and background workers.

The background workers appear here as protocols. ``files.pictures`` implements them and ``files.app`` creates
them, so this module does not import ``files.pictures``, whose other modules use ``current_runtime``.
"""

from dataclasses import dataclass
from typing import Protocol

from flask import current_app

from files.decoding.parent import Decoders
from files.decoding.slots import PixelBudget, Slots
from files.owners.lookup_cache import LookupCache
from files.store.storage import Storage
from shared.rpc.client import ServiceClients


class SweepScheduler(Protocol):
    """Schedules the deletion of doomed files; see ``files.pictures.sweeper``."""

    def wake(self) -> None:
        """Schedule a sweep; call it after a picture was replaced or removed."""


class AvifEncoder(Protocol):
    """Encodes AVIF in the background; see ``files.pictures.avif_queue``."""

    def enqueue(self, service: str, key: str) -> bool:
        """Enqueue picture ``key`` of ``service``. Return whether it is in the queue or being encoded."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """The objects that the requests of one file node share."""

    storage: Storage
    decoders: Decoders
    slots: Slots
    budget: PixelBudget
    clients: ServiceClients
    lookups: LookupCache
    sweeper: SweepScheduler
    avif_queue: AvifEncoder


def current_runtime() -> Runtime:
    """Return the runtime of the current Flask application."""
    runtime: Runtime = current_app.extensions["runtime"]
    return runtime
