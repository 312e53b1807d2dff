"""Clients that stop reading answers of 20 MB: ``python -m tests.load.faults.readers [--seconds 10]``.

Other clients request pages of the same service meanwhile, directly and through nginx, at a tenth of its capacity; the
same without stopped clients runs before and after, for comparison. The load shares the machine.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from deploy.stack.stack import Stack
from tests.load.faults.load import Answers, Load, p99
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covered_volumes import settings_of
from tests.support.metrics import Shown
from tests.support.nginx import nginx_before
from tests.support.stalled_readers import stalled
from tests.support.waiting import wait_until

ENTRIES = 8_000
NUMBERS = (0, 2, 200)
"""Numbers of clients that stop reading."""
ROUNDS = 3
WITHIN = 1.2
"""Factor by which the p99 of other clients may grow beside them."""
PAGE = "/user/reading-history?limit=20"
_SHARE = 10
_KEY = "5" * 32
_LONG = 20_000_000

_FILL = """
INSERT INTO catalog.series (client_id, name, name_key, sort_name, search, type, slug)
SELECT %(client)s, 'Series ' || n, 'series ' || n, to_char(n, '0000000'), 'series ' || n, 'Manga', 'long-' || n
FROM generate_series(1, %(entries)s) AS n;
INSERT INTO catalog.series_descriptions (series_id, language, text)
SELECT id, 'German', repeat('Viel zu lesen. ', 160) FROM catalog.series WHERE client_id = %(client)s;
INSERT INTO users.reading_statuses
    (user_id, series_id, client_id, visibility, status, progress, progress_type, priority)
SELECT %(reader)s, id, client_id, 'private', 'started', 1, 'chapters', 'mid'
FROM catalog.series WHERE client_id = %(client)s AND slug LIKE 'long-%%';
INSERT INTO media.files (key, state) SELECT md5(n::text), 'live' FROM generate_series(1, %(entries)s) AS n;
INSERT INTO media.media (name, tags, search, key, width, height)
SELECT 'Medium ' || n, array_fill(repeat('tag ', 60), ARRAY[10]), 'medium', md5(n::text), 10, 10
FROM generate_series(1, %(entries)s) AS n;
ANALYZE;
"""


@dataclass(frozen=True)
class House:
    """A running system with an answer of 20 MB at every service."""

    stack: Stack
    admin: Client
    paths: Mapping[str, str]
    """Program -> the path of its long answer."""

    @property
    def cookie(self) -> dict[str, str]:
        """The headers of the administrator's requests."""
        return {"Cookie": f"refreshToken={self.admin.session.cookies['refreshToken']}"}

    def shown(self, program: str) -> Shown:
        """Return the metrics of a program."""
        return Shown(self.stack.metrics_url(program))

    def wait_until_idle(self, program: str) -> None:
        """Wait until a program sends no list any more: each holds a connection to the database."""
        wait_until(lambda: self.shown(program).value("bunko_database_connections_in_use") == 0)


@contextmanager
def house() -> Iterator[House]:
    """Run one during the ``with`` block."""
    with tempfile.TemporaryDirectory(prefix="bunko-readers-") as folder, Stack(settings_of(folder)) as stack:
        admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
        catalogue = Catalogue(admin)
        catalogue.series("The first: it makes the client known")
        values = {"client": catalogue.client, "entries": ENTRIES, "reader": admin.user["id"]}
        with closing(psycopg2.connect(stack.admin_database_url)) as database, database.cursor() as cursor:
            cursor.execute(_FILL, values)
            database.commit()
        picture = Path(urlsplit(stack.settings("file-1")["STORAGE_URL"]).path, _KEY)
        picture.mkdir()
        (picture / "high.webp").write_bytes(bytes(_LONG))
        paths = {
            "users": "/user/reading-history",
            "catalog": f"/admin-series?client={catalogue.client}",
            "media": "/media",
            "file-1": f"/files/{_KEY}/high.webp",
        }
        yield House(stack, admin, paths)


@dataclass
class Findings:
    """Seconds that other clients waited, by the number of stopped readers."""

    front: str
    took: dict[int, list[float]] = field(default_factory=lambda: {number: [] for number in NUMBERS})
    others: int = 0
    """Answers other than 200."""

    def note(self, number: int, answers: Answers) -> None:
        """Record one round."""
        self.took[number] += answers.took.get(200, [])
        self.others += sum(len(took) for status, took in answers.took.items() if status != 200)

    def table(self) -> str:
        """Return the outcome as text."""
        alone = p99(self.took[0])
        parts = [
            f"{number} stopped: p99 {1000 * p99(took):.1f} ms ({p99(took) / alone:.2f} times, {len(took)} answers)"
            for number, took in self.took.items()
        ]
        return f"{self.front}: {'; '.join(parts)}; other answers: {self.others}"

    def holds(self) -> bool:
        """Return whether all limits hold."""
        alone = p99(self.took[0])
        return not self.others and all(p99(took) <= WITHIN * alone for took in self.took.values())


async def _ask(address: str, cookie: str, seconds: float, rate: float) -> Answers:
    """Send requests at a rate, or as fast as they are answered if the rate is 0."""
    load = Load(address, cookie, PAGE)
    answers = await (load.open(rate, seconds) if rate else load.closed(seconds))
    load.end()
    return answers


def trial(one: House, front: str, address: str, seconds: float) -> Findings:
    """Send requests beside clients that stop reading."""
    findings = Findings(front)
    cookie = one.admin.session.cookies["refreshToken"]
    rate = asyncio.run(_ask(address, cookie, seconds / 2, 0)).rate(200) / _SHARE
    for _ in range(ROUNDS):
        for number in NUMBERS:
            with stalled(address, one.paths["users"], number, one.cookie):
                one.wait_until_idle("users")
                findings.note(number, asyncio.run(_ask(address, cookie, seconds, rate)))
    return findings


def main() -> None:
    """Run; exit 1 if a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.readers")
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    with house() as one, nginx_before(one.stack) as nginx:
        found = [
            trial(one, front, address, chosen.seconds)
            for front, address in (("directly", one.stack.address), ("behind nginx", nginx))
        ]
    print("\n".join(findings.table() for findings in found))
    sys.exit(0 if all(findings.holds() for findings in found) else 1)


if __name__ == "__main__":
    main()
