"""Interrupt every change of pictures at every system call: ``python -m tests.load.faults.crashes [--count 100]``.

``--count`` limits the points tried for each kind of change; without it, all are tried.
"""

import argparse
import random
import sys
import tempfile

from tqdm import tqdm

from deploy.stack.stack import Stack
from tests.load.faults.crashes.trial import Trial
from tests.load.faults.crashes.works import WORKS
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import settings_of
from tests.support.file_nodes import file_node


def main() -> None:
    """Run; exit 1 if anything was lost, broken or left over."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.crashes")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    with (
        tempfile.TemporaryDirectory(prefix="bunko-crashes-") as folder,
        Stack(settings_of(folder)) as stack,
        file_node(stack) as first,
        file_node(stack) as second,
    ):
        trial = Trial(stack, (first, second))
        admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
        for kind in WORKS:
            work = kind(admin)
            found = trial.points(work)
            tried = found if chosen.count is None else chance.sample(found, min(chosen.count, len(found)))
            for point in tqdm(tried, desc=f"{work.name}, {len(found)} points"):
                trial.interrupt(work, point)
            trial.sweep_up(work.name)
            print(f"{work.name}, and all before: {trial.report()}", flush=True)
    if trial.wrong:
        sys.exit("\n".join(trial.wrong[:50]))


if __name__ == "__main__":
    main()
