"""Search for requests that cost a program too much: ``make fuzz SLOW=1 MINUTES=60``.

Prints the table of ``docs/reliability.md`` and the attempts over the limit; ``--again "LINE"`` measures only an attempt
that an earlier run named.
"""

import argparse
import sys

from tqdm import tqdm

from tests.load.fuzzing.slow import report
from tests.load.fuzzing.slow.attempts import read
from tests.load.fuzzing.slow.running import look, minutes, system, waits
from tests.load.fuzzing.slow.search import Search
from tests.load.fuzzing.slow.trial import Cost

_ROUND = 20.0
"""Minutes for which one system is used before a new one starts."""


def main() -> None:
    """Run; exit 1 if any attempt exceeded its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.fuzzing.slow")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", help="an attempt, as a run has printed it")
    chosen = parser.parse_args()
    sys.exit(_repeat(chosen.again) if chosen.again else _search(chosen.minutes, chosen.seed))


def _repeat(line: str) -> bool:
    with system() as (routes, trial):
        attempt = read(line, {route.name: route for route in routes})
        cost = trial.confirm(trial.measure(attempt))
    print(cost, *(f"{name} {1000 * seconds:.1f} ms" for name, seconds in cost.cpu.items()), sep="\n  ")
    return cost.score > 1


def _search(total: float, seed: int) -> bool:
    search, left = None, total
    with tqdm(unit=" attempts", mininterval=1) as bar:

        def note(cost: Cost) -> None:
            bar.update()
            if cost.score > 1:
                bar.write(f"beyond {1000 * cost.attempt.aim:.0f} ms: {cost}", file=sys.stderr)

        while left > 0:
            with system() as (routes, trial):
                search = search or Search(routes, seed)
                look(search, trial, until=minutes(min(left, _ROUND)), each=note)
                left -= _ROUND
                others = waits(search, trial) if left <= 0 else {}
    assert search
    print("\n".join(report.table(routes, search.costliest, others)))
    beyond = [cost for costs in search.costliest.values() for cost in costs if cost.score > 1]
    for cost in sorted(beyond, key=lambda one: -one.score):
        print(f'beyond the aim: make fuzz SLOW=1 AGAIN="{cost.attempt}"  # {cost}', file=sys.stderr)
    return bool(beyond)


if __name__ == "__main__":
    main()
