"""The sweeper: deletes stored files that no row refers to any more.

It works from the doomed keys in the owners' ledgers and never from a listing of storage, so it cannot delete
an upload in progress or a picture whose row it has not read. Every node runs a sweeper; concurrent sweepers
are harmless.
"""

import logging
import threading

from files.owners.client import LEDGERS, delete_rows, doomed_keys
from files.store.storage import Storage
from shared.errors import Refusal
from shared.observability.metrics import counter, shared_gauge
from shared.rpc.client import ServiceClients

_log = logging.getLogger("bunko.sweeper")

_PASSES = counter("bunko_sweeper_passes", "Sweeps of the ledgers, successful or not.").of()
_failures = counter("bunko_sweeper_failures", "Failed sweeps of a ledger.", "service")
_keys = counter("bunko_sweeper_keys", "Keys of doomed files, by outcome.", "service", "outcome")
_oldest = shared_gauge("bunko_sweeper_oldest_seconds", "Age of the oldest doomed key.", "service")
_FAILURES = {service: _failures.of(service) for service in LEDGERS}
_HANDED_OUT = {service: _keys.of(service, "handed out") for service in LEDGERS}
_DELETED = {service: _keys.of(service, "deleted") for service in LEDGERS}
_NOT_DELETED = {service: _keys.of(service, "not deleted") for service in LEDGERS}
_OLDEST = {service: _oldest.of(service) for service in LEDGERS}


class Sweeper:
    """Sweeps every ``seconds`` seconds, and soon after ``wake``."""

    def __init__(self, storage: Storage, clients: ServiceClients, *, seconds: float) -> None:
        self._storage = storage
        self._clients = clients
        self._seconds = seconds
        self._woken = threading.Event()

    def start(self) -> None:
        """Start the background thread."""
        threading.Thread(target=self._run, name="sweeper", daemon=True).start()

    def wake(self) -> None:
        """Schedule a sweep; call it after a picture was replaced or removed."""
        self._woken.set()

    def sweep(self) -> None:
        """Sweep all ledgers once. Failures of an owner or of storage are logged; the next sweep retries."""
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
            delete_rows(self._clients, service, deleted)
            _log.info("swept", extra={"service": service, "keys": len(deleted)})

    def _doomed(self, service: str) -> list[str]:
        keys, oldest_seconds = doomed_keys(self._clients, service)
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
                _log.exception("sweep failed; the sweeper continues")
