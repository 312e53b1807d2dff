"""A catalogue for one test: a client number that no other test uses, and methods to fill it."""

import itertools
import secrets
from typing import Any

from tests.support.client import Client


class Catalogue:
    """The catalogue of a fresh client, edited by an administrator."""

    def __init__(self, admin: Client) -> None:
        self.admin = admin
        self.client = secrets.randbelow(2**50) * 2 + 2
        self._numbers = itertools.count(1)

    def series(self, name: str | None = None, *, type: str = "Manga", **more: Any) -> int:
        """Add a series; return its id."""
        name = name or f"Series {next(self._numbers)}"
        added = self.admin.post("/admin-series/add", name=name, type=type, client=self.client, **more)
        return int(added["id"])

    def edit(self, series: int, **changes: Any) -> Any:
        """Edit a series."""
        return self.admin.post(f"/admin-series/edit/{series}", **changes)

    def get(self, series: int, **query: Any) -> Any:
        """Return a series' document."""
        return self.admin.get(f"/admin-series/id/{series}", **query)

    def slug_of(self, series: int) -> str:
        """Return a series' slug."""
        return str(self.get(series)["slug"])

    def editions(self, series: int) -> Any:
        """Return a series' editions."""
        return self.admin.get(f"/series/editions/{series}")

    def list(self, **query: Any) -> Any:
        """Return a page of the client's series."""
        return self.admin.get("/admin-series", client=self.client, **query)

    def names(self, **query: Any) -> Any:
        """Return the names on a page of the client's series."""
        return [series["name"] for series in self.list(**query)["series"]]

    def group(self, series: int, name: str | None = None) -> int:
        """Add a volume group; return its id."""
        name = name or f"Group {next(self._numbers)}"
        return int(self.admin.post("/admin-volumes/add-group", name=name, series=series)["id"])

    def volume(self, group: int, name: str | None = None, *, language: str = "German", **more: Any) -> int:
        """Add a public volume; return its id."""
        name = name or f"Volume {next(self._numbers)}"
        body = {"name": name, "group": group, "language": language, "public": True} | more
        return int(self.admin.post("/admin-volumes/add-volume", **body)["id"])

    def get_volume(self, volume: int) -> Any:
        """Return a volume's document."""
        return self.admin.get(f"/admin-volumes/id/{volume}")

    def edit_volume(self, volume: int, **changes: Any) -> None:
        """Edit a volume."""
        answer = self.admin.post(f"/admin-volumes/edit-volume/{volume}", **changes)
        assert answer == {"data": "Volume updated", "code": 200}

    def refused_edit(self, volume: int, **changes: Any) -> tuple[int, str]:
        """Return status and text of an edit of a volume that is refused."""
        return self.admin.refused("POST", f"/admin-volumes/edit-volume/{volume}", json=changes)
