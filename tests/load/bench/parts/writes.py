"""Editing a volume, adding one and reordering forty: one after the other, sizes in turn."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median

import requests
from tqdm import tqdm

from tests.load.bench.arena import Arena
from tests.load.bench.bunko import Bunko
from tests.load.bench.filling.shape import MANY, Shape, shape
from tests.load.bench.goals import ratio_at_most
from tests.load.bench.outcome import Outcome, Table
from tests.load.bench.rounds import Ratio
from tests.load.bench.sizes import LARGE, Size

_TIMES = 40
"""Writes of each kind in a round, in groups that no other round touches."""
_GROWTH = {LARGE: 1.3}

Times = dict[tuple[str, Size], list[list[float]]]
"""Kind and size -> milliseconds of each write, by round."""


class Editor:
    """An editor of one catalogue that restores it afterwards."""

    def __init__(self, bunko: Bunko, outline: Shape) -> None:
        self._address = bunko.address
        self._session = requests.Session()
        self._session.headers["Cookie"] = bunko.cookie()
        self._outline = outline
        self._large = outline.large_groups()
        self.kinds: dict[str, Callable[[int], None]] = {
            "edit-volume": self._edit,
            "add-volume": self._add,
            f"reorder of {MANY} volumes": self._reorder,
        }
        self._added: list[int] = []
        self._reordered: set[int] = set()

    def close(self) -> None:
        """Delete additions and restore the old order, which the peers have."""
        for id in self._added:
            self._ask("DELETE", f"/admin-volumes/delete-volume/{id}")
        for group in self._reordered:
            self._put_into_order(list(self._outline.volumes_in(group)))
        self._session.close()

    def _edit(self, number: int) -> None:
        volume = self._outline.volumes_in(self._group(number))[0]
        changes = {"pages": 100 + number % 100, "measures": "13 x 18 cm", "description": f"Edit {number}."}
        self._ask("POST", f"/admin-volumes/edit-volume/{volume}", changes)

    def _add(self, number: int) -> None:
        volume = {"name": f"Added {number}", "group": self._group(number), "language": "English"}
        self._added.append(self._ask("POST", "/admin-volumes/add-volume", volume)["id"])

    def _reorder(self, number: int) -> None:
        group = self._large[number % len(self._large)]
        order = list(self._outline.volumes_in(group))[:MANY]
        turned = order[::-1] if number // len(self._large) % 2 == 0 else order
        self._reordered.add(group)
        self._put_into_order(turned)

    def _put_into_order(self, volumes: list[int]) -> None:
        self._ask("POST", "/admin-volumes/update-order", {"order": volumes})

    def _group(self, number: int) -> int:
        return 2 + number * 7 % (len(self._outline.volumes_of) - 2)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, int]:
        answer = self._session.request(method, self._address + path, json=body, timeout=60)
        if answer.status_code not in (200, 201):
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        document: dict[str, int] = answer.json()
        return document


def run(arena: Arena) -> Outcome:
    """Write into both catalogues in turn."""
    editors = {size: Editor(arena.bunko(size), shape(size)) for size in arena.effort.sizes}
    times: Times = defaultdict(list)
    writes = 4 if arena.effort.small else _TIMES
    try:
        for turn in tqdm(range(1 + arena.effort.rounds), desc="writing", file=sys.stderr):
            _round(editors, range(turn * writes, (turn + 1) * writes), times)
    finally:
        for editor in editors.values():
            editor.close()
    return _outcome(arena, times)


def _round(editors: dict[Size, Editor], numbers: range, times: Times) -> None:
    rounds: dict[tuple[str, Size], list[float]] = defaultdict(list)
    for number in numbers:
        for size, editor in editors.items():
            for kind, write in editor.kinds.items():
                began = time.perf_counter()
                write(number)
                rounds[kind, size].append((time.perf_counter() - began) * 1000)
    for key, each in rounds.items():
        times[key].append(each)


def _outcome(arena: Arena, times: Times) -> Outcome:
    outcome = Outcome()
    rows = []
    for kind in dict.fromkeys(kind for kind, _ in times):
        # The first round warms up.
        medians = {
            size: [median(each) for each in times[kind, size][1:]] for size in (arena.smaller, arena.larger)
        }
        pairs = zip(medians[arena.larger], medians[arena.smaller], strict=True)
        ratio = Ratio([large / small for large, small in pairs])
        work = f"{kind}, time vs the smaller catalogue"
        outcome.figures.append(ratio_at_most(work, arena.larger, ratio, _GROWTH))
        rows += [[kind, size.name, f"{median(values):.2f}"] for size, values in medians.items()]
    outcome.tables = [
        Table("One write after the other, through the gateway", ["write", "volumes", "p50 ms"], rows)
    ]
    return outcome
