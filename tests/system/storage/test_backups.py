"""``bunko backup`` and ``bunko restore`` bring rows and pictures back byte for byte, also under writes."""

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.pool import NullPool

from catalog.store.tables import files
from deploy.backup import pictures, snapshot
from deploy.backup.create import create
from deploy.backup.repository import BackupRepository as Shelves
from deploy.backup.repository import ListedFile, finish
from deploy.postgresql import pg_tools
from deploy.postgresql.cluster import binaries
from deploy.stack.installation import Installation, opened
from deploy.stack.stack import Stack
from deploy.user_error import UserError
from files.store.storage import Storage
from files.store.storage_url import storage_at
from shared.files.ledger import Ledger
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import CoveredVolume, settings_of
from tests.support.database_rows import GRANTS, asked, done_to, rows_of
from tests.support.ledger_fixture import LedgerFixture, everything, expected, key_number, own_database
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


@dataclass
class Writers:
    """Clients that upload covers without a pause, and the uploads that were answered with 200."""

    stack: Stack
    shelves: list[CoveredVolume]
    answered: list[tuple[int, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def work(self, shelf: CoveredVolume) -> None:
        while not self.stopping.is_set():
            # Each upload replaces the one before, which the sweeper deletes.
            self.answered.append((shelf.volume, shelf.give_cover()))
            shelf.give_cover("back")


@dataclass(frozen=True)
class Saved:
    """An installation with two backups: one taken under writes, one without."""

    source: LedgerFixture
    storage: Storage
    backups: Path
    before: list[int]
    busy: str
    quiet: str
    folder: Path


def one_line(said: str) -> str:
    return said.splitlines()[-1]


@pytest.fixture(scope="module")
def saved() -> Iterator[Saved]:
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        root = Path(folder)
        with Stack(settings_of(root / "source")) as stack:
            admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
            writers = Writers(stack, [CoveredVolume.of(admin) for _ in range(2)])
            source = LedgerFixture(stack.admin_database_url, root / "source")
            with ThreadPoolExecutor(2) as threads:
                running = [threads.submit(writers.work, shelf) for shelf in writers.shelves]
                try:
                    wait_until(lambda: len(writers.answered) >= 4)
                    before = [volume for volume, _ in list(writers.answered)]
                    done = source.command("backup", str(root / "backups"), DATABASE_URL="")
                finally:
                    writers.stopping.set()
                assert done.returncode == 0, done.stderr
                for one in running:
                    one.result()
            assert "starting over" not in done.stdout
            wait_until(lambda: not asked(source.database, "SELECT FROM catalog.files WHERE state <> 'live'"))
            again = source.command("backup", str(root / "backups"), DATABASE_URL="")
            assert again.returncode == 0, again.stderr
            names = sorted(path.parent.name for path in (root / "backups").glob("*/manifest.json"))
            storage = storage_at((root / "source" / "files").as_uri())
            yield Saved(source, storage, root / "backups", before, names[0], names[1], root)


def restored(saved: Saved, which: str, name: str) -> Path:
    state = saved.folder / name
    done = LedgerFixture("", state).command("restore", str(saved.backups), "--which", which)
    assert done.returncode == 0, done.stderr
    return state


def test_what_was_quiet_comes_back_row_by_row_and_byte_by_byte(saved: Saved) -> None:
    state = restored(saved, saved.quiet, "quiet")
    live = everything(saved.storage)
    assert everything(storage_at((state / "files").as_uri())) == live
    assert (state / "secrets").read_bytes() == (saved.source.state / "secrets").read_bytes()
    done = LedgerFixture("", state).command("restore", str(saved.backups))
    assert (done.returncode, "nothing was changed" in one_line(done.stderr)) == (1, True), done.stderr
    wanted, grants = rows_of(saved.source.database), asked(saved.source.database, GRANTS)
    with opened(os.environ | {"STATE_DIR": str(state)}) as place:
        assert rows_of(place.database) == wanted
        assert asked(place.database, GRANTS) == grants


def test_what_was_written_meanwhile_is_whole_and_bunko_starts_with_it(saved: Saved) -> None:
    state = restored(saved, saved.busy, "busy")
    with Stack(settings_of(state)) as stack:
        admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
        for volume in set(saved.before):
            shelf = CoveredVolume(admin, volume)
            picture = admin.ask("GET", f"/files/{shelf.key()}/high.webp")
            assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
        done = LedgerFixture("", state).command("verify")
        assert done.returncode == 0, done.stdout + done.stderr
        # The restored system accepts new pictures.
        CoveredVolume.of(admin).give_cover()


def test_restoring_where_bunko_runs_or_from_nothing_is_a_sentence(saved: Saved, tmp_path: Path) -> None:
    done = saved.source.command("restore", str(saved.backups), DATABASE_URL="")
    assert (done.returncode, "Bunko runs from" in one_line(done.stderr)) == (1, True)
    done = saved.source.command("restore", str(tmp_path / "nothing"), DATABASE_URL="")
    assert (done.returncode, "There is no backup in" in one_line(done.stderr)) == (1, True)


def _database(archive: LedgerFixture) -> Connection:
    url = make_url(archive.database).set(drivername="postgresql+psycopg2")
    return create_engine(url, poolclass=NullPool).connect()


def test_while_a_snapshot_is_held_nothing_is_handed_to_sweepers(archive: LedgerFixture) -> None:
    key = archive.add(key_number(1), state="doomed")
    with closing(_database(archive)) as db:
        with snapshot.held(archive.database), db.begin():
            assert Ledger(files).claim_doomed(db, 10)[0] == []
        with db.begin():
            assert Ledger(files).claim_doomed(db, 10)[0] == [key]


def test_a_backup_goes_elsewhere_and_back_and_shares_pictures(
    archive: LedgerFixture, storage: Storage, url: str, other_url: str, tmp_path: Path, stack: Stack
) -> None:
    first = archive.fill(12, storage)
    root = tmp_path / "backups"
    assert archive.command("backup", str(root), STORAGE_URL=url).returncode == 0
    inode = (root / "pictures" / first[0] / "high.webp").stat().st_ino
    archive.doom(first[1])
    late = archive.add(key_number(100), storage)
    done = archive.command("backup", str(root), "--keep", "1", STORAGE_URL=url)
    assert (done.returncode, "Deleted 1 older." in done.stdout) == (0, True), done.stderr
    live = {first[0], *first[2:], late}
    assert everything(storage_at((root / "pictures").as_uri())) == expected(*live)
    assert (root / "pictures" / first[0] / "high.webp").stat().st_ino == inode

    assert archive.command("backup", str(root), "--check").returncode == 0
    rows = rows_of(archive.database)
    admin = stack.admin_database_url
    done_to(admin, "ALTER DATABASE archive RENAME TO archive_saved")
    try:
        own_database(admin, "archive")
        done = archive.command("restore", str(root), STORAGE_URL=other_url)
        assert done.returncode == 0, done.stderr
        assert rows_of(archive.database) == rows
        assert everything(storage_at(other_url)) == expected(*live)
    finally:
        done_to(admin, "DROP DATABASE IF EXISTS archive WITH (FORCE)")
        done_to(admin, "ALTER DATABASE archive_saved RENAME TO archive")


def test_two_backups_of_one_second_are_two(tmp_path: Path) -> None:
    shelf = Shelves(tmp_path)
    second = datetime(2026, 11, 21, 19, 30, 0, tzinfo=UTC)
    taken = [
        finish(shelf.begin(second.replace(microsecond=moment)), {"number": moment})
        for moment in (1_000, 12_345, 123_456)
    ]
    assert shelf.backups() == taken


def test_damage_is_found_and_nothing_is_restored_from_it(archive: LedgerFixture, tmp_path: Path) -> None:
    url, root = (tmp_path / "storage").as_uri(), tmp_path / "backups"
    keys = archive.fill(3, storage_at(url))
    assert archive.command("backup", str(root), STORAGE_URL=url).returncode == 0
    spoilt = root / "pictures" / keys[0] / "high.webp"
    spoilt.write_bytes(spoilt.read_bytes()[::-1])
    done = archive.command("backup", str(root), "--check")
    assert (done.returncode, f"{keys[0]}/high.webp is damaged" in done.stdout) == (1, True)
    (dump,) = root.glob("*/database.dump")
    dump.write_bytes(dump.read_bytes()[:-1])
    done = archive.command("restore", str(root), STORAGE_URL=(tmp_path / "new").as_uri())
    assert (done.returncode, "database.dump is missing or has changed" in one_line(done.stderr)) == (1, True)
    assert not (tmp_path / "new").exists()


def test_half_a_script_is_restored_as_none(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``pg_restore`` is replaced by a stub that fails after a complete statement, which psql would commit."""
    empty = make_url(stack.admin_database_url).set(database="half").render_as_string(hide_password=False)
    played = tmp_path / "pg_restore"
    played.write_text("#!/bin/sh\necho 'CREATE SCHEMA catalog;'\necho it broke off >&2\nexit 1\n")
    played.chmod(0o755)
    monkeypatch.setattr(
        pg_tools, "_program", lambda name, _: played if name == "pg_restore" else binaries() / name
    )
    done_to(stack.admin_database_url, "CREATE DATABASE half")
    try:
        with pytest.raises(UserError, match="it broke off"):
            pg_tools.restore(empty, 18, tmp_path / "no dump")
        assert asked(empty, "SELECT count(*) FROM pg_namespace WHERE nspname = 'catalog'") == [(0,)]
    finally:
        done_to(stack.admin_database_url, "DROP DATABASE half WITH (FORCE)")


def test_a_lost_picture_is_named_and_the_rest_is_saved(archive: LedgerFixture, tmp_path: Path) -> None:
    url, root = (tmp_path / "storage").as_uri(), tmp_path / "backups"
    keys = archive.fill(3, storage_at(url))
    storage_at(url).delete([keys[0]])
    done = archive.command("backup", str(root), STORAGE_URL=url)
    assert (done.returncode, "1 live pictures are not in the storage" in one_line(done.stderr)) == (1, True)
    (manifest,) = root.glob("*/manifest.json")
    assert json.loads(manifest.read_text())["pictures"]["missing"] == [keys[0]]
    assert everything(storage_at((root / "pictures").as_uri())) == expected(*keys[1:])


def test_a_picture_that_goes_in_spite_of_all_begins_it_anew(
    archive: LedgerFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, root = (tmp_path / "storage").as_uri(), tmp_path / "backups"
    keys = archive.fill(3, storage_at(url))
    said: list[str] = []

    def kept_but_one(key: str, *others: Any) -> list[ListedFile]:
        if len(said) == 1 and key == keys[0]:
            archive.doom(key)
            storage_at(url).delete([key])
        return pictures.kept(key, *others)

    monkeypatch.setattr("deploy.backup.create.kept", kept_but_one)
    place = Installation(archive.state, archive.database, url)
    shelf = Shelves(root)
    (root / "2026-01-01T00-00-00-000Z.unfinished").mkdir(parents=True)
    with shelf.held():
        taken = create(place, archive.state / "secrets", shelf, said.append)
    assert "A picture was deleted during the copy: starting over." in said
    assert taken.manifest["pictures"]["missing"] == []
    assert {key for key, _ in taken.pictures()} == {keys[1], keys[2]}
    assert sorted(path.name for path in root.iterdir()) == [".lock", taken.name, "pictures"]
