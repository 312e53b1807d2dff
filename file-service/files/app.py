"""The Flask application of the file service."""

from flask import Flask

from files.decoding.limits import Limits
from files.decoding.parent import Decoders
from files.decoding.slots import QUEUE, SLOTS, PixelBudget, Slots
from files.malloc import give_back_large_blocks
from files.owners.lookup_cache import LookupCache
from files.pictures.avif_queue import AvifQueue
from files.pictures.sweeper import Sweeper
from files.routes import admin_users, admin_volumes, media, stored, user, volumes
from files.runtime import Runtime
from files.store.storage import Denied, Storage, UnusableAddress
from files.store.storage_url import storage_at
from files.watchdog import start_watchdog
from shared import settings
from shared.rpc import endpoints
from shared.rpc.client import ServiceClients
from shared.web.routes import Api
from shared.web.service import service

PAGES: tuple[Api, ...] = (admin_volumes.api, volumes.api, media.api, user.api, admin_users.api, stored.api)

MAX_BODY = 32 * 1024 * 1024

_PATIENCE = 25.0
"""Maximum wait of an upload for a slot or for budget, in seconds. An ordinary picture takes a fraction of a
second; six of the largest, one after the other on a busy node, take this long. The gateway's timeout is a
minute."""


def create() -> Flask:
    """Return the application, configured from environment variables, with its background threads started.

    Raises ``settings.Unusable`` for settings that cannot be used.
    """
    give_back_large_blocks()
    storage = _storage(settings.text("STORAGE_URL"))
    clients = ServiceClients("files", endpoints.from_environment(), settings.mapping("CALL_KEYS"))
    limits = Limits(pixels=settings.whole("MAX_PIXELS", 24_000_000))
    decoders = Decoders(limits)
    slots = Slots(SLOTS, queue=QUEUE, patience=_PATIENCE)
    budget = PixelBudget(limits.pixels, patience=_PATIENCE)
    sweeper = Sweeper(storage, clients, seconds=max(1, settings.whole("SWEEP_SECONDS", 60)))
    avif_queue = AvifQueue(storage, decoders, slots, budget, clients)
    app = service("files", PAGES, checks=[storage.check], max_body=settings.whole("MAX_BODY", MAX_BODY))
    app.extensions["runtime"] = Runtime(
        storage, decoders, slots, budget, clients, LookupCache(), sweeper, avif_queue
    )
    decoders.check()
    sweeper.start()
    avif_queue.start()
    start_watchdog()
    return app


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
