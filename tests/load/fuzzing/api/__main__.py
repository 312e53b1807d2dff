"""Send valid and invalid requests made from the OpenAPI document to a system started for it: ``make fuzz``.

Batches have numbers: ``--first`` continues an earlier run with the same ``--seed``, which it printed.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable

from tqdm import tqdm

from deploy.stack.stack import Stack
from tests.load.fuzzing.api.outcome import Outcome
from tests.load.fuzzing.api.running import feed, furnish

_ROUND = 140
"""Batches per system: two for each operation, then a new one starts, so that lists stay short."""


def main() -> None:
    """Run; exit 1 if any answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.fuzzing.api")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    batch, total = chosen.first, Outcome()
    with tqdm(total=chosen.count, unit=" requests", mininterval=1) as bar:

        def note(outcome: Outcome) -> None:
            bar.update(outcome.statuses.total())
            for problem in outcome.wrong:
                bar.write(problem)

        while total.statuses.total() < chosen.count:
            batches = range(batch, batch + _ROUND)
            total += _round(batches, chosen.seed, chosen.processes, note)
            batch = batches.stop
            bar.write(f"go on with --seed {chosen.seed} --first {batch}; so far {_summary(total)}")
    sys.exit(bool(total.wrong))


def _round(batches: range, seed: int, processes: int, each: Callable[[Outcome], object]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="bunko-fuzz-") as folder:
        environment = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "RATE_LIMITS": "off"}
        with Stack(environment) as stack:
            furnish(stack)
            return feed(stack, batches, seed=seed, processes=processes, each=each)


def _summary(outcome: Outcome) -> str:
    counts = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.statuses.items()))
    return f"{outcome.statuses.total()} requests: {counts}; {len(outcome.wrong)} wrong"


if __name__ == "__main__":
    main()
