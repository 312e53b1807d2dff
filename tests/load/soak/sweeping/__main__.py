"""Race sweepers on a system started for it: ``python -m tests.load.soak.sweeping [--count 10000]``."""

import argparse
import sys
import tempfile

from tqdm import tqdm

from deploy.stack.stack import Stack
from tests.load.soak.sweeping.races import races
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import settings_of


def main() -> None:
    """Run; exit 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak.sweeping")
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="bunko-soak-") as folder, Stack(settings_of(folder)) as stack:
        admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
        with tqdm(total=count, unit=" keys") as bar:
            outcome = races(stack, admin, count, each=bar.update)
    print(
        f"{outcome.raced} pictures attached while they were swept: {outcome.attached} were, {outcome.refused} were"
        f" refused, {len(outcome.wrong)} went wrong"
    )
    if outcome.wrong:
        sys.exit("\n".join(outcome.wrong[:50]))


if __name__ == "__main__":
    main()
