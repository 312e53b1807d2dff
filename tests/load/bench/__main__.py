"""The benches: ``make bench``, whose variables ONLY, SMALL and PREPARE arrive as options."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing

from tests.load.bench import arena
from tests.load.bench.arena import BRIEF, FULL, Arena
from tests.load.bench.images.compare import main as images
from tests.load.bench.outcome import Outcome
from tests.load.bench.parts import detail, gateway, idle, listing, memory, readers, search, stream, writes
from tests.load.bench.report import document, kept, text

_PARTS: dict[str, Callable[[Arena], Outcome]] = {
    "list": listing.run,
    "search": search.run,
    "detail": detail.run,
    "writes": writes.run,
    "users": readers.run,
    "stream": stream.run,
    "gateway": gateway.run,
    "idle": idle.run,
    "memory": memory.run,
}
_IMAGES = "images"
"""The part with its own tables and page; it takes long and runs only if named."""


def main() -> None:
    """Run the named parts; all except the images if none is named."""
    asked = _options()
    if asked.prepare:
        arena.prepare()
    elif asked.only == _IMAGES:
        images()
    else:
        _run([asked.only] if asked.only else list(_PARTS), small=asked.small)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="?", choices=[*_PARTS, _IMAGES], help="one part (ONLY=...)")
    parser.add_argument("--small", action="store_true", help="2,000 volumes and few peers (SMALL=1)")
    parser.add_argument("--prepare", action="store_true", help="fill and install only (PREPARE=1)")
    return parser.parse_args()


def _run(parts: list[str], *, small: bool) -> None:
    if not small:
        arena.check_tools()
    with closing(Arena(BRIEF if small else FULL)) as place:
        failed = [part for part in parts if not _try(part, place, small=small)]
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")


def _try(part: str, place: Arena, *, small: bool) -> bool:
    """Run a part; a failure is printed, and the others still run."""
    try:
        _run_one(part, place, small=small)
    except Exception:
        traceback.print_exc()
        return False
    return True


def _run_one(part: str, place: Arena, *, small: bool) -> None:
    print(f"{part} ...", file=sys.stderr)
    began = time.monotonic()
    outcome = _PARTS[part](place)
    print(f"\n## {part}\n\n{text.whole(outcome)}\n", flush=True)
    if not small:
        known = kept.keep(part, outcome, round(time.monotonic() - began, 1))
        print(f"Written to {document.write(known)}.", file=sys.stderr)


if __name__ == "__main__":
    main()
