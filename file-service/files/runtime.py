"""Runtime objects of a file node: storage, decoders, slots, background threads and service clients."""

from dataclasses import dataclass

from flask import current_app

from files.decoding.limits import Limits
from files.decoding.parent import Decoders
from files.decoding.slots import QUEUE, SLOTS, PixelBudget, Slots
from files.owners.lookup_cache import LookupCache
from files.pictures.avif_queue import AvifQueue
from files.pictures.sweeper import Sweeper
from files.store.storage import Denied, Storage, UnusableAddress
from files.store.storage_url import storage_at
from shared import settings
from shared.rpc import endpoints
from shared.rpc.client import ServiceClients

_PATIENCE = 25.0
"""Maximum wait of an upload for a slot or for budget, in seconds. An ordinary picture takes a fraction of a second; six
of the largest, one after the other on a busy node, take this long. The gateway's timeout is a minute."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The objects that the requests of one file node share."""

    storage: Storage
    decoders: Decoders
    slots: Slots
    budget: PixelBudget
    clients: ServiceClients
    sweeper: Sweeper
    lookups: LookupCache
    avif_queue: AvifQueue


def from_environment() -> Runtime:
    """Return the runtime configured from environment variables. Raises ``settings.Unusable``."""
    storage = _storage(settings.text("STORAGE_URL"))
    clients = ServiceClients("files", endpoints.from_environment(), settings.mapping("CALL_KEYS"))
    limits = Limits(pixels=settings.whole("MAX_PIXELS", 24_000_000))
    decoders = Decoders(limits)
    slots = Slots(SLOTS, queue=QUEUE, patience=_PATIENCE)
    budget = PixelBudget(limits.pixels, patience=_PATIENCE)
    sweeper = Sweeper(storage, clients, seconds=max(1, settings.whole("SWEEP_SECONDS", 60)))
    avif_queue = AvifQueue(storage, decoders, slots, budget, clients)
    return Runtime(storage, decoders, slots, budget, clients, sweeper, LookupCache(), avif_queue)


def current_runtime() -> Runtime:
    """Return the runtime of the current Flask application."""
    runtime: Runtime = current_app.extensions["runtime"]
    return runtime


def _storage(url: str) -> Storage:
    try:
        storage = storage_at(url)
    except UnusableAddress as error:
        raise settings.Unusable(f"STORAGE_URL {error}") from None
    try:
        storage.check()
    except Denied as error:
        raise settings.Unusable(f"STORAGE_URL names storage that cannot be used: {error}.") from None
    except OSError:
        pass  # Storage may become available later; until then the node is not ready.
    return storage
