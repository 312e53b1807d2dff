"""Adds missing series, groups and volumes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from deploy.demo import facts
from deploy.demo.books import Volume
from deploy.demo.facts import Series
from deploy.demo.gateway import Gateway
from deploy.demo.progress import Progress
from deploy.demo.readers import CLIENT
from deploy.demo.selection import faces

SeriesKey = tuple[str, str]
VolumeKey = tuple[str, str, str, str]


@dataclass(slots=True)
class Present:
    """The groups and volumes that a series already has."""

    groups: dict[str, int] = field(default_factory=dict)
    volumes: dict[VolumeKey, int] = field(default_factory=dict)
    trashed: set[str] = field(default_factory=set)
    """Groups in the trash. They are left there."""


class Catalogue:
    """The catalogue being filled. After ``fill`` it has the ids of its series and volumes."""

    def __init__(self, gateway: Gateway, progress: Progress, *, client: int = CLIENT) -> None:
        """Read the existing entries of the catalogue of ``client``, the id of a front end."""
        self._gateway = gateway
        self._progress = progress
        self._client = client
        self.series: dict[SeriesKey, int] = {
            (entry["name"], entry["type"]): entry["id"]
            for entry in gateway.get("/admin-series", client=client)["series"]
        }
        self._present = _present(gateway, client)
        self.volumes: dict[Volume, int] = {}

    def fill(self, volumes: Iterable[Volume]) -> None:
        """Add the missing entries. The volumes of a series are added one after the other, in order."""
        by_series: dict[SeriesKey, list[Volume]] = {}
        for volume in volumes:
            by_series.setdefault((volume.series.name, volume.series.type), []).append(volume)
        self._progress.at_once(self._fill_series, sorted(by_series.values(), key=len, reverse=True))

    def _fill_series(self, volumes: list[Volume]) -> None:
        series = volumes[0].series
        id = self._series(series)
        editions = self._complete(id, series, volumes)
        present = self._present.get(id, Present())
        # Each volume is edited right after it is added, so an interrupted run leaves at most one without details.
        known = [volume for volume in volumes if volume.key in present.volumes]
        for volume in volumes:
            if volume.group in present.trashed and volume.key not in present.volumes:
                self._progress.skip(1)
            elif volume.key in present.volumes:
                self.volumes[volume] = present.volumes[volume.key]
                self._repair(volume, last=volume is known[-1])
            else:
                self.volumes[volume] = self._volume(id, volume, editions, present)

    def _series(self, series: Series) -> int:
        key = series.name, series.type
        if known := self.series.get(key):
            self._progress.step("series", added=False)
            return known
        body = {"name": series.name, "type": series.type, "client": self._client}
        self.series[key] = int(self._gateway.post("/admin-series/add", body)["id"])
        self._progress.step("series", added=True)
        return self.series[key]

    def _complete(self, id: int, series: Series, volumes: list[Volume]) -> dict[tuple[str, str], int]:
        """Add the missing tags, aliases, descriptions and editions of a series; returns the editions' ids."""
        there = self._gateway.get(f"/admin-series/id/{id}")
        editions = _editions(self._gateway, id)
        lacking = missing(series, volumes, there, editions)
        if lacking:
            self._gateway.post(f"/admin-series/edit/{id}", lacking)
            editions = _editions(self._gateway, id)
        return editions

    def _volume(
        self, series: int, volume: Volume, editions: dict[tuple[str, str], int], present: Present
    ) -> int:
        if volume.group not in present.groups:
            body: dict[str, Any] = {"name": volume.group, "series": series}
            present.groups[volume.group] = int(self._gateway.post("/admin-volumes/add-group", body)["id"])
            self._progress.added["groups"] += 1
        body = {
            "name": volume.name,
            "group": present.groups[volume.group],
            "edition": editions[volume.edition, volume.language],
            "language": volume.language,
        }
        id = int(self._gateway.post("/admin-volumes/add-volume", body)["id"])
        self._fill_in(id, volume)
        self._progress.step("volumes", added=True)
        return id

    def _fill_in(self, id: int, volume: Volume) -> None:
        site = facts.publishers().site.get(volume.publisher)
        links = [{"url": site, "name": volume.publisher}] if site else []
        own = {"three_d": len(faces(volume)) == 3, "added_links": links}
        self._gateway.post(f"/admin-volumes/edit-volume/{id}", volume.details() | own)

    def _repair(self, volume: Volume, *, last: bool) -> None:
        """Edit a volume that an interrupted run left without details."""
        id = self.volumes[volume]
        if last and self._gateway.get(f"/admin-volumes/id/{id}")["isbn13"] is None:
            self._fill_in(id, volume)
        self._progress.step("volumes", added=False)


def missing(
    series: Series, volumes: list[Volume], there: dict[str, Any], editions: dict[tuple[str, str], int]
) -> dict[str, Any]:
    """Return the edit that adds the missing fields of a series; empty if nothing is missing."""
    aliases = {(alias["name"], alias["language"]) for alias in there["aliases"]}
    described = {description["language"] for description in there["descriptions"]}
    wanted = [(title, language) for language, title in series.titles.items()] + [
        (name, None) for name in series.also
    ]
    parts: dict[str, Any] = {
        "added_aliases": [
            {"name": name, "language": language}
            for name, language in wanted
            if (name, language) not in aliases
        ],
        "added_descriptions": [
            {"language": language, "text": text}
            for language, text in series.about.items()
            if language not in described
        ],
        "added_editions": [
            {"name": name, "language": language, "publisher": publisher}
            for (name, language), publisher in _wanted_editions(volumes).items()
            if (name, language) not in editions
        ],
    }
    if there["origin"] is None and not there["tags"]:
        parts |= {"origin": series.origin, "tags": list(series.tags)}
    return {name: part for name, part in parts.items() if part}


def _wanted_editions(volumes: list[Volume]) -> dict[tuple[str, str], str]:
    return {(volume.edition, volume.language): volume.publisher for volume in volumes}


def _editions(gateway: Gateway, series: int) -> dict[tuple[str, str], int]:
    listed = gateway.get(f"/series/editions/{series}")
    return {(edition["name"], edition["language"]): edition["id"] for edition in listed}


def _present(gateway: Gateway, client: int) -> dict[int, Present]:
    """Read the groups and volumes of every series, including those in the trash."""
    present: dict[int, Present] = {}
    for trash in (False, True):
        listed = gateway.get("/admin-volumes", client=client, trashBin=trash)
        for group in listed["groups"]:
            own = present.setdefault(group["series"]["id"], Present())
            if not trash:
                own.groups[group["name"]] = group["id"]
            elif group["id"] != -1:
                own.trashed.add(group["name"])
            for volume in group["volumes"]:
                key = group["name"], volume["name"], volume["language"], volume["edition_name"]
                own.volumes[key] = volume["id"]
    return present
