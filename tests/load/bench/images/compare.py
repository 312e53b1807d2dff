"""The comparison, interleaved: processor time, quality and bytes for each picture."""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from PIL import Image
from tqdm import tqdm

from tests.load.bench.images.contenders import Contender, contenders
from tests.load.bench.images.likeness import decoded, reference, ssim
from tests.load.bench.images.material import pictures

_ROUNDS = 3
_CACHE = Path("var/bench")


@dataclass
class Result:
    """The result of one contender for one picture."""

    seconds: list[float] = field(default_factory=list)
    likeness: float = 0.0
    bytes: int = 0

    @property
    def cost(self) -> float:
        """Processor seconds: the median of all rounds except the first, a warm-up."""
        return median(self.seconds[1:])


Results = dict[str, dict[str, Result]]
"""Picture -> contender -> result."""


def main() -> None:
    """Compare, and print two tables."""
    results: Results = defaultdict(lambda: defaultdict(Result))
    cache = _CACHE.resolve()
    material = dict(pictures(cache / "covers"))
    with ExitStack() as held:
        everybody = contenders(cache, cache / "covers", held)
        scratch = Path(held.enter_context(tempfile.TemporaryDirectory()))
        for _ in tqdm(range(1 + _ROUNDS), desc="rounds", file=sys.stderr):
            _round(everybody, material, scratch, results)
    _print(results)


def _round(
    everybody: Mapping[str, Contender], material: Mapping[str, Path], scratch: Path, results: Results
) -> None:
    """Run all contenders on every picture in turn, so that other load on the machine affects all alike."""
    for picture, path in material.items():
        for name, contender in everybody.items():
            result = results[picture][name]
            result.seconds.append(contender.make(path, scratch))
            if not result.bytes:
                _judge(result, path, scratch)


def _judge(result: Result, picture: Path, made: Path) -> None:
    with Image.open(made / "high.webp") as image:
        size = image.size
    result.bytes = (made / "high.webp").stat().st_size + (made / "scaled.webp").stat().st_size
    result.likeness = ssim(decoded(made / "high.webp"), reference(picture, size))


def _print(results: Results) -> None:
    names = list(next(iter(results.values())))
    print("CPU milliseconds per picture, medians:")
    print("| picture | " + " | ".join(names) + " |")
    print("|---" * (1 + len(names)) + "|")
    for picture, row in results.items():
        print(f"| {picture} | " + " | ".join(f"{row[name].cost * 1000:.0f}" for name in names) + " |")
    print()
    print("| | pictures/s per core | CPU against bunko | CPU against upload | SSIM (against bunko) | bytes |")
    print("|---|---|---|---|---|---|")
    for name in names:
        seconds = [row[name].cost for row in results.values()]
        likeness = median(row[name].likeness for row in results.values())
        differs = median(row[name].likeness - row["bunko"].likeness for row in results.values())
        size = median(row[name].bytes / row["bunko"].bytes for row in results.values())
        costs = " | ".join(_against(other, name, results) for other in ("bunko", "upload"))
        print(
            f"| {name} | {len(seconds) / sum(seconds):.2f} | {costs} | {likeness:.4f} ({differs:+.4f}) "
            f"| {size - 1:+.1%} |"
        )


def _against(other: str, name: str, results: Results) -> str:
    """Return the time of ``name`` divided by that of ``other``: the median over the pictures, and the range."""
    ratios = [row[name].cost / row[other].cost for row in results.values()]
    return f"{median(ratios):.2f}x ({min(ratios):.2f}-{max(ratios):.2f})"
