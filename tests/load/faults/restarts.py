"""Restart every program under traffic: ``python -m tests.load.faults.restarts [--count 50] [--rate 200]``."""

import argparse
import sys
import tempfile
import time

from tqdm import tqdm

from deploy.stack.stack import Stack
from tests.load.faults.traffic import Traffic
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import settings_of


def main() -> None:
    """Run; exit 1 if any request failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.restarts")
    parser.add_argument("--count", type=int, default=50, help="how often each program is restarted")
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bunko-restarts-") as folder, Stack(settings_of(folder)) as stack:
        traffic = Traffic(Client(stack.address).sign_in("admin", ADMIN_PASSWORD), chosen.rate)
        began = time.monotonic()
        with traffic.flowing(), tqdm(total=chosen.count, unit=" rounds") as bar:
            for _ in range(chosen.count):
                stack.restart()
                bar.set_postfix(answered=traffic.answered, failed=len(traffic.failures), refresh=False)
                bar.update()
        seconds = time.monotonic() - began
        failures, wrong = traffic.failures, traffic.wrong()
    print("\n".join([*failures[:20], *wrong[:20]]))
    print(
        f"{chosen.count} restarts of every program under {traffic.answered / seconds:.0f} requests a second: "
        f"{traffic.answered} answered, {len(failures)} failed, {len(wrong)} writes lost or doubled"
    )
    sys.exit(1 if failures or wrong else 0)


if __name__ == "__main__":
    main()
