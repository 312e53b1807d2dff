"""Every request that changes stored pictures, and what readers get afterwards."""

import itertools
from abc import ABC, abstractmethod
from typing import Any

import requests
from PIL import Image

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.internal_client import InternalClient, Program
from tests.support.pictures import BLUE, RED, Colour, base64_of, corners, opened

_PERMISSIONS = "edit-volumes add-media edit-users"
BROKEN = "broken"
NONE = "none"


def _halves(left: Colour, right: Colour) -> str:
    picture = Image.new("RGB", (100, 80), left)
    picture.paste(right, (50, 0, 100, 80))
    return base64_of(picture)


_PLAIN = {"red": _halves(RED, RED), "blue": _halves(BLUE, BLUE)}
_TWO_HALVES = _halves(RED, BLUE)


class Work(ABC):
    """One kind of change, repeated."""

    def __init__(self, admin: Client) -> None:
        self.admin = admin

    @property
    def name(self) -> str:
        """Its name in reports."""
        return type(self).__name__

    @abstractmethod
    def path(self) -> str | None:
        """Return the path of the stored picture, None where there is none."""

    @abstractmethod
    def change(self, node: Program) -> tuple[int | None, str]:
        """Send a change to ``node``; return its status, None without an answer, and what readers must get after it."""

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Make sure that the picture to change exists."""

    def seen(self) -> str:
        """Return what readers get: the first colour of the picture, which must be complete in both sizes."""
        first = self._seen()
        # A picture may be replaced between the requests for its path and for its bytes.
        return self._seen() if first == BROKEN else first

    def _seen(self) -> str:
        path = self.path()
        if path is None:
            return NONE
        colours = {self._colour(path), self._colour(path.replace("high", "scaled"))}
        return colours.pop() if len(colours) == 1 else BROKEN

    def _colour(self, path: str) -> str:
        answer = self.admin.ask("GET", f"/files/{path}")
        if answer.status_code != 200:
            return BROKEN
        (red, _, blue), *_ = corners(opened(answer.content))
        return "red" if red > blue else "blue"


def _by(node: Program) -> InternalClient:
    return node.called_by("gateway", _PERMISSIONS)


def ask(node: Program, method: str, path: str, **body: Any) -> int | None:
    """Return the status of a change, None where no answer came."""
    try:
        return _by(node).send(method, path, **body)[0]
    except (requests.RequestException, ValueError):
        return None


class _OfVolume(Work):
    def __init__(self, admin: Client) -> None:
        super().__init__(admin)
        catalogue = Catalogue(admin)
        self.volume = catalogue.volume(catalogue.group(catalogue.series()))

    def path(self) -> str | None:
        found: str | None = self.admin.get(f"/admin-volumes/id/{self.volume}")["cover_path"]
        return found

    def prepare(self) -> None:
        if self.path() is None:
            self.admin.post(f"/admin-volumes/update-image/{self.volume}/front", image=_TWO_HALVES)


class ReplaceCover(_OfVolume):
    """Uploads a cover in place of another."""

    def change(self, node: Program) -> tuple[int | None, str]:
        colour = _other(self.seen())
        return ask(
            node, "POST", f"/admin-volumes/update-image/{self.volume}/front", image=_PLAIN[colour]
        ), colour


class Recrop(_OfVolume):
    """Crops a cover to its other half."""

    def change(self, node: Program) -> tuple[int | None, str]:
        colour = _other(self.seen())
        crop = {"left": 0 if colour == "red" else 50, "top": 0, "width": 50, "height": 80}
        return ask(node, "POST", f"/admin-volumes/recrop-image/{self.volume}/front", crop=crop), colour


class DeleteCover(_OfVolume):
    """Deletes a cover."""

    def change(self, node: Program) -> tuple[int | None, str]:
        return ask(node, "DELETE", f"/admin-volumes/delete-image/{self.volume}/front"), NONE


class AddMedia(Work):
    """Adds an entry to the media library."""

    _numbers = itertools.count(1)

    def prepare(self) -> None:
        self.word = f"crash-{next(self._numbers)}-"

    def path(self) -> str | None:
        found = self.admin.get("/media", search=self.word)["media"]
        return str(found[0]["path"]) if found else None

    def change(self, node: Program) -> tuple[int | None, str]:
        return ask(node, "POST", "/media/add", name=self.word, tags=[], image=_PLAIN["red"]), "red"


class Avatar(Work):
    """Uploads a profile image in place of another."""

    def __init__(self, admin: Client) -> None:
        super().__init__(admin)
        self.user = Client(admin.gateway).register("avatar-of-crashes").user["id"]

    def path(self) -> str | None:
        found: str | None = self.admin.get(f"/admin-users/id/{self.user}")["profile_image"]
        return found

    def change(self, node: Program) -> tuple[int | None, str]:
        colour = _other(self.seen())
        return ask(node, "POST", f"/admin-users/update-image/{self.user}", image=_PLAIN[colour]), colour


WORKS = (ReplaceCover, AddMedia, Avatar, DeleteCover, Recrop)


def _other(colour: str) -> str:
    return "blue" if colour == "red" else "red"
