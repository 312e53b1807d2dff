"""Start a system and send it mutated pictures: ``python -m tests.load.fuzzing [--count 100000] [--first 0]``.

Pictures have numbers: ``--first 4711 --count 1`` repeats one; ``--save FILE`` also writes it to a file.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from deploy.stack.stack import Stack
from tests.load.fuzzing.bombs import too_many_parts, too_many_pixels
from tests.load.fuzzing.mutations import mutated
from tests.load.fuzzing.running import feed
from tests.support.decoding_cost import decoding_cost
from tests.support.processes import MIB


def main() -> None:
    """Run; exit 1 if anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.fuzzing")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--save", type=Path)
    chosen = parser.parse_args()
    if chosen.save:
        chosen.save.write_bytes(mutated(chosen.first))
    numbers = range(chosen.first, chosen.first + chosen.count)
    with tempfile.TemporaryDirectory(prefix="bunko-fuzz-") as folder:
        environment = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "RATE_LIMITS": "off", "SWEEP_SECONDS": "5"}
        with Stack(environment) as stack, tqdm(total=len(numbers), unit=" pictures") as bar:
            if not chosen.first:
                _defuse()
            fed = feed(stack, numbers, each=bar.update)
    print(f"pictures {numbers.start} to {numbers.stop - 1}: {fed}")
    if fed.wrong:
        told = f"{len(fed.wrong)} broke something; --first NUMBER --count 1 repeats one:"
        sys.exit("\n".join([told, *fed.wrong[:50]]))


def _defuse() -> None:
    """Print the memory that a child needs to refuse each bomb."""
    for name, data in (too_many_pixels() | too_many_parts()).items():
        refused = decoding_cost(data)
        print(f"{name}: {refused.seconds * 1000:.1f} ms, {refused.memory / MIB:.1f} MiB, {refused.answer}")


if __name__ == "__main__":
    main()
