"""What the catalogue keeps ready is what a recomputation says, after every kind of write; and what is not is named."""

import random
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from deploy.installation.configuration import ROOT
from deploy.proving.catalogue import differences, reading
from deploy.running.stack import Stack
from tests.catalogue import Catalogue
from tests.client import Client
from tests.runner import environment

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


class Editor:
    """Somebody who does anything at all to a catalogue, one random thing after the other."""

    def __init__(self, admin: Client, seed: int) -> None:
        self.random = random.Random(seed)
        self.catalogue = Catalogue(admin)
        self.ask = admin.ask
        self.series = [self.catalogue.series() for _ in range(3)]
        self.groups = [self.catalogue.group(series) for series in self.series for _ in range(2)]
        self.volumes = [self.catalogue.volume(group) for group in self.groups for _ in range(2)]
        self.trash: list[int] = []

    def anything(self) -> str:
        """Do something, be it refused or not; return what."""
        deeds: list[Callable[[], Any]] = [
            *(self.add_series, self.edit_series, self.change_editions, self.delete_series),
            *(self.add_group, self.edit_group, self.reorder_groups, self.trash_group),
            *(self.restore_group, self.purge_group, self.add_volume, self.edit_volume),
            *(self.delete_volume, self.reorder_volumes, self.regenerate_slug),
        ]
        deed = self.random.choice(deeds)
        deed()
        return deed.__name__

    def post(self, path: str, **body: Any) -> Any:
        answer = self.ask("POST", path, json=body)
        assert answer.status_code < 500
        return answer.json()

    def delete(self, path: str) -> None:
        assert self.ask("DELETE", path).status_code < 500

    def one(self, ids: list[int]) -> int:
        return self.random.choice(ids or [1])

    def name(self) -> str:
        return f"{self.random.choice(WORDS)} {self.random.randrange(20)}"

    def add_series(self) -> None:
        added = self.post("/admin-series/add", name=self.name(), type="Manga", client=self.catalogue.client)
        self.series += [added["id"]] if "id" in added else []

    def edit_series(self) -> None:
        changes: dict[str, Any] = {
            "name": self.name(),
            "type": self.random.choice(["Manga", "Novel"]),
            "tags": [self.name()],
            "added_aliases": [{"name": self.name()}],
        }
        kept = self.random.sample(sorted(changes), 2)
        self.post(f"/admin-series/edit/{self.one(self.series)}", **{name: changes[name] for name in kept})

    def change_editions(self) -> None:
        series = self.one(self.series)
        editions = [edition["id"] for edition in self.ask("GET", f"/series/editions/{series}").json()]
        renamed = [{"id": self.one(editions), "name": self.name()}] if editions else []
        added = [{"name": self.name()}]
        self.post(f"/admin-series/edit/{series}", added_editions=added, modified_editions=renamed)

    def delete_series(self) -> None:
        if len(self.series) > 3:
            self.delete(f"/admin-series/delete/{self.series.pop(0)}")

    def add_group(self) -> None:
        added = self.post("/admin-volumes/add-group", name=self.name(), series=self.one(self.series))
        self.groups += [added["id"]] if "id" in added else []

    def edit_group(self) -> None:
        fields = {"name": self.name(), "series": self.one(self.series)}
        self.post(f"/admin-volumes/edit-group/{self.one(self.groups)}", **fields)

    def reorder_groups(self) -> None:
        order = self.random.sample(self.groups, min(3, len(self.groups)))
        self.post("/admin-volumes/reorder-groups", order=order)

    def trash_group(self) -> None:
        self.trash.append(self.one(self.groups))
        self.delete(f"/admin-volumes/delete-group/{self.trash[-1]}")

    def restore_group(self) -> None:
        self.post(f"/admin-volumes/restore-group/{self.one(self.trash)}")

    def purge_group(self) -> None:
        if len(self.trash) > 4:
            self.delete(f"/admin-volumes/purge-group/{self.trash.pop(0)}")

    def add_volume(self) -> None:
        body = {"name": self.name(), "group": self.one(self.groups), "language": "German"}
        added = self.post("/admin-volumes/add-volume", **body)
        self.volumes += [added["id"]] if "id" in added else []

    def edit_volume(self) -> None:
        volume = self.one(self.volumes)
        shown = self.ask("GET", f"/admin-volumes/id/{volume}").json()
        editions = self.ask("GET", f"/series/editions/{shown.get('series_id', 1)}").json()
        changes: dict[str, Any] = {
            "name": self.name(),
            "language": self.random.choice(["German", "Japanese"]),
            "special": self.random.random() < 0.5,
            "special_name": self.name(),
            "nsfw": self.random.random() < 0.5,
            "nsfw18": 1,
            "description": self.name(),
            "group": self.one(self.groups),
            "edition": editions[0]["id"] if isinstance(editions, list) and editions else None,
        }
        sent = self.random.sample(sorted(changes), 3)
        self.post(f"/admin-volumes/edit-volume/{volume}", **{name: changes[name] for name in sent})

    def delete_volume(self) -> None:
        if len(self.volumes) > 8:
            self.delete(f"/admin-volumes/delete-volume/{self.volumes.pop(0)}")

    def reorder_volumes(self) -> None:
        order = self.random.sample(self.volumes, min(3, len(self.volumes)))
        self.post("/admin-volumes/update-order", order=order)

    def regenerate_slug(self) -> None:
        self.post(f"/admin-volumes/regen-slug/{self.one(self.volumes)}")


def found(stack: Stack, catalogue: Catalogue) -> list[str]:
    with reading(stack.admin_database_url) as db:
        return list(differences(db, catalogue.client))


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_written_is_what_lists_show(stack: Stack, admin: Client, seed: int) -> None:
    somebody = Editor(admin, seed)
    done = set()
    for _ in range(80):
        deed = somebody.anything()
        done.add(deed)
        assert found(stack, somebody.catalogue) == [], deed
    assert len(done) == 15


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    """A catalogue with a group of each kind."""
    series = catalogue.series("Series")
    catalogue.edit(series, added_editions=[{"name": "Deluxe"}])
    edition = catalogue.editions(series)[0]["id"]
    catalogue.volume(catalogue.group(series, "Group"), "Volume 1", edition=edition)
    catalogue.admin.delete(f"/admin-volumes/delete-group/{catalogue.group(series, 'Trashed')}")
    return catalogue


STATEMENTS = [
    "UPDATE catalog.editions SET name = upper(name) WHERE series_id = :series",
    "UPDATE catalog.series SET type = 'Novel' WHERE id = :series",
    "UPDATE catalog.volume_groups SET series_order = 7 WHERE id = :group",
    "UPDATE catalog.volume_groups SET trashed_at = now() WHERE id = :group",
    "UPDATE catalog.volume_groups SET trashed_at = NULL, series_order = 9 WHERE client_id = :client AND id <> :group",
    "UPDATE catalog.volumes SET nsfw = true, language = 'Korean' WHERE series_id = :series",
    "UPDATE catalog.volumes SET group_id = NULL WHERE group_id = :group",
    "DELETE FROM catalog.volumes WHERE group_id = :group",
    "DELETE FROM catalog.series WHERE id = :series",
    """
        INSERT INTO catalog.volumes (series_id, group_id, group_order, name, sort_name, search, language)
        VALUES (:series, :group, 9, 'x', 'x', 'x', 'German')
    """,
    """
        INSERT INTO catalog.volume_groups
            (series_id, client_id, name, name_key, sort_name, search, place, series_order)
        VALUES (:series, :client, 'x', 'x', 'x', 'x', 9, 9)
    """,
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_can_forget_what_lists_show(filled: Catalogue, owner: Engine, statement: str) -> None:
    """Whoever sends it, and whatever else they fail to do."""
    (group,) = filled.admin.get("/admin-volumes", client=filled.client)["groups"]
    ids = {"client": filled.client, "group": group["id"], "series": group["series"]["id"]}
    with owner.connect() as db, db.begin() as transaction:
        assert db.execute(text(statement), ids).rowcount
        assert list(differences(db, filled.client)) == []
        transaction.rollback()


@pytest.fixture
def quiet(owner: Engine) -> Iterator[Connection]:
    """The database for its owner, no trigger of which will do anything; whatever is done is undone."""
    with owner.connect() as db, db.begin() as transaction:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        yield db
        transaction.rollback()


SPOILED = {
    "UPDATE catalog.volumes SET slug = 'another' WHERE group_id = :group": "group {group}: volumes is ",
    "UPDATE catalog.volume_groups SET name = 'Grupp' WHERE id = :group": "group {group}: name_key is 'group', ",
    "UPDATE catalog.volume_groups SET series_order = 7 WHERE id = :group": "group {group}: series_order is 0, not 7",
    "UPDATE catalog.series SET type = 'Novel' WHERE client_id = :client": "group {group}: opening is ",
    "UPDATE catalog.series SET search = 'x' WHERE client_id = :client": "series {series}: search is 'x', not 'series'",
    "UPDATE catalog.group_keys SET search = 'x' WHERE group_id = :group": "group {group}: search is 'x', not ",
    "UPDATE catalog.clients SET group_count = 9 WHERE id = :client": "client {client}: group_count is 9, not 1",
    "UPDATE catalog.volumes SET sort_name = 'x' WHERE group_id = :group": "volume {volume}: sort_name is 'x', not ",
    "DELETE FROM catalog.group_docs WHERE group_id = :group": "group {group}: not kept",
    "DELETE FROM catalog.group_keys WHERE group_id = :group": "group {group}: not kept",
    "UPDATE catalog.volume_groups SET trashed_at = now() WHERE id = :group": "group {group}: kept, though it is",
    "DELETE FROM catalog.volume_groups WHERE id = :group": "group {group}: kept, though there is no such group",
}


@pytest.mark.parametrize(("statement", "said"), SPOILED.items())
def test_what_is_wrong_is_said(filled: Catalogue, quiet: Connection, statement: str, said: str) -> None:
    (group,) = filled.admin.get("/admin-volumes", client=filled.client)["groups"]
    ids = {"client": filled.client, "group": group["id"], "series": group["series"]["id"]}
    volume = group["volumes"][0]["id"]
    assert list(differences(quiet, filled.client)) == []
    quiet.execute(text(statement), ids)
    lines = list(differences(quiet, filled.client))
    assert any(line.startswith(said.format(**ids, volume=volume)) for line in lines), lines


def test_the_command_names_what_differs_and_ends_with_status_1(
    filled: Catalogue, stack: Stack, owner: Engine
) -> None:
    (group,) = filled.admin.get("/admin-volumes", client=filled.client)["groups"]
    spoilt = "UPDATE catalog.group_keys SET series_order = :order WHERE group_id = :group"
    for order, status, last in ((5, 1, "1 things differ"), (0, 0, "All that is kept ready equals")):
        with owner.begin() as db:
            db.execute(text(spoilt), {"order": order, "group": group["id"]})
        done = subprocess.run(
            ["make", "--silent", "verify-catalogue"],
            cwd=ROOT,
            env=environment(stack.configuration.state),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) == status, done.stderr
        assert last in done.stdout
        assert (f"group {group['id']}: series_order is 5, not 0" in done.stdout) == status


def test_filling_makes_everything_anew(filled: Catalogue, stack: Stack, owner: Engine) -> None:
    of_client = "WHERE group_id IN (SELECT id FROM catalog.volume_groups WHERE client_id = :client)"
    with owner.begin() as db:
        db.execute(text(f"DELETE FROM catalog.group_docs {of_client}"), {"client": filled.client})
        db.execute(text(f"UPDATE catalog.group_keys SET search = '' {of_client}"), {"client": filled.client})
    assert len(found(stack, filled)) == 1
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("CALL catalog.refresh_all_groups()"))
    assert found(stack, filled) == []
