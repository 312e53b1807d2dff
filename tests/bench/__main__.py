"""Run the benches, or only one: ``python -m tests.bench [images]``."""

import sys

from tests.bench.images.compare import main as images

_BENCHES = {"images": images}


def main() -> None:
    """Run those that are named, in order; all without a name."""
    names = sys.argv[1:] or list(_BENCHES)
    unknown = set(names) - set(_BENCHES)
    if unknown:
        sys.exit(f"There is no bench {', '.join(sorted(unknown))}; there are: {', '.join(_BENCHES)}.")
    for name in names:
        _BENCHES[name]()


if __name__ == "__main__":
    main()
