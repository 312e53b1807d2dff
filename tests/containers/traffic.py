"""Traffic on a composition during an operation."""

import threading
import time
from typing import Self

import requests

from tests.containers.composition import Composition
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters
from tests.support.waiting import wait_until

PICTURE = base64_of(quarters(600, 900))
PASSING = {502, 503, 504}
"""Statuses allowed during a restart: the client may repeat the request."""
EVERYBODY = ("/health/ready", "/series/editions/1", "/media?limit=1", "/auth/me", "/media/image/1/scaled")
"""One path of the gateway, of each service and of a file node, for an anonymous client."""


def is_ready(client: Client) -> bool:
    """Return whether the gateway, every service and a file node answer."""
    try:
        return not PASSING & {client.ask("GET", path).status_code for path in EVERYBODY}
    except requests.RequestException:
        return False


class Uploads(threading.Thread):
    """Adds media without pause, and records which uploads were acknowledged and which refused."""

    def __init__(self, running: Composition) -> None:
        super().__init__()
        self._client = running.administrator()
        self._over = threading.Event()
        self.acknowledged: dict[int, str] = {}
        self.refused: list[int] = []
        self.broken: list[str] = []

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            name = f"{self.name} {number}"
            try:
                answer = self._client.ask(
                    "POST", "/media/add", json={"name": name, "tags": [], "image": PICTURE}
                )
            except requests.RequestException as error:
                self.broken.append(str(error))
                continue
            if answer.ok:
                self.acknowledged[answer.json()["id"]] = name
            else:
                self.refused.append(answer.status_code)
                time.sleep(0.1)

    def __enter__(self) -> Self:
        self.start()
        wait_until(lambda: self.acknowledged)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def missing(self, client: Client) -> dict[int, str]:
        """Return the answers to acknowledged uploads that are not listed or whose picture is not served."""
        wrong = {}
        for identity, name in self.acknowledged.items():
            picture = client.ask("GET", f"/media/image/{identity}/scaled")
            listed = client.ask("GET", "/media", params={"search": name})
            if picture.status_code != 200 or not listed.ok or listed.json()["total"] < 1:
                wrong[identity] = f"{picture.status_code}, {listed.text[:100]}"
        return wrong
