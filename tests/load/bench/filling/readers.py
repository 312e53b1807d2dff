"""The rows of schema ``users``: many readers, some with very many entries."""

import random
from collections.abc import Iterator

from shared.fields.text import natural_key
from tests.load.bench.filling.copying import Row
from tests.load.bench.filling.shape import SEED, Shape
from tests.load.bench.sizes import LONGEST_SHELF, SHORT_HISTORY, Size
from users.passwords import digest

PASSWORD = "the password of every reader"
OWNER, LONG_READER, SHORT_READER = 1, 2, 3
"""The readers with the largest collection, the longest history, and a history of the same length in every catalogue."""

ACCOUNTS = ("username", "sort_name", "password_hash")
ITEMS = ("user_id", "volume_id", "series_id", "price", "buy_date")
STATUSES = (
    *("user_id", "series_id", "client_id", "visibility", "status", "progress", "progress_type", "score"),
    *("priority", "last_update"),
)
RATINGS = ("user_id", "series_id", "rating")

_STATES = ("started", "completed", "paused", "dropped")
_PRIORITIES = ("low", "mid", "high")


def username(reader: int) -> str:
    """Return the name of a reader, counted from 1."""
    return f"reader-{reader}"


def accounts(size: Size) -> Iterator[Row]:
    """Rows of ``ACCOUNTS``."""
    password = digest(PASSWORD)  # One digest for all: hashing is slow on purpose.
    for reader in range(1, size.readers + 1):
        yield username(reader), natural_key(username(reader)), password


class Shelves:
    """The entries of the readers; ``ids`` are theirs, in the order of ``accounts``."""

    def __init__(self, size: Size, shape: Shape, ids: list[int]) -> None:
        self._size = size
        self._shape = shape
        self._ids = ids

    def items(self) -> Iterator[Row]:
        """Rows of ``ITEMS``."""
        chance = random.Random(f"{SEED} items {self._size.volumes}")
        for reader, id in enumerate(self._ids, start=1):
            number = LONGEST_SHELF if reader == OWNER else _length(chance)
            most = range(1, self._size.volumes + 1)
            for volume in chance.sample(most, min(number, len(most))):
                series = self._shape.series_of_group(self._shape.group_of_volume(volume))
                price = f"{chance.randrange(399, 2999) / 100:.2f}"
                yield id, volume, series, price, f"20{chance.randrange(10, 26)}-0{chance.randrange(1, 10)}-12"

    def statuses(self) -> Iterator[Row]:
        """Rows of ``STATUSES``."""
        chance = random.Random(f"{SEED} statuses {self._size.volumes}")
        lengths = {LONG_READER: LONGEST_SHELF, SHORT_READER: SHORT_HISTORY}
        for reader, id in enumerate(self._ids, start=1):
            most = range(1, self._size.series + 1)
            number = lengths.get(reader) or _length(chance)
            for series in chance.sample(most, min(number, len(most))):
                moment = f"2025-{chance.randrange(1, 13):02d}-{chance.randrange(1, 28):02d}T12:00:00Z"
                yield (
                    *(id, series, 1, "private", chance.choice(_STATES), chance.randrange(1, 200), "chapters"),
                    *(chance.choice((None, 6, 7.5, 9)), chance.choice(_PRIORITIES), moment),
                )

    def ratings(self) -> Iterator[Row]:
        """Rows of ``RATINGS``."""
        chance = random.Random(f"{SEED} ratings {self._size.volumes}")
        for id in self._ids:
            for series in chance.sample(range(1, self._size.series + 1), 20):
                yield id, series, chance.randrange(2, 21) / 2


def _length(chance: random.Random) -> int:
    """Most lists are short, a few are very long."""
    return min(LONGEST_SHELF, int(20 * chance.paretovariate(1)))
