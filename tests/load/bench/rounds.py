"""Interleaved measurement: all targets in turn, several times, so that other load affects all alike."""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tqdm import tqdm

from tests.load.bench import processes
from tests.load.bench.load import Load

_LONGER = (1, 4, 16)
"""Factor by which a slow peer is measured longer."""

Loader = Callable[[str, Sequence[str], Mapping[str, str], int, float], Load]


@dataclass(frozen=True)
class Target:
    """One server and its requests."""

    name: str
    size: str
    address: str
    paths: Sequence[str]
    headers: Mapping[str, str]
    programs: Callable[[], list[int]]
    database: Callable[[], list[int]]
    slow: bool = False
    """True if it answers so few requests that it is measured for longer."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one target; processor time in milliseconds per request."""

    load: Load
    programs: float
    database: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.load.rate

    @property
    def cpu(self) -> float:
        """Processor time of programs and database, milliseconds per request."""
        return self.programs + self.database


class Failed(Exception):
    """A target answered with errors under load: its figures are meaningless."""


@dataclass
class Measured:
    """The samples of all rounds: ``of(name, size, connections)``."""

    samples: dict[tuple[str, str, int], list[Sample]]

    def of(self, name: str, size: str, connections: int) -> list[Sample]:
        """Return one target's samples; empty if it was not measured."""
        return self.samples.get((name, size, connections), [])

    def compare(
        self,
        ours: tuple[str, str, int],
        theirs: tuple[str, str, int],
        by: Callable[[Sample], float] = lambda sample: sample.rate,
    ) -> "Ratio | None":
        """Return ours / theirs for each round; None if one was not measured."""
        pairs = list(zip(self.of(*ours), self.of(*theirs), strict=False))
        return Ratio([by(mine) / by(other) for mine, other in pairs if by(other)]) if pairs else None


@dataclass(frozen=True)
class Ratio:
    """Ratios of all rounds."""

    each: list[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.each)

    def __str__(self) -> str:
        return f"{_short(self.middle)}x ({_short(min(self.each))}-{_short(max(self.each))})"


def middle(values: Sequence[float]) -> float:
    """Return the median; 0 of nothing."""
    return median(values) if values else 0.0


def measure(
    targets: Sequence[Target], connections: Sequence[int], *, rounds: int, seconds: float, loader: Loader
) -> Measured:
    """Measure every target at each number of connections, after a short warm-up."""
    samples: dict[tuple[str, str, int], list[Sample]] = defaultdict(list)
    for target in targets:
        _sample(target, 2, min(seconds, 1), loader)
    with tqdm(total=rounds * len(connections) * len(targets), file=sys.stderr, desc="measuring") as bar:
        for turn in range(rounds):
            for number in connections:
                for target in targets[:: -1 if turn % 2 else 1]:
                    long = seconds * (2 if target.slow else 1)
                    samples[target.name, target.size, number].append(_sample(target, number, long, loader))
                    bar.update()
    return Measured(samples)


def _sample(target: Target, connections: int, seconds: float, loader: Loader) -> Sample:
    """Measure once; longer if no answer came in time, as with many connections to a slow peer."""
    for longer in _LONGER:
        sample = _try(target, connections, seconds * longer, loader)
        if sample:
            return sample
    raise Failed(f"{target.name} at {target.size} does not answer over {connections} connections")


def _try(target: Target, connections: int, seconds: float, loader: Loader) -> Sample | None:
    programs, database = target.programs(), target.database()
    before = processes.cpu_seconds(programs), processes.cpu_seconds(database)
    load = loader(target.address, target.paths, target.headers, connections, seconds)
    after = processes.cpu_seconds(programs), processes.cpu_seconds(database)
    processes.settle([*programs, *database])
    if load.errors:
        raise Failed(f"{target.name} at {target.size}, {connections} connections: {load}")
    if not load.requests:
        return None
    used = [(then - now) * 1000 / load.requests for then, now in zip(after, before, strict=True)]
    return Sample(load, *used)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.1g}"
