"""The table of limits in ``docs/reliability.md``, made from the results of a search."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tests.load.fuzzing.slow.attempts import MIB, Placement
from tests.load.fuzzing.slow.routes import Route
from tests.load.fuzzing.slow.search import Key
from tests.load.fuzzing.slow.trial import Cost

_NAMED = 3
"""Most positions that are named individually."""
_HEAD = (
    "| route | most CPU without an account | most CPU with an account | most memory | another waits at most |",
    "|---|---|---|---|---|",
)


def table(
    routes: Iterable[Route], costliest: Mapping[Key, Sequence[Cost]], waits: Mapping[str, float]
) -> list[str]:
    """Return the rows of the table in Markdown, one for each route."""
    return [*_HEAD, *(_row(route, costliest, waits) for route in routes)]


def _row(route: Route, costliest: Mapping[Key, Sequence[Cost]], waits: Mapping[str, float]) -> str:
    found = [costliest.get((route.name, with_account), ()) for with_account in (False, True)]
    every = [cost for costs in found for cost in costs]
    wait = f"{1000 * waits[route.name]:.0f} ms" if route.name in waits else ""
    return f"| `{route.name}` | {_cpu(found[0])} | {_cpu(found[1])} | {_memory(every)} | {wait} |"


def _cpu(costs: Sequence[Cost]) -> str:
    if not costs:
        return ""
    cost = max(costs, key=lambda one: one.seconds)
    content = _content(cost.attempt.placements)
    return f"{cost.program} {1000 * cost.seconds:.0f} ms" + (f": {content}" if content else "")


def _content(placements: Sequence[Placement]) -> str:
    """Return the contents with their positions; one content in many of a kind as one, ``body.*=marks:900000``."""
    sizes = Counter[tuple[str, str]]()
    for placement in placements:
        sizes[placement.kind, placement.content] += placement.size
    if len(placements) <= _NAMED:
        return ", ".join(f"`{placement}`" for placement in placements)
    return ", ".join(f"`{kind}.*={content}:{size}`" for (kind, content), size in sizes.items())


def _memory(costs: Sequence[Cost]) -> str:
    """Return by how much a program's memory grew, if by 1 MiB or more."""
    growth, program = max(
        ((size, name) for cost in costs for name, size in cost.growth.items()), default=(0, "")
    )
    return f"{program} {growth / MIB:.0f} MiB" if growth >= MIB else ""
