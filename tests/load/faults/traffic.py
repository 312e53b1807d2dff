"""Steady mixed traffic on one system, with a journal of acknowledged changes."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters

CLIENTS = 20
"""Number of clients, each with a kept-alive connection."""
PICTURE = base64_of(quarters(60, 90))


@dataclass
class Journal:
    """The acknowledged changes of one client."""

    answered: int = 0
    failures: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """The series whose reading status was added."""
    uploads: list[str] = field(default_factory=list)
    edited: str = ""
    """The last name of the client's library entry."""


class Visitor(threading.Thread):
    """One client: sends ``per_second`` requests a second, and makes up for delays."""

    def __init__(self, number: int, admin: Client, catalogue: int, per_second: float) -> None:
        super().__init__(name=f"visitor {number}")
        self.journal = Journal()
        self.over = threading.Event()
        self.medium = admin.post("/media/add", name=f"Own {number}", tags=[], image=PICTURE)["id"]
        self._number = number
        self._catalogue = catalogue
        self._pause = 1 / per_second
        self._place = urlsplit(admin.gateway).netloc
        self._headers = {
            "Cookie": f"refreshToken={admin.session.cookies['refreshToken']}",
            "Content-Type": "application/json",
        }
        self._connection = http.client.HTTPConnection(self._place, timeout=30)

    def run(self) -> None:
        """Send requests until the end."""
        due = time.monotonic()
        for _ in self._asking():
            due += self._pause
            if self.over.wait(max(0.0, due - time.monotonic())):
                break
        self._connection.close()

    def _asking(self) -> Iterator[None]:
        for number in itertools.count():
            mine = f"{self._number}-{number}"
            series = self._add_series(f"Series {mine}")
            yield
            self._ask("GET", f"/admin-series?client={self._catalogue}&limit=5")
            yield
            if series:
                self._read(series)
                yield
            self._ask("GET", "/auth/me")
            yield
            if self._number == 0:  # one at a time: a file node refuses when all slots are taken
                self._upload(f"Upload {mine}")
            else:
                self._edit(f"Edited {mine}")
            yield
            self._ask("GET", "/media?limit=5")
            yield
            self._ask("GET", f"/media/image/{self.medium}/scaled")
            yield
            self._ask("GET", "/user/reading-history?limit=5")
            yield
            self._add_series(f"Second {mine}")
            yield
            self._ask("GET", "/auth/me")
            yield

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the document answered, None for a failure."""
        try:
            self._connection.request(method, path, body and json.dumps(body), self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.journal.failures.append(f"{method} {path}: {error!r}")
            self._connection.close()
            return None
        if answer.status not in (200, 201):
            self.journal.failures.append(f"{method} {path}: {answer.status} {content[:200]!r}")
            return None
        self.journal.answered += 1
        return json.loads(content) if answer.headers.get_content_type() == "application/json" else content

    def _add_series(self, name: str) -> int | None:
        body = {"name": name, "type": "Manga", "client": self._catalogue}
        added = self._ask("POST", "/admin-series/add", body)
        if added:
            self.journal.series.append(name)
        return added and int(added["id"])

    def _read(self, series: int) -> None:
        body = {
            "visibility": "private",
            "progressType": "chapters",
            "progress": 1,
            "status": "started",
            "priority": "mid",
            "client": self._catalogue,
        }
        if self._ask("POST", f"/user/reading-status/add/{series}", body):
            self.journal.statuses.append(series)

    def _upload(self, name: str) -> None:
        if self._ask("POST", "/media/add", {"name": name, "tags": [], "image": PICTURE}):
            self.journal.uploads.append(name)

    def _edit(self, name: str) -> None:
        if self._ask("POST", f"/media/edit/{self.medium}", {"name": name, "tags": []}):
            self.journal.edited = name


class Traffic:
    """All clients together."""

    def __init__(self, admin: Client, per_second: float) -> None:
        self._admin = admin
        self._catalogue = Catalogue(admin).client
        self.visitors = [
            Visitor(number, admin, self._catalogue, per_second / CLIENTS) for number in range(CLIENTS)
        ]

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Run the traffic during the ``with`` block."""
        for visitor in self.visitors:
            visitor.start()
        try:
            yield
        finally:
            for visitor in self.visitors:
                visitor.over.set()
            for visitor in self.visitors:
                visitor.join(60)

    @property
    def answered(self) -> int:
        """Number of successful requests so far."""
        return sum(visitor.journal.answered for visitor in self.visitors)

    @property
    def failures(self) -> list[str]:
        """The faults so far."""
        return [failure for visitor in self.visitors for failure in visitor.journal.failures]

    def wrong(self) -> list[str]:
        """Return the entries that differ from what was acknowledged: lost, doubled, or never requested."""
        journals = [visitor.journal for visitor in self.visitors]
        series = self._admin.get("/admin-series", client=self._catalogue)["series"]
        history = self._admin.get("/user/reading-history", client=self._catalogue)
        media = {medium["id"]: medium["name"] for medium in self._admin.get("/media")["media"]}
        uploads = [name for name in media.values() if name.startswith("Upload ")]
        return [
            *_differences("series", [entry["name"] for entry in series], journals, "series"),
            *_differences("upload", uploads, journals, "uploads"),
            *(
                ["another number of reading statuses"]
                if history["total"] != sum(len(journal.statuses) for journal in journals)
                else []
            ),
            *(
                f"medium {visitor.medium} is called {media[visitor.medium]!r}, not {visitor.journal.edited!r}"
                for visitor in self.visitors
                if visitor.journal.edited not in ("", media[visitor.medium])
            ),
        ]


def _differences(what: str, there: list[str], journals: list[Journal], kind: str) -> list[str]:
    counted = Counter(there)
    counted.subtract(Counter(name for journal in journals for name in getattr(journal, kind)))
    return [f"{what} {name!r}: {number:+}" for name, number in counted.items() if number]
