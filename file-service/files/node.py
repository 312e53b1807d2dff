"""What a file node holds: storage, decoders, places for uploads, a sweeper, and the owners' addresses."""

from dataclasses import dataclass

from flask import current_app

from files.admission import QUEUE, SLOTS, PixelBudget, Slots
from files.decoding.limits import Limits
from files.decoding.parent import Decoders
from files.references import References
from files.store.addresses import storage_at
from files.store.storage import Denied, Storage, UnusableAddress
from files.studio import Studio
from files.sweeper import Sweeper
from shared import places, settings
from shared.internal import Peers

_PATIENCE = 25.0
"""Seconds an upload waits for its turn. An ordinary picture takes a fraction of one; six of the largest, one after the
other and beside other work, take this long. The gateway waits for a minute."""


@dataclass(frozen=True, slots=True)
class Node:
    """One file node."""

    storage: Storage
    decoders: Decoders
    slots: Slots
    budget: PixelBudget
    peers: Peers
    sweeper: Sweeper
    references: References
    studio: Studio


def from_environment() -> Node:
    """Return a node as the environment describes it; ends the program with a sentence where it cannot be."""
    storage = _storage(settings.text("STORAGE_URL"))
    peers = Peers("files", places.configured(), settings.mapping("CALL_KEYS"))
    limits = Limits(pixels=settings.whole("MAX_PIXELS", 24_000_000))
    decoders = Decoders(limits)
    slots = Slots(SLOTS, queue=QUEUE, patience=_PATIENCE)
    budget = PixelBudget(limits.pixels, patience=_PATIENCE)
    sweeper = Sweeper(storage, peers, seconds=max(1, settings.whole("SWEEP_SECONDS", 60)))
    studio = Studio(storage, decoders, slots, budget, peers)
    return Node(storage, decoders, slots, budget, peers, sweeper, References(), studio)


def here() -> Node:
    """Return the node that answers the current request."""
    node: Node = current_app.extensions["node"]
    return node


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
        pass  # It may come yet: the node is not ready until then.
    return storage
