"""Random editors of a catalogue: one alone, or many at once on the same entries."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.internal_client import InternalClient

WORDS = [
    "Titan",
    "titan 10",
    "Ärger",
    "鬼滅の刃",
    "레벨업",
    "a_b%",
    'with "quotes" \\ and\ttabs',
    "Øre",
    "Volume 2",
]
COVERS = "/internal/files/covers"
FEW_SERIES, FEW_VOLUMES, FEW_TRASHED = 3, 8, 4
"""Deletions stop at this number, unless another editor deletes at the same moment."""
MANY_SERIES, MANY_GROUPS, MANY_VOLUMES = 8, 24, 60
"""Additions stop at this number."""


class Things:
    """The ids of the entries to edit; an entry that another editor deleted is removed when a request fails on it."""

    def __init__(self, admin: Client) -> None:
        self.catalogue = Catalogue(admin)
        self.series = [self.catalogue.series() for _ in range(3)]
        self.groups = [self.catalogue.group(series) for series in self.series for _ in range(2)]
        self.volumes = [self.catalogue.volume(group) for group in self.groups for _ in range(2)]
        self.trash: list[int] = []


class Editor:
    """Makes one random change after another, through a gateway and, as a file node does, directly at the service."""

    def __init__(self, client: Client, node: InternalClient, things: Things, seed: int) -> None:
        self.answers: Counter[int] = Counter()
        self.failures: list[str] = []
        """Answers with status 500 and above."""
        self._client, self._node, self._things = client, node, things
        self._random = random.Random(seed)
        self._deeds: list[Callable[[], None]] = [
            *(self.add_series, self.edit_series, self.change_editions, self.delete_series),
            *(self.add_group, self.edit_group, self.reorder_groups, self.trash_group),
            *(self.restore_group, self.purge_group, self.add_volume, self.edit_volume),
            *(self.delete_volume, self.reorder_volumes, self.regenerate_slug),
            *(self.attach_cover, self.remove_cover),
        ]

    def anything(self, weights: Mapping[str, float] | None = None) -> str:
        """Make one change, refused or not, and return its name. ``weights`` set how often each kind is chosen."""
        often = [(weights or {}).get(deed.__name__, 1) for deed in self._deeds]
        (deed,) = self._random.choices(self._deeds, often)
        deed()
        return deed.__name__

    def add_series(self) -> None:
        if len(self._things.series) < MANY_SERIES:
            new = {"name": self._name(), "type": "Manga", "client": self._things.catalogue.client}
            self._add(self._things.series, "/admin-series/add", **new)

    def edit_series(self) -> None:
        changes: dict[str, Any] = {
            "name": self._name(),
            "type": self._random.choice(["Manga", "Novel"]),
            "tags": [self._name()],
            "public": self._random.random() < 0.5,
            "added_aliases": [{"name": self._name()}],
        }
        kept = self._random.sample(sorted(changes), 2)
        self._change(self._things.series, "/admin-series/edit/{}", **{name: changes[name] for name in kept})

    def change_editions(self) -> None:
        series = self._one(self._things.series)
        editions = [edition["id"] for edition in self._editions(series)]
        renamed = [{"id": self._one(editions), "name": self._name()}] if editions else []
        changes = {"added_editions": [{"name": self._name()}], "modified_editions": renamed}
        self._ask("POST", f"/admin-series/edit/{series}", **changes)

    def delete_series(self) -> None:
        if len(self._things.series) > FEW_SERIES:
            self._remove(self._things.series, "/admin-series/delete/{}")

    def add_group(self) -> None:
        if len(self._things.groups) < MANY_GROUPS:
            new = {"name": self._name(), "series": self._one(self._things.series)}
            self._add(self._things.groups, "/admin-volumes/add-group", **new)

    def edit_group(self) -> None:
        fields = {"name": self._name(), "series": self._one(self._things.series)}
        self._change(self._things.groups, "/admin-volumes/edit-group/{}", **fields)

    def reorder_groups(self) -> None:
        order = self._some(self._things.groups)
        refused = self._ask("POST", "/admin-volumes/reorder-groups", order=order).get("errors")
        if refused:
            _strike(self._things.groups, int(refused["order"].rpartition(" ")[2]))

    def trash_group(self) -> None:
        group = self._remove(self._things.groups, "/admin-volumes/delete-group/{}")
        self._things.trash += [group]

    def restore_group(self) -> None:
        group = self._one(self._things.trash)
        if self._ask("POST", f"/admin-volumes/restore-group/{group}")["code"] == 200:
            _strike(self._things.trash, group)
            self._things.groups += [group]

    def purge_group(self) -> None:
        if len(self._things.trash) > FEW_TRASHED:
            self._remove(self._things.trash, "/admin-volumes/purge-group/{}")

    def add_volume(self) -> None:
        if len(self._things.volumes) < MANY_VOLUMES:
            new = {"name": self._name(), "group": self._one(self._things.groups), "language": "German"}
            self._add(self._things.volumes, "/admin-volumes/add-volume", **new)

    def edit_volume(self) -> None:
        volume = self._one(self._things.volumes)
        shown = self._ask("GET", f"/admin-volumes/id/{volume}")
        editions = self._editions(shown.get("series_id", 1))
        changes: dict[str, Any] = {
            "name": self._name(),
            "language": self._random.choice(["German", "Japanese"]),
            "special": self._random.random() < 0.5,
            "special_name": self._name(),
            "nsfw": self._random.random() < 0.5,
            "nsfw18": 1,
            "public": self._random.random() < 0.5,
            "description": self._name(),
            "group": self._one(self._things.groups),
            "edition": editions[0]["id"] if editions else None,
        }
        sent = self._random.sample(sorted(changes), 3)
        self._ask("POST", f"/admin-volumes/edit-volume/{volume}", **{name: changes[name] for name in sent})

    def delete_volume(self) -> None:
        if len(self._things.volumes) > FEW_VOLUMES:
            self._remove(self._things.volumes, "/admin-volumes/delete-volume/{}")

    def reorder_volumes(self) -> None:
        self._ask("POST", "/admin-volumes/update-order", order=self._some(self._things.volumes))

    def regenerate_slug(self) -> None:
        self._change(self._things.volumes, "/admin-volumes/regen-slug/{}")

    def attach_cover(self) -> None:
        cover = {"id": self._one(self._things.volumes), "type": self._side()}
        reserved = self._ask_inside("reserve", **cover)
        if "key" in reserved:
            self._ask_inside("attach", **cover, key=reserved["key"], aspect_ratio=0.7)

    def remove_cover(self) -> None:
        self._ask_inside("remove", id=self._one(self._things.volumes), type=self._side())

    def _add(self, ids: list[int], path: str, **new: Any) -> None:
        added = self._ask("POST", path, **new)
        ids += [added["id"]] if "id" in added else []

    def _change(self, ids: list[int], path: str, **changes: Any) -> None:
        one = self._one(ids)
        if self._ask("POST", path.format(one), **changes)["data"].endswith("not found"):
            _strike(ids, one)

    def _remove(self, ids: list[int], path: str) -> int:
        one = self._one(ids)
        if self._ask("DELETE", path.format(one))["code"] in (200, 404):
            _strike(ids, one)
        return one

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self._client.ask(method, path, json=body or None)
        self._note(f"{method} {path}", answer.status_code, answer.text)
        return answer.json()

    def _ask_inside(self, deed: str, **body: Any) -> Any:
        status, document = self._node.send("POST", f"{COVERS}/{deed}", **body)
        self._note(deed, status, document)
        return document

    def _note(self, asked: str, status: int, answer: object) -> None:
        self.answers[status] += 1
        if status >= 500:
            self.failures.append(f"{asked}: {status} {answer}")

    def _editions(self, series: int) -> Any:
        found = self._ask("GET", f"/series/editions/{series}")
        return found if isinstance(found, list) else []

    def _one(self, ids: list[int]) -> int:
        return self._random.choice(list(ids) or [1])

    def _some(self, ids: list[int]) -> list[int]:
        there = sorted(set(ids))
        return self._random.sample(there, min(self._random.randint(1, 6), len(there)))

    def _name(self) -> str:
        return f"{self._random.choice(WORDS)} {self._random.randrange(20)}"

    def _side(self) -> str:
        return self._random.choice(["front", "back", "spine"])


def _strike(ids: list[int], one: int) -> None:
    with suppress(ValueError):
        ids.remove(one)
