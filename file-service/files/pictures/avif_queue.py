"""Encodes AVIF in the background for pictures requested by a client that accepts it.

Until then WebP is served.

A claim in the owner's ledger ensures that only one node encodes a picture. The AVIF files are stored under
the picture's key, so the sweeper deletes them together with it.
"""

import logging
import queue
import threading

from cachetools import TTLCache

from files.decoding.parent import Decoders, DecodingError
from files.decoding.slots import PixelBudget, Slots
from files.owners.client import claim_work, finish_work
from files.pictures.recrop_source import recrop_source
from files.rules.formats import format_of
from files.rules.stored_picture import HIGH_AVIF, SCALED_AVIF
from files.store.storage import Storage
from shared.errors import Refusal
from shared.rpc.client import ServiceClients

_log = logging.getLogger("bunko.avif_queue")

_MAX_WAITING = 500
"""Maximum length of the queue. Pictures beyond it are enqueued by a later request."""
_PAUSE = 600
"""Seconds before a picture is enqueued again, whether its encoding succeeded or not."""


class AvifQueue:
    """Encodes one picture at a time in a background thread, in a slot that it shares with uploads."""

    def __init__(
        self, storage: Storage, decoders: Decoders, slots: Slots, budget: PixelBudget, clients: ServiceClients
    ) -> None:
        self._storage = storage
        self._decoders = decoders
        self._slots = slots
        self._budget = budget
        self._clients = clients
        self._waiting: queue.Queue[tuple[str, str]] = queue.Queue(_MAX_WAITING)
        self._coming: set[str] = set()
        self._recent: TTLCache[str, None] = TTLCache(10_000, _PAUSE)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the background thread."""
        threading.Thread(target=self._run, name="avif-queue", daemon=True).start()

    def enqueue(self, service: str, key: str) -> bool:
        """Enqueue picture ``key`` of ``service``. Return whether it is in the queue or being encoded."""
        with self._lock:
            if key in self._recent:
                return key in self._coming
            try:
                self._waiting.put_nowait((service, key))
            except queue.Full:
                return False
            self._recent[key] = None
            self._coming.add(key)
            return True

    def _run(self) -> None:
        while True:
            service, key = self._waiting.get()
            try:
                self._process(service, key)
            except (Refusal, DecodingError, OSError, ValueError) as error:
                _log.warning("no AVIF of %s: %s", key, error)
            except Exception:
                _log.exception("no AVIF of %s", key)
            with self._lock:
                self._coming.discard(key)

    def _process(self, service: str, key: str) -> None:
        with self._slots.one():
            if not claim_work(self._clients, service, key):
                return
            if not {HIGH_AVIF, SCALED_AVIF} <= self._storage.names(key).keys():
                self._store(key, self._encode(key))
        # If the picture was replaced meanwhile, the sweeper may have run before these files were stored.
        if not finish_work(self._clients, service, key):
            self._storage.delete([key])

    def _encode(self, key: str) -> dict[str, bytes]:
        """Return the AVIF files, or none if the picture's original is not stored."""
        original = recrop_source(self._storage, key)
        if original is None:
            return {}
        cut = original.cut
        with (
            self._decoders.decoding(original.data, format_of(original.data)) as decoding,
            self._budget.take(decoding.size[0] * decoding.size[1]),
        ):
            return decoding.avif(cut.box, opaque=cut.opaque)

    def _store(self, key: str, files: dict[str, bytes]) -> None:
        # The larger file last: if it exists, both exist.
        for name in sorted(files, key=[SCALED_AVIF, HIGH_AVIF].index):
            self._storage.add(key, name, files[name])
