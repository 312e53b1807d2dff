"""What goes on in a composition while something is done to it."""

import threading
import time
from typing import Self

import requests

from tests.client import Client
from tests.containers.composition import Composition
from tests.pictures import base64_of, quarters
from tests.runner import eventually

PICTURE = base64_of(quarters(600, 900))
PASSING = {502, 503, 504}
"""What may be answered while something restarts: the client may ask again."""
OF_SERVICES = ("/series/editions/1", "/media?limit=1", "/auth/me")
"""What each service answers to anybody."""


def is_ready(client: Client) -> bool:
    """Whether gateway, every service and a file node answer."""
    try:
        answers = [client.ask("GET", path) for path in ("/health/ready", *OF_SERVICES)]
        return (
            not PASSING & {answer.status_code for answer in answers}
            and client.ask("GET", "/health/files").json()["answering"] > 0
        )
    except (requests.RequestException, ValueError, KeyError):
        return False


class Uploads(threading.Thread):
    """Adds media without pause, and notes what was acknowledged and what was refused."""

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
        eventually(lambda: self.acknowledged)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def are_all_there(self, client: Client) -> bool:
        """Whether every upload that was acknowledged is listed and its picture served."""
        for identity, name in self.acknowledged.items():
            picture = client.ask("GET", f"/media/image/{identity}/scaled")
            if picture.status_code != 200 or client.get("/media", search=name)["total"] < 1:
                return False
        return True
