"""The sweeper: deletes the bytes that no row refers to any more.

It works from what the owners' ledgers say and never from a listing of storage, so that it cannot mistake an
upload in the making, or a row it has not seen, for rubbish. Every node runs one; two at once do no harm.
"""

import logging
import threading

from files.owners.client import LEDGERS, delete_rows, doomed_keys
from files.store.storage import Storage
from shared.errors import Refusal
from shared.observability.metrics import counter, shared_gauge
from shared.rpc.client import ServiceClients

_log = logging.getLogger("bunko.sweeper")

_PASSES = counter("bunko_sweeper_passes", "How often the ledgers were swept, or it was tried.").of()
_failures = counter("bunko_sweeper_failures", "How often a ledger could not be swept.", "service")
_keys = counter("bunko_sweeper_keys", "Keys of doomed files, by what became of them.", "service", "outcome")
_oldest = shared_gauge("bunko_sweeper_oldest_seconds", "Since when the oldest key is doomed.", "service")
_FAILURES = {service: _failures.of(service) for service in LEDGERS}
_HANDED_OUT = {service: _keys.of(service, "handed out") for service in LEDGERS}
_DELETED = {service: _keys.of(service, "deleted") for service in LEDGERS}
_NOT_DELETED = {service: _keys.of(service, "not deleted") for service in LEDGERS}
_OLDEST = {service: _oldest.of(service) for service in LEDGERS}


class Sweeper:
    """Sweeps every so many ``seconds``, and soon after it is woken."""

    def __init__(self, storage: Storage, clients: ServiceClients, *, seconds: float) -> None:
        self._storage = storage
        self._peers = clients
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
        _PASSES.inc()
        for service in LEDGERS:
            try:
                self._sweep(service)
            except (Refusal, OSError, ValueError) as error:
                _FAILURES[service].inc()
                _log.warning("not swept for %s: %s", service, error)

    def _sweep(self, service: str) -> None:
        while keys := self._doomed(service):
            deleted = self._storage.delete(keys)
            _DELETED[service].inc(len(deleted))
            if len(deleted) < len(keys):
                _NOT_DELETED[service].inc(len(keys) - len(deleted))
                _log.error("cannot delete %s", sorted(set(keys) - set(deleted)))
            if not deleted:
                return
            delete_rows(self._peers, service, deleted)
            _log.info("swept", extra={"service": service, "keys": len(deleted)})

    def _doomed(self, service: str) -> list[str]:
        keys, oldest_seconds = doomed_keys(self._peers, service)
        _HANDED_OUT[service].inc(len(keys))
        _OLDEST[service].set(oldest_seconds)
        return keys

    def _run(self) -> None:
        while True:
            self._woken.wait(self._seconds)
            self._woken.clear()
            try:
                self.sweep()
            except Exception:
                _log.exception("the sweeper stumbled; it goes on")
