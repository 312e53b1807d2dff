"""Clients that write without end, and a few that only read; their answers are in their journals."""

import http.client
import json
import threading
import time
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from tests.load.faults.soak.journal import ABSENT, Journal
from tests.support.pictures import base64_of
from tests.support.readers import STATUS

PATIENCE = 60.0
"""Seconds after which a client gives up on an answer."""
NO_NODE = "This service is not handling file uploads."
"""The contract's answer of a service to a file route without a file node."""
FULL = 507
_SIZES = 40
"""Covers are identified by width and height: this many of each."""


class Asking:
    """One client with its own connection; checks every answer."""

    def __init__(self, gateway: str, cookie: str, deadline: float) -> None:
        self.journal = Journal()
        self._deadline = deadline
        self._connection = http.client.HTTPConnection(urlsplit(gateway).netloc, timeout=PATIENCE)
        self._headers = {"Cookie": f"refreshToken={cookie}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the document of a success, None for an allowed failure; anything else is recorded as wrong."""
        began = time.monotonic()
        try:
            self._connection.request(method, path, body and json.dumps(body), self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self.journal.broken.append(time.monotonic())
            self.journal.outcomes["broken off"] += 1
            return None
        document = json.loads(content) if answer.headers.get_content_type() == "application/json" else content
        if answer.status == 200:
            self.journal.outcomes["200"] += 1
            return document
        took = time.monotonic() - began
        self.journal.slowest_failure = max(self.journal.slowest_failure, took)
        fault = _fault(answer.status, answer.headers, document, took > self._deadline)
        if fault:
            self.journal.wrong.append(f"{method} {path}: {answer.status} {content[:200]!r} {fault}")
        self.journal.outcomes[_kind(answer.status, document)] += 1
        return None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _kind(status: int, document: Any) -> str:
    return "no file node in" if document["data"] == NO_NODE else str(status)


def _fault(status: int, headers: http.client.HTTPMessage, document: Any, late: bool) -> str:
    """Return the fault of a failure; empty if it is an allowed one."""
    if status not in (503, 504, FULL):
        return "is no honest failure"
    if status != FULL and document["data"] != NO_NODE and not headers.get("Retry-After"):
        return "has no Retry-After"
    if document.get("code") != status:
        return "is not in the contract's shape"
    if "Set-Cookie" in headers:
        return "touches the cookie"
    return "came after its deadline" if late else ""


class Client(threading.Thread, ABC):
    """A client that repeats one action at ``per_second`` requests a second until the end."""

    def __init__(self, name: str, asking: Asking, per_second: float) -> None:
        super().__init__(name=name, daemon=True)
        self.over = threading.Event()
        self.asking = asking
        self._pause = 1 / per_second
        self._due = time.monotonic()

    def run(self) -> None:
        """Repeat the action until the end."""
        number = 0
        while not self.over.is_set():
            number += 1
            self.round(f"{self.name}-{number}")
        self.asking.close()

    @abstractmethod
    def round(self, mark: str, /) -> None:
        """Do the action once, with a unique mark."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request when it is due."""
        self.wait()
        return self.asking.ask(method, path, body)

    def wait(self) -> None:
        """Return when the next request is due; delays are made up for, up to one second."""
        self._due = max(self._due + self._pause, time.monotonic() - 1)
        self.over.wait(max(0.0, self._due - time.monotonic()))


class Writer(Client):
    """Writes one series after another, each with all that may belong to it."""

    def __init__(self, name: str, asking: Asking, per_second: float, catalogue: int) -> None:
        super().__init__(name, asking, per_second)
        self._catalogue = catalogue

    def round(self, mark: str, /) -> None:
        """Write a series, its volumes and covers, reading status and collection items, and a library entry."""
        body = {"name": mark, "type": "Manga", "client": self._catalogue}
        series = self._write("series", mark, True, "POST", "/admin-series/add", body)
        if series:
            self._volumes(mark, series["id"])
            self._reading(mark, series["id"])
        self._media(mark)
        self.asking.journal.settle()

    def _write(self, kind: str, mark: str, value: Any, method: str, path: str, body: Any = None) -> Any:
        done = self.ask(method, path, body)
        journal = self.asking.journal
        (journal.acknowledged if done else journal.doubtful)((kind, mark), value)
        return done

    def _volumes(self, mark: str, series: int) -> None:
        group = self.ask("POST", "/admin-volumes/add-group", {"name": mark, "series": series})
        if not group:
            return
        names = [f"{mark}-{letter}" for letter in "abc"]
        body = {"group": group["id"], "language": "English", "public": True}
        path = "/admin-volumes/add-volume"
        added = [self._write("volume", name, 0, "POST", path, body | {"name": name}) for name in names]
        if not all(added):
            return
        one, two, three = (volume["id"] for volume in added)
        if self._write("volume", names[2], ABSENT, "DELETE", f"/admin-volumes/delete-volume/{three}"):
            self._order(mark, names, one, two)
        self._write("volume", names[0], 7, "POST", f"/admin-volumes/edit-volume/{one}", {"pages": 7})
        self._cover(names[0], one)
        path = f"/user/collection/add/{two}"
        self._write("item", names[1], 5.0, "POST", path, {"client": self._catalogue, "price": 5})

    def _order(self, mark: str, names: list[str], one: int, two: int) -> None:
        self.asking.journal.is_known(("order", mark), f"{names[0]} {names[1]}")
        path, turned = "/admin-volumes/update-order", f"{names[1]} {names[0]}"
        self._write("order", mark, turned, "POST", path, {"order": [two, one]})

    def _cover(self, name: str, volume: int) -> None:
        """Upload a cover, then another one in its place."""
        for _ in range(2):
            size, image = self._picture()
            path = f"/admin-volumes/update-image/{volume}/front"
            if not self._write("cover", name, size, "POST", path, {"image": image}):
                return

    def _picture(self) -> tuple[tuple[int, int], str]:
        number = self.asking.journal.outcomes["200"] + self.asking.journal.outcomes["503"]
        size = (20 + number % _SIZES, 20 + number // _SIZES % _SIZES)
        return size, base64_of(Image.new("RGB", size, (number % 256, 80, 80)))

    def _reading(self, mark: str, series: int) -> None:
        body = STATUS | {"client": self._catalogue}
        path = f"/user/reading-status/add/{series}"
        if self._write("status", mark, body["progress"], "POST", path, body):
            path = f"/user/reading-status/update/{series}"
            self._write("status", mark, 9, "POST", path, body | {"progress": 9})
        if self._write("rating", mark, 5.0, "POST", f"/user/series-rating/add/{series}", {"rating": 5}):
            self._write("rating", mark, 8.5, "POST", f"/user/series-rating/update/{series}", {"rating": 8.5})

    def _media(self, mark: str) -> None:
        size, image = self._picture()
        added = self._write(
            "media", mark, size, "POST", "/media/add", {"name": mark, "tags": [], "image": image}
        )
        if added and mark.endswith(("3", "6", "9")):
            self._write("media", mark, ABSENT, "DELETE", f"/media/delete/{added['id']}")


class Reader(Client):
    """Sends the same small request to one service and records the seconds."""

    def __init__(self, service: str, asking: Asking, per_second: float, path: str) -> None:
        super().__init__(f"reader of {service}", asking, per_second)
        self.service = service
        self.took: list[tuple[float, float]] = []
        """Time of each request, by ``time.monotonic``, and the seconds of its answer."""
        self._path = path

    def round(self, _mark: str, /) -> None:
        """Send one request."""
        self.wait()
        began = time.monotonic()
        self.asking.ask("GET", self._path)
        self.took.append((began, time.monotonic() - began))
