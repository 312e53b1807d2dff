"""The sweeper: deletes the bytes that no row refers to any more.

It works from what the owners' ledgers say and never from a listing of storage, so that it cannot mistake an
upload in the making, or a row it has not seen, for rubbish. Every node runs one; two at once do no harm.
"""

import logging
import threading

from files.owners import LEDGERS, doomed_keys, forget
from files.store.storage import Storage
from shared.internal import Peers
from shared.refusals import Refusal

_log = logging.getLogger("bunko.sweeper")


class Sweeper:
    """Sweeps every so many ``seconds``, and soon after it is woken."""

    def __init__(self, storage: Storage, peers: Peers, *, seconds: float) -> None:
        self._storage = storage
        self._peers = peers
        self._seconds = seconds
        self._woken = threading.Event()

    def start(self) -> None:
        """Sweep from now on, in a thread of its own."""
        threading.Thread(target=self._run, name="sweeper", daemon=True).start()

    def wake(self) -> None:
        """Sweep soon: something has just been replaced or removed."""
        self._woken.set()

    def sweep(self) -> None:
        """Sweep once. What cannot be done now, as an owner or the storage is away, waits for the next time."""
        for service in LEDGERS:
            try:
                self._sweep(service)
            except (Refusal, OSError, ValueError) as error:
                _log.warning("not swept for %s: %s", service, error)

    def _sweep(self, service: str) -> None:
        while keys := doomed_keys(self._peers, service):
            deleted = self._storage.delete(keys)
            if len(deleted) < len(keys):
                _log.error("cannot delete %s", sorted(set(keys) - set(deleted)))
            if not deleted:
                return
            forget(self._peers, service, deleted)
            _log.info("swept", extra={"service": service, "keys": len(deleted)})

    def _run(self) -> None:
        while True:
            self._woken.wait(self._seconds)
            self._woken.clear()
            try:
                self.sweep()
            except Exception:
                _log.exception("the sweeper stumbled; it goes on")
