"""The systems that are compared, started when first needed, and how long and how often each is measured."""

import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from tests.load.bench import load
from tests.load.bench.bunko import Bunko
from tests.load.bench.peers import directus, nginx, python
from tests.load.bench.peers.nginx import Nginx
from tests.load.bench.peers.python import Peer
from tests.load.bench.peers.running import Absent
from tests.load.bench.rounds import Loader, Measured, Target, measure
from tests.load.bench.sizes import LARGE, SMALL, TINY, Size

Started = TypeVar("Started")


@dataclass(frozen=True, slots=True)
class Effort:
    """The length of measurements. ``slow`` seconds are for systems that answer few requests a second."""

    sizes: Sequence[Size]
    connections: Sequence[int]
    rounds: int
    seconds: float
    loader: Loader
    small: bool = False


FULL = Effort((SMALL, LARGE), (1, 16, 64), 3, 3, load.by_wrk)
BRIEF = Effort((TINY,), (1, 4), 1, 0.3, load.by_threads, small=True)


class Arena:
    """The running systems of one bench."""

    def __init__(self, effort: Effort) -> None:
        self.effort = effort
        self._held = ExitStack()
        self._running: dict[tuple[str, Size | None], object] = {}
        self._told: set[str] = set()

    def clear(self) -> None:
        """Stop all systems, so that the next one runs alone; not in the small form, whose figures do not count."""
        if not self.effort.small:
            self.close()

    def close(self) -> None:
        """Stop all systems; a system needed later starts again."""
        self._running.clear()
        self._held.close()
        self._held = ExitStack()

    @property
    def held(self) -> ExitStack:
        """The systems to stop at the end."""
        return self._held

    @property
    def smaller(self) -> Size:
        """The first of the sizes compared."""
        return self.effort.sizes[0]

    @property
    def larger(self) -> Size:
        """The last of the sizes compared; in the small form it is the same."""
        return self.effort.sizes[-1]

    def bunko(self, size: Size) -> Bunko:
        """Return the Bunko with a catalogue of ``size``."""
        return self._once(("bunko", size), lambda: Bunko(size, self._held))

    def flask(self, size: Size) -> Peer:
        """Return the Flask and SQLAlchemy peer on the same database."""
        url = self.bunko(size).stack.admin_database_url.replace("postgresql:", "postgresql+psycopg2:", 1)
        return self._python("flask_orm", size, DATABASE_URL=url)

    def drf(self, size: Size) -> Peer:
        """Return the Django REST Framework peer; Absent in the small form."""
        self._full_only("the Django REST Framework")
        return self._python("drf.wsgi", size, DATABASE_URL=self.bunko(size).stack.admin_database_url)

    def directus(self, size: Size) -> Peer:
        """Return the Directus peer; Absent in the small form, or without npm."""
        self._full_only("Directus")
        url = self.bunko(size).stack.admin_database_url
        return self._once(("directus", size), lambda: directus.start(url, self._held))

    def interpreter_app(self, app: str, **settings: str) -> Peer:
        """Start another of the Python peers."""
        return python.start(app, python.interpreter(small=self.effort.small), self._held, **settings)

    def nginx_service(self, body: str) -> Nginx:
        """Start nginx as a service that answers ``body``; Absent in the small form, or where it is not installed."""
        self._full_only("nginx")
        return nginx.service(body, self._held)

    def if_there(self, start: Callable[[], Started]) -> Started | None:
        """Return the result of ``start``; if that is Absent, print the reason and return None."""
        try:
            return start()
        except Absent as absent:
            if str(absent) not in self._told:
                self._told.add(str(absent))
                print(f"Left out: {absent}.", file=sys.stderr)
            return None

    def asking_bunko(
        self, size: Size, *paths: str, name: str = "Bunko", reader: int | None = None, address: str = ""
    ) -> Target:
        """Return Bunko as a target: through its gateway, as the administrator or a reader."""
        bunko = self.bunko(size)
        return Target(
            name,
            size.name,
            address or bunko.address,
            paths,
            {"Cookie": bunko.cookie(reader)},
            bunko.pids,
            lambda: bunko.pids("postgres"),
        )

    def asking(self, peer: Peer, name: str, size: Size, path: str) -> Target:
        """Return a peer on the same PostgreSQL as a target."""
        database = self.bunko(size)
        return Target(
            name,
            size.name,
            peer.address,
            [path],
            peer.headers,
            lambda: [peer.pid],
            lambda: database.pids("postgres"),
            slow=size is LARGE,
        )

    def measure(self, targets: Sequence[Target], connections: Sequence[int] | None = None) -> Measured:
        """Measure ``targets`` at each number of connections; by default those of the bench."""
        effort = self.effort
        return measure(
            targets,
            connections or effort.connections,
            rounds=effort.rounds,
            seconds=effort.seconds,
            loader=effort.loader,
        )

    @property
    def middle_connections(self) -> int:
        """The number of connections for the goals: 16."""
        return self.effort.connections[1]

    def _python(self, app: str, size: Size, **settings: str) -> Peer:
        return self._once((app, size), lambda: self.interpreter_app(app, **settings))

    def _full_only(self, name: str) -> None:
        if self.effort.small:
            raise Absent(f"{name} takes no part in the small form")

    def _once(self, key: tuple[str, Size | None], start: Callable[[], Started]) -> Started:
        if key not in self._running:
            self._running[key] = start()
        return cast(Started, self._running[key])


def prepare() -> None:
    """Install every peer and fill every database."""
    arena = Arena(FULL)
    arena.if_there(directus.installed)
    python.interpreter(small=False)
    for size in FULL.sizes:
        arena.bunko(size)
        arena.if_there(partial(arena.directus, size))
        arena.close()


def check_tools() -> None:
    """Exit with a message if the load generator is missing."""
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: install it (on Debian: apt-get install wrk), or use make bench SMALL=1.")
