"""Start a system and soak it under faults: ``python -m tests.load.faults.soak [--minutes 30] [--rate 80]``."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.load.faults.installation import installation
from tests.load.faults.soak.trial import Trial, table


def main() -> None:
    """Run; exit 1 if anything went wrong or recovered too slowly."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.soak")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=80.0, help="requests a second of all writers together")
    parser.add_argument("--longest", type=float, default=10.0, help="seconds that a trouble lasts at most")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bunko-soak-") as folder, installation(Path(folder)) as place:
        if place.disk is None:
            print("No small disk can be mounted here: a full one is not tried.")
        trial = Trial(place, per_second=chosen.rate, longest=chosen.longest)
        findings = trial.run(60 * chosen.minutes, lambda line: print(line, flush=True))
    print(table(findings))
    slow = findings.slow()
    print("\n".join(slow))
    sys.exit(1 if findings.wrong or slow else 0)


if __name__ == "__main__":
    main()
