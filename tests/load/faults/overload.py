"""Overload and slow clients: ``python -m tests.load.faults.overload [--seconds 10]``.

Requests are sent at a fixed rate, whether answers come or not (an open loop). The load shares the machine with the
system under test, so goodput is compared with its own peak. The load has a core to itself: otherwise it would count its
own waits for a core as Bunko's.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass

from deploy.stack.stack import Stack
from tests.load.faults.load import SLOW, Answers, Load, p99
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covered_volumes import settings_of

GOODPUT, ANSWERED_SECONDS, REFUSED_SECONDS, HONEST = 0.9, 0.5, 0.05, 1.2
"""Limits: goodput at three times capacity, p99 of its answers and refusals, and p99 beside slow clients."""


@dataclass
class Findings:
    """The outcome."""

    peak: float
    """Answers per second by requests per second."""
    flood: Answers
    alone: Answers
    """Answers to normal clients at a quarter of the peak."""
    beside: Answers
    """The same beside slow clients."""

    def table(self) -> str:
        """Return the outcome as text."""
        alone, beside = self.alone.p99(200), self.beside.p99(200)
        others = {status: len(took) for status, took in self.flood.took.items() if status not in (200, 503)}
        return (
            f"goodput: {self.peak:.0f}/s at its peak, {self.flood.rate(200):.0f}/s at three times that "
            f"({self.flood.rate(200) / self.peak:.0%}); {self.flood.rate(503):.0f}/s refused, "
            f"p99 {1000 * self.flood.p99(503):.0f} ms; p99 of answers {1000 * self.flood.p99(200):.0f} ms; "
            f"others: {others}; the load itself was {1000 * p99(self.flood.lags):.0f} ms late (p99)\n"
            f"{SLOW} each of slow headers, bodies and readers: honest p99 {1000 * beside:.1f} ms "
            f"instead of {1000 * alone:.1f} ms ({beside / alone:.2f} times)"
        )

    def holds(self) -> bool:
        """Return whether all limits hold."""
        return (
            self.flood.rate(200) >= GOODPUT * self.peak
            and self.flood.p99(200) <= ANSWERED_SECONDS
            and self.flood.p99(503) <= REFUSED_SECONDS
            and self.beside.took.keys() == {200}
            and self.beside.p99(200) <= HONEST * self.alone.p99(200)
        )


async def trial(load: Load, seconds: float) -> Findings:
    """Find the peak, send three times as much, and measure normal clients beside slow ones."""
    await load.closed(seconds / 4)
    peak = (await load.closed(seconds)).rate(200)
    flood = await load.open(3 * peak, seconds)
    alone = await load.open(peak / 4, seconds)
    slow = [asyncio.create_task(client) for client in load.slow()]
    await load.sipping.wait()
    await asyncio.sleep(2)
    beside = await load.open(peak / 4, seconds)
    for client in slow:
        client.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    load.end()
    return Findings(peak, flood, alone, beside)


def load_of(stack: Stack) -> Load:
    """Return a load on a page of series."""
    admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
    catalogue = Catalogue(admin)
    for _ in range(20):
        catalogue.series()
    path = f"/admin-series?client={catalogue.client}&limit=20"
    return Load(stack.address, admin.session.cookies["refreshToken"], path)


def main() -> None:
    """Run; exit 1 if a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.overload")
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    *others, own = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or [own])
    with tempfile.TemporaryDirectory(prefix="bunko-load-") as folder, Stack(settings_of(folder)) as stack:
        # Only this thread: running programs keep their cores.
        os.sched_setaffinity(0, [own])
        findings = asyncio.run(trial(load_of(stack), chosen.seconds))
    print(findings.table())
    sys.exit(0 if findings.holds() else 1)


if __name__ == "__main__":
    main()
