"""A catalogue with hidden series, groups and volumes."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests
from sqlalchemy import Engine, text

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters

_APART = 10**6
"""Each table's ids start at another million, so that no id occurs in two tables."""


@dataclass(frozen=True)
class Hidden:
    """The ids, slugs and cover keys of a catalogue; all but one series and one volume of it are hidden."""

    catalogue: Catalogue
    mark: str
    """Occurs in every text of the hidden entries."""
    series: list[int]
    groups: list[int]
    volumes: list[int]
    slugs: list[str]
    keys: list[str]
    shown_series: int
    shown: int
    shown_slug: str

    @property
    def ids(self) -> list[int]:
        """Return all hidden ids."""
        return [*self.series, *self.groups, *self.volumes]

    def leaks(self, answer: requests.Response, *, given: Iterable[Any] = ()) -> list[str]:
        """Return the marks, keys and ids of hidden entries in an answer, except the ids in ``given``."""
        shown = f"{answer.text} {dict(answer.headers)}".lower()
        ids = [id for id in self.ids if id not in given and re.search(rf"\b{id}\b", shown)]
        return [*(word for word in (self.mark, *self.keys) if word in shown), *map(str, ids)]


def hide(admin: Client, owner: Engine) -> Hidden:
    """Fill a new catalogue, hide all but one series and one volume of it, and return what it holds."""
    tables = [
        "series",
        "volume_groups",
        "volumes",
        "editions",
        "links",
        "series_aliases",
        "series_descriptions",
    ]
    with owner.begin() as db:
        for number, table in enumerate(tables, start=1):
            db.execute(
                text(f"SELECT setval(pg_get_serial_sequence('catalog.{table}', 'id'), :start)"),
                {"start": number * _APART + secrets.randbelow(1000)},
            )
    catalogue, mark = Catalogue(admin), f"zq{secrets.token_hex(6)}"
    secret = _series(catalogue, f"{mark} secret")
    catalogue.edit(secret, public=False)
    plain = catalogue.series("Plain")
    groups = [
        catalogue.group(secret, f"{mark} inside"),
        *(catalogue.group(plain, f"{mark} {n}") for n in range(3)),
    ]
    open_group = catalogue.group(plain, "Open")
    volumes = [
        _volume(catalogue, groups[0], mark),
        _volume(catalogue, groups[1], mark, public=False),
        _volume(catalogue, groups[2], mark),
        _volume(catalogue, groups[3], mark),
        _volume(catalogue, open_group, mark, public=False),
    ]
    shown = catalogue.volume(open_group, "Shown")
    _cover(admin, shown)
    _volume(catalogue, open_group, mark, public=False)
    admin.delete(f"/admin-volumes/delete-group/{groups[2]}")
    admin.delete(f"/admin-volumes/delete-group/{groups[3]}")
    admin.delete(f"/admin-volumes/purge-group/{groups[3]}")
    documents = [catalogue.get_volume(volume) for volume in volumes]
    with owner.connect() as db:
        slugs = db.execute(
            text("SELECT slug FROM catalog.slugs WHERE volume_id = ANY (:ids)"), {"ids": volumes}
        )
        return Hidden(
            catalogue,
            mark,
            [secret],
            groups,
            volumes,
            [*slugs.scalars(), catalogue.slug_of(secret)],
            [document["cover_path"].partition("/")[0] for document in documents],
            plain,
            shown,
            catalogue.get_volume(shown)["slug"],
        )


def _series(catalogue: Catalogue, mark: str) -> int:
    series = catalogue.series(mark)
    catalogue.edit(
        series,
        origin=mark,
        tags=[mark],
        added_aliases=[{"name": f"{mark} alias", "language": "German"}],
        added_descriptions=[{"language": "German", "text": mark}],
        added_editions=[{"name": f"{mark} edition", "publisher": mark}],
    )
    return series


def _volume(catalogue: Catalogue, group: int, mark: str, **more: Any) -> int:
    """Add a volume with the mark in each of its texts, an old slug and a cover."""
    volume = catalogue.volume(group, f"{mark} before", **more)
    changes: dict[str, Any] = {
        "name": f"{mark} name",
        "description": mark,
        "copyright": mark,
        "measures": mark,
    }
    changes |= {"special": True, "special_name": mark, "extras": {mark: mark}}
    links = [{"url": f"https://example.org/{mark}", "name": mark}]
    catalogue.admin.post(f"/admin-volumes/edit-volume/{volume}", **changes, added_links=links)
    _cover(catalogue.admin, volume)
    return volume


def _cover(admin: Client, volume: int) -> None:
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(quarters(40, 60)))
