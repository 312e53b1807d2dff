"""Derived data of the catalogue equals a recomputation after every kind of write; differences are reported."""

import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, text

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from deploy.verify.data import differences, reading
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.editor import Editor, Things
from tests.support.internal_client import Program
from tests.support.overlap import at_once
from tests.support.readers import STATUS, new_reader
from tests.support.terminal import environment


def found(stack: Stack, catalogue: Catalogue) -> list[str]:
    with reading(stack.admin_database_url) as db:
        return list(differences(db, catalogue.client))


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_written_is_what_lists_show(
    stack: Stack, admin: Client, catalog: Program, seed: int
) -> None:
    things = Things(admin)
    reader = new_reader(admin)
    own = {"client": things.catalogue.client}
    for volume in things.volumes:
        reader.post(f"/user/collection/add/{volume}", **own)
    for series in things.series:
        reader.post(f"/user/reading-status/add/{series}", **STATUS, **own)
    somebody = Editor(admin, catalog.called_by("files", "edit-volumes"), things, seed)
    done = set()
    for _ in range(80):
        deed = somebody.anything()
        done.add(deed)
        assert found(stack, things.catalogue) == [], deed
    assert len(done) == 17
    assert somebody.failures == []


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    """Return a catalogue with a group of each kind."""
    series = catalogue.series("Series")
    catalogue.edit(series, added_editions=[{"name": "Deluxe"}])
    edition = catalogue.editions(series)[0]["id"]
    volume = catalogue.volume(catalogue.group(series, "Group"), "Volume 1", edition=edition)
    reader = new_reader(catalogue.admin)
    reader.post(f"/user/collection/add/{volume}", client=catalogue.client)
    reader.post(f"/user/reading-status/add/{series}", **STATUS, client=catalogue.client)
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
    "UPDATE catalog.volumes SET public = false WHERE series_id = :series",
    "UPDATE catalog.series SET public = false WHERE id = :series",
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
    """For any client and any other fault of its request."""
    (group,) = filled.admin.get("/admin-volumes", client=filled.client)["groups"]
    ids = {"client": filled.client, "group": group["id"], "series": group["series"]["id"]}
    with owner.connect() as db, db.begin() as transaction:
        assert db.execute(text(statement), ids).rowcount
        assert list(differences(db, filled.client)) == []
        transaction.rollback()


@pytest.fixture
def quiet(owner: Engine) -> Iterator[Connection]:
    """The database as its owner, with triggers disabled, in a transaction that is rolled back."""
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
    "UPDATE catalog.volumes SET public = false WHERE group_id = :group": "readers' volume {volume}: ",
    "UPDATE catalog.series SET public = false WHERE client_id = :client": "readers' series {series}: ",
    "UPDATE users.collection_items SET series_sort_name = 'x' WHERE volume_id = :volume": "readers' volume {volume}: ",
    "DELETE FROM catalog.group_docs WHERE group_id = :group": "group {group}: has no entry",
    "DELETE FROM catalog.group_keys WHERE group_id = :group": "group {group}: has no entry",
    "UPDATE catalog.volume_groups SET trashed_at = now() WHERE id = :group": "group {group}: has an entry, but is in",
    "DELETE FROM catalog.volume_groups WHERE id = :group": "group {group}: has an entry, but there is no such group",
}


@pytest.mark.parametrize(("statement", "said"), SPOILED.items())
def test_what_is_wrong_is_said(filled: Catalogue, quiet: Connection, statement: str, said: str) -> None:
    (group,) = filled.admin.get("/admin-volumes", client=filled.client)["groups"]
    ids = {"client": filled.client, "group": group["id"], "series": group["series"]["id"]}
    ids["volume"] = group["volumes"][0]["id"]
    assert list(differences(quiet, filled.client)) == []
    quiet.execute(text(statement), ids)
    lines = list(differences(quiet, filled.client))
    assert any(line.startswith(said.format(**ids)) for line in lines), lines


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


def test_hiding_and_adding_at_once_leave_no_name_behind(
    stack: Stack, catalogue: Catalogue, admin: Client
) -> None:
    """An addition during the change of visibility waits for it, or is included in it."""
    series = catalogue.series("Series")
    group = catalogue.group(series)
    volumes = [catalogue.volume(group) for _ in range(8)]
    own = {"client": catalogue.client}

    def hide() -> None:
        for public in (False, True, False):
            catalogue.edit(series, public=public)
            admin.post(f"/admin-volumes/edit-volume/{volumes[0]}", public=public)

    def add(reader: Client) -> None:
        reader.ask("POST", f"/user/reading-status/add/{series}", json=STATUS | own)
        for volume in volumes:
            assert reader.ask("POST", f"/user/collection/add/{volume}", json=own).status_code in (200, 404)

    adding: list[Callable[[], None]] = [partial(add, new_reader(admin)) for _ in range(3)]
    at_once([hide, *adding])
    assert found(stack, catalogue) == []


def test_filling_makes_everything_anew(filled: Catalogue, stack: Stack, owner: Engine) -> None:
    of_client = "WHERE group_id IN (SELECT id FROM catalog.volume_groups WHERE client_id = :client)"
    with owner.begin() as db:
        db.execute(text(f"DELETE FROM catalog.group_docs {of_client}"), {"client": filled.client})
        db.execute(text(f"UPDATE catalog.group_keys SET search = '' {of_client}"), {"client": filled.client})
    assert len(found(stack, filled)) == 1
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("CALL catalog.refresh_all_groups()"))
    assert found(stack, filled) == []
    filled.edit(filled.list()["series"][0]["id"], public=False)
    of_client = "series_sort_name = 'series' WHERE client_id = :client"
    with owner.begin() as db:
        for table in ("collection_items", "reading_statuses"):
            db.execute(text(f"UPDATE users.{table} SET {of_client}"), {"client": filled.client})
    assert len(found(stack, filled)) == 2
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("CALL users.sort_all_entries()"))
    assert found(stack, filled) == []
