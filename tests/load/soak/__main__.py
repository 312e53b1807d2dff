"""Race sessions on a system with two gateways started for it: ``python -m tests.load.soak [--count 10000]``.

``--count`` is the number of revoked rights, ``--rounds`` the number of times that a hundred tabs refresh at once, and
``--changes`` the number of passwords changed while cookies are used and replaced and the old password signs in.
"""

import argparse
import sys
import tempfile

from tqdm import tqdm

from deploy.stack.stack import Stack
from tests.load.soak import passwords, revocation, rotation
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.programs import program


def main() -> None:
    """Run; exit 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bunko-soak-") as folder:
        environment = {
            "STATE_DIR": folder,
            "GATEWAY_PORT": "0",
            "RATE_LIMITS": "off",
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
        }
        with Stack(environment) as stack, program(stack, "gateway") as other:
            gateways = (stack.address, other)
            admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
            with tqdm(total=chosen.count, unit=" trials") as bar:
                late = revocation.trials(gateways, admin, chosen.count, each=bar.update)
            with tqdm(total=chosen.rounds, unit=" rounds") as bar:
                wrong = rotation.rounds(stack, gateways, chosen.rounds, each=bar.update)
            with passwords.hasty_gateways(stack) as hasty, tqdm(total=chosen.changes, unit=" changes") as bar:
                outlived = passwords.races(hasty, chosen.changes, each=bar.update)
    print(f"{chosen.count} rights taken away while used: {len(late)} times somebody was let in after that")
    print(f"{chosen.rounds} rounds of {rotation.TABS} refreshes at once: {len(wrong)} went wrong")
    print(f"{chosen.changes} passwords changed while cookies were used and replaced: {len(outlived)} faults")
    if late or wrong or outlived:
        sys.exit("\n".join([*late, *wrong, *outlived][:50]))


if __name__ == "__main__":
    main()
