"""One soak: writers and readers on two gateways, a fault injector, and the outcome."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.load.faults.installation import NODE_SECONDS, SERVICE_SECONDS, Installation
from tests.load.faults.soak import checks
from tests.load.faults.soak.journal import SHOWN, compare
from tests.load.faults.soak.nemesis import Nemesis
from tests.load.faults.soak.writers import Asking, Reader, Writer
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client

DEADLINE = max(2 * SERVICE_SECONDS, NODE_SECONDS) + 5
"""Seconds within which a failure must be answered: a GET may be retried after a silent database."""
AFTER_KILL, AFTER_DATABASE = 2.0, 1.0
"""Seconds within which everything works again after a kill, and once the database is ready."""
BESIDE_STALLED = 1.2
"""Factor by which the p99 of other services may grow while a service is stalled."""
_BROKEN_SECONDS = 30.0
"""Seconds after the kill of a gateway in which its clients may see broken connections."""
_QUIET = 1 / 30
"""Share of the time in which latency without faults is measured."""
_READ = {"catalog": "/admin-series?client={client}&limit=5", "media": "/media?limit=5", "users": "/auth/me"}
_WRITERS = 8


@dataclass
class Findings:
    """The outcome; ``wrong`` is empty if everything held."""

    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    """p99 of the other services while one is stalled, divided by that without faults."""
    slowest_failure: float = 0.0
    compared: int = 0
    """Number of values that were compared with the database and the storage."""
    wrong: list[str] = field(default_factory=list)

    def slow(self) -> list[str]:
        """Return what took too long: recoveries, and answers of other services while one was stalled."""
        limits = {
            kind: AFTER_DATABASE if "postgres" in kind else AFTER_KILL
            for kind in self.recoveries
            if kind.startswith("kill ")
        }
        return [
            *(
                f"{kind}: healthy after {max(self.recoveries[kind]):.2f} s, not {limit:.0f} s"
                for kind, limit in limits.items()
                if max(self.recoveries[kind]) > limit
            ),
            *(
                f"{service} stopped: p99 of other services {ratio:.2f} times that in quiet, not {BESIDE_STALLED}"
                for service, ratio in self.ratios.items()
                if ratio > BESIDE_STALLED
            ),
        ]


class Trial:
    """The clients of one soak and its fault injector."""

    def __init__(
        self, place: Installation, *, per_second: float, longest: float, deadline: float = DEADLINE
    ) -> None:
        admin = Client(place.gateways[0]).sign_in("admin", ADMIN_PASSWORD)
        self._place = place
        self._catalogue = Catalogue(admin).client
        gateways = itertools.cycle(place.gateways)
        self._writers = [
            Writer(
                f"w{number}",
                self._asking(next(gateways), deadline),
                per_second / (_WRITERS + 3),
                self._catalogue,
            )
            for number in range(_WRITERS)
        ]
        self._readers = [
            Reader(service, self._asking(next(gateways), deadline), 10, path.format(client=self._catalogue))
            for service, path in _READ.items()
        ]
        self._nemesis = Nemesis(place, longest=longest)
        self._quiet: tuple[float, float] = (0.0, 0.0)

    @staticmethod
    def _asking(gateway: str, deadline: float) -> Asking:
        client = Client(gateway).sign_in("admin", ADMIN_PASSWORD)
        return Asking(gateway, client.session.cookies["refreshToken"], deadline)

    @property
    def _clients(self) -> list[Writer | Reader]:
        return [*self._writers, *self._readers]

    @contextmanager
    def _flowing(self) -> Iterator[None]:
        for client in self._clients:
            client.start()
        try:
            yield
        finally:
            for client in self._clients:
                client.over.set()
            for client in self._clients:
                client.join(120)

    def run(self, seconds: float, said: Callable[[str], None]) -> Findings:
        """Run for so many seconds and print progress."""
        began = time.monotonic()
        findings = Findings()
        with self._flowing():
            time.sleep(_QUIET * seconds)
            self._quiet = (began, time.monotonic())
            for number, trouble in enumerate(itertools.cycle(self._nemesis.troubles), 1):
                if time.monotonic() - began > seconds:
                    break
                self._nemesis.strike(trouble)
                if number % len(self._nemesis.troubles) == 0:
                    self._look(findings)
                said(
                    f"{time.monotonic() - began:5.0f} s  {number:3} troubles  {self._progress()}  {trouble.name}"
                )
        findings.seconds = time.monotonic() - began
        self._look(findings)
        findings.wrong += checks.orphans(self._place)
        self._sum_up(findings)
        return findings

    def _progress(self) -> str:
        total = sum((client.asking.journal.outcomes for client in self._clients), Counter[str]())
        wrong = sum(len(client.asking.journal.wrong) for client in self._clients)
        return f"{total['200']:6} x 200  {total['503'] + total['504']:4} x 503/504  {wrong} wrong"

    def _look(self, findings: Findings) -> None:
        """Compare final values with the stored state."""
        possible = {
            thing: values
            for writer in self._writers
            for thing, values in writer.asking.journal.settled().items()
        }
        findings.compared = len(possible)
        findings.wrong += compare(possible, checks.found(self._place)) + checks.catalogue(self._place)

    def _sum_up(self, findings: Findings) -> None:
        record = self._nemesis.record
        journals = [client.asking.journal for client in self._clients]
        findings.outcomes = sum((journal.outcomes for journal in journals), Counter[str]())
        findings.troubles = Counter(record.done)
        findings.recoveries = record.recoveries
        findings.slowest_failure = max(journal.slowest_failure for journal in journals)
        findings.ratios = self._ratios()
        findings.wrong += record.unhealthy
        findings.wrong += [text for journal in journals for text in journal.wrong]
        findings.wrong += [
            f"a connection broke at {when:.1f}, and no gateway had been killed"
            for journal in journals
            for when in journal.broken
            if not any(0 <= when - kill <= _BROKEN_SECONDS for kill in record.gateway_kills)
        ]

    def _ratios(self) -> dict[str, float]:
        record, ratios = self._nemesis.record, {}
        for stalled in sorted({service for service, _, _ in record.stalled}):
            windows = [(begin, end) for service, begin, end in record.stalled if service == stalled]
            others = [reader for reader in self._readers if reader.service != stalled]
            quiet = _p99([took for reader in others for took in _within(reader, [self._quiet])])
            ratios[stalled] = _p99([took for reader in others for took in _within(reader, windows)]) / quiet
        return ratios


def _within(reader: Reader, windows: Sequence[tuple[float, float]]) -> list[float]:
    return [took for when, took in reader.took if any(begin <= when < end for begin, end in windows)]


def _p99(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=100)[98] if len(took) > 1 else 0.0


def table(findings: Findings) -> str:
    """Return the outcome as text."""
    outcomes = findings.outcomes
    kinds = sorted(outcomes.keys() - {"acknowledged", "doubtful"})
    written = f"{outcomes['acknowledged']} acknowledged, {outcomes['doubtful']} of unknown fate"
    lines = [
        f"{findings.seconds / 60:.1f} minutes, {findings.troubles.total()} troubles of {len(findings.troubles)} kinds",
        f"answers: {', '.join(f'{outcomes[kind]} x {kind}' for kind in kinds)}",
        f"writes: {written}; {findings.compared} things held against database and storage",
        f"slowest failure told after {findings.slowest_failure:.1f} s",
        *(
            f"p99 of other services while {service} is stopped: {ratio:.2f} times that in quiet"
            for service, ratio in findings.ratios.items()
        ),
        "healthy again after (s, slowest of each):",
        *(f"  {max(took):6.2f}  {kind} ({len(took)})" for kind, took in findings.recoveries.items()),
        f"{len(findings.wrong)} things went wrong (lost, doubled, orphaned, dishonest or untold)",
        *findings.wrong[:SHOWN],
    ]
    return "\n".join(lines)
