"""Keys are attached at the moment when sweepers may expire them, on a real ledger and storage.

An attached key keeps its objects, even if a sweeper was stopped with that key in its list; no row refers to
a refused key; and at the end exactly the live keys are stored.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.stack.stack import Stack
from files.owners.client import COVERS
from files.store.folder import Folder
from shared.errors import UNAVAILABLE, Refusal
from shared.identity.tokens import Caller, Identity
from shared.rpc.client import ServiceClients
from shared.rpc.endpoints import Endpoints
from tests.load.soak.sweeping.ledger import Ledger, ledger_of
from tests.load.soak.sweeping.sweepers import Sweeper, sweeper
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once

AT_ONCE = 8
"""Number of keys attached at one moment."""
PAUSES = ("", "before", "after")
"""Points at which one sweeper stops, in turn: nowhere, before it deletes its list, after it."""
_EDITOR = Identity("user", "192.0.2.1", Caller(1, "editor", "session", frozenset({"edit-volumes"})))
_PICTURE = {"high.webp": b"high" * 400, "scaled.webp": b"scaled" * 100}
_WHOLE = {name: len(content) for name, content in _PICTURE.items()}
_SECONDS = 90


@dataclass
class Outcome:
    """The outcome of the races."""

    attached: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def raced(self) -> int:
        """Number of keys that were attached or refused beside the sweepers."""
        return self.attached + self.refused


def races(
    stack: Stack, admin: Client, count: int, *, each: Callable[[int], Any] = lambda _: None, seed: int = 0
) -> Outcome:
    """Race with at least ``count`` keys, in each way in turn; delete them afterwards."""
    with sweeper(stack) as first, sweeper(stack) as second, ledger_of(stack) as ledger:
        races = _Races(stack, admin, ledger, (first, second), random.Random(seed))
        pauses = 0
        while races.outcome.raced < count and not races.outcome.wrong:
            races.round(PAUSES[pauses % len(PAUSES)])
            pauses += 1
            each(AT_ONCE)
        races.finish()
    return races.outcome


class _Races:
    def __init__(
        self,
        stack: Stack,
        admin: Client,
        ledger: Ledger,
        sweepers: tuple[Sweeper, Sweeper],
        chance: random.Random,
    ) -> None:
        settings = stack.settings("file-1")
        upstreams = json.loads(settings["UPSTREAMS"])
        self._peers = ServiceClients(
            "files",
            {service: Endpoints(url) for service, url in upstreams.items()},
            json.loads(settings["CALL_KEYS"]),
        )
        self._storage = Folder(Path(urlsplit(settings["STORAGE_URL"]).path))
        self._admin, self._ledger, self._sweepers, self._chance = admin, ledger, sweepers, chance
        catalogue = Catalogue(admin)
        self._series = catalogue.series()
        group = catalogue.group(self._series)
        self._volumes = [catalogue.volume(group) for _ in range(AT_ONCE)]
        self._keys: list[str] = []
        self.outcome = Outcome()

    def round(self, pause: str) -> None:
        """Attach a picture to every volume while both sweepers run, one of which may ``pause``."""
        first, second = self._sweepers
        keys = [self._stored(volume) for volume in self._volumes]
        old = keys[: AT_ONCE // 4] if pause else []
        for key in old:
            self._ledger.age(key, 1000)
        paused = bool(pause) and first.begin(pause).stands_still()
        # The last one does not expire: it is always attached.
        for key in keys[len(old) : -1]:
            self._ledger.age(key, self._chance.uniform(-30, 5))
        calls: list[Callable[[], object]] = [
            partial(self._attached, volume, key, self._chance.uniform(0, 0.03))
            for volume, key in zip(self._volumes, keys, strict=True)
        ]
        sweeping = [second] if pause else [first, second]
        attached = at_once([*calls, *(one.begin for one in sweeping)])[:AT_ONCE]
        for one in sweeping:
            one.end()
        if paused:
            first.go_on()
            first.end()
        self._judge(pause, keys, attached)

    def _stored(self, volume: int) -> str:
        key = COVERS.reserve(self._peers, _EDITOR, {"id": volume, "type": "front"})
        self._storage.put(key, _PICTURE)
        self._keys.append(key)
        return key

    def _attached(self, volume: int, key: str, seconds: float) -> bool:
        """Attach after a short delay; return whether it was accepted."""
        time.sleep(seconds)
        try:
            COVERS.attach(self._peers, _EDITOR, {"id": volume, "type": "front"}, key, {"aspect_ratio": 0.7})
        except Refusal as refusal:
            if refusal != UNAVAILABLE:
                raise
            return False
        return True

    def _judge(self, pause: str, keys: Sequence[str], attached: Sequence[object]) -> None:
        shown = {volume: (key, state) for volume, key, state in self._ledger.covers(self._volumes)}
        for volume, key, was_attached in zip(self._volumes, keys, attached, strict=True):
            cover, state = shown.get(volume, (None, None))
            if was_attached != (cover == key):
                self._blame(pause, key, f"attached: {was_attached}, and the cover is {cover}")
        for cover, state in shown.values():
            if state != "live" or self._storage.names(cover) != _WHOLE:
                self._blame(pause, cover, f"is a cover, {state}, and stored are {self._storage.names(cover)}")
        self.outcome.attached += sum(map(bool, attached))
        self.outcome.refused += AT_ONCE - sum(map(bool, attached))

    def finish(self) -> None:
        """Sweep until the stored keys are the live ones; then delete all and sweep until none is stored."""
        self._sweep_up()
        self._admin.delete(f"/admin-series/delete/{self._series}")
        self._sweep_up()
        if left := self._stored_keys():
            self._blame("in the end", left[0], f"and {len(left) - 1} others are left of what was deleted")

    def _sweep_up(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while set(states := self._ledger.states(self._keys)) and set(states.values()) != {"live"}:
            assert time.monotonic() < deadline, "the sweepers do not come to an end"
            for key in states:
                self._ledger.age(key, 1000)
            self._sweepers[0].begin().end()
        if set(stored := self._stored_keys()) != set(states):
            self._blame("in the end", str(set(stored) ^ set(states)), "are stored or live, and not both")

    def _stored_keys(self) -> list[str]:
        return [key for key in self._keys if self._storage.names(key)]

    def _blame(self, pause: str, key: str, what: str) -> None:
        self.outcome.wrong.append(
            f"round {self.outcome.raced // AT_ONCE} ({pause or 'no pause'}), {key}: {what}"
        )
