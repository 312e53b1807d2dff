"""The search: a sweep over all routes, then random attempts and variations of the costliest ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from tests.load.fuzzing.slow.attempts import LIMITS, MIB, ROLES, Attempt, Placement, contents_for
from tests.load.fuzzing.slow.contents import EFFECTIVE
from tests.load.fuzzing.slow.routes import Route
from tests.load.fuzzing.slow.sweep import sweep
from tests.load.fuzzing.slow.trial import Cost

_FIRST_SIZES = (8000, 64_000)
"""Small enough that quadratic work costs seconds, not hours."""
_KEPT = 5
"""Number of costliest attempts of each route and role that are varied."""
PROVEN = 3.0
"""Multiple of the limit that is no outlier: such an attempt is neither repeated nor made costlier."""
_VARY = 0.6
"""Share of variations among the attempts."""
_KINDS = {"body": 6, "query": 2, "header": 2, "path": 1}
"""Kind of position -> weight: texts are examined most in bodies."""

Key = tuple[str, bool]
"""A route's name, and whether the caller has an account."""


class Search:
    """Chooses attempts by ``seed`` and by earlier costs; starts with the sweep if ``swept``."""

    def __init__(self, routes: Sequence[Route], seed: int = 0, *, swept: bool = True) -> None:
        self._routes = routes
        self._turns = [(route, role) for role in ROLES for route in routes]
        self._chance = Random(seed)
        self._planned = self._plan(swept=swept)
        self._admitted: dict[str, str] = {}
        """Route -> the least role that is not refused."""
        self.costliest: dict[Key, list[Cost]] = {}
        """The costliest first."""

    def next(self) -> Attempt:
        """Return the next attempt."""
        planned = next(self._planned, None)
        return planned or self._by_chance(*self._chance.choice(self._turns))

    def _plan(self, *, swept: bool) -> Iterator[Attempt]:
        """Yield every route for every role without content, then the sweep in an order set by the seed."""
        yield from (Attempt(route, role) for route, role in self._turns)
        attempts = [
            attempt
            for route in self._routes
            if swept
            for attempt in sweep(route, self._admitted.get(route.name, "administrator"))
        ]
        self._chance.shuffle(attempts)
        yield from attempts

    def _by_chance(self, route: Route, role: str) -> Attempt:
        known = [cost for cost in self._known(route, role) if cost.score < PROVEN]
        if known and self._chance.random() < _VARY:
            return self._varied(self._chance.choice(known).attempt)
        return Attempt(route, role, (self._placement(route, role),))

    def note(self, cost: Cost) -> None:
        """Record the cost of an attempt."""
        if cost.status not in (401, 403):
            self._admitted.setdefault(cost.attempt.route.name, cost.attempt.role)
        key = (cost.attempt.route.name, cost.attempt.role != "anonymous")
        known = [other for other in self.costliest.get(key, []) if str(other.attempt) != str(cost.attempt)]
        self.costliest[key] = sorted([*known, cost], key=lambda one: -one.score)[:_KEPT]

    def _known(self, route: Route, role: str) -> list[Cost]:
        return self.costliest.get((route.name, role != "anonymous"), [])

    def _placement(self, route: Route, role: str) -> Placement:
        by_kind: dict[str, list[str]] = {}
        for position in route.positions():
            by_kind.setdefault(position.partition(".")[0], []).append(position)
        kind = self._chance.choices(list(by_kind), [_KINDS[kind] for kind in by_kind])[0]
        size = min(self._chance.choice(_FIRST_SIZES), _limit(kind, role))
        return Placement(self._chance.choice(by_kind[kind]), self._content(kind), size)

    def _content(self, kind: str) -> str:
        contents = contents_for(kind)
        effective = [content for content in contents if content in EFFECTIVE]
        return self._chance.choice(effective if self._chance.random() < 0.5 else contents)

    def _varied(self, attempt: Attempt) -> Attempt:
        """Return an attempt that differs from another in one thing."""
        if not attempt.placements:
            return replace(attempt, placements=(self._placement(attempt.route, attempt.role),))
        ways: list[Callable[[Attempt], Attempt]] = [
            self._resized,
            self._resized,
            self._with_other_content,
            self._moved,
            self._extended,
        ]
        return self._chance.choice(ways)(attempt)

    def _resized(self, attempt: Attempt) -> Attempt:
        def change(placement: Placement) -> Placement:
            size = int(placement.size * self._chance.choice((0.5, 2, 4, 8)))
            return replace(placement, size=max(100, min(size, _limit(placement.kind, attempt.role))))

        return self._changed(attempt, change)

    def _with_other_content(self, attempt: Attempt) -> Attempt:
        def change(placement: Placement) -> Placement:
            return replace(placement, content=self._content(placement.kind))

        return self._changed(attempt, change)

    def _moved(self, attempt: Attempt) -> Attempt:
        def change(placement: Placement) -> Placement:
            alike = [
                position for position in attempt.route.positions() if position.startswith(placement.kind)
            ]
            return replace(placement, position=self._chance.choice(alike))

        return self._changed(attempt, change)

    def _extended(self, attempt: Attempt) -> Attempt:
        more = self._placement(attempt.route, attempt.role)
        others = [placement for placement in attempt.placements if placement.position != more.position]
        return replace(attempt, placements=(*others[-2:], more))

    def _changed(self, attempt: Attempt, change: Callable[[Placement], Placement]) -> Attempt:
        chosen = self._chance.randrange(len(attempt.placements))
        placements = [
            change(placement) if number == chosen else placement
            for number, placement in enumerate(attempt.placements)
        ]
        return replace(attempt, placements=tuple({one.position: one for one in placements}.values()))


def _limit(kind: str, role: str) -> int:
    """Return the largest size of a content; without an account the limit is for a body of 1 MiB."""
    return MIB if kind == "body" and role == "anonymous" else LIMITS[kind]
