"""``make files-audit`` reports differences between storage and ledgers, and changes nothing."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.commands.bunko import run
from deploy.stack.stack import Stack
from deploy.storage.audit import Audit
from deploy.storage.ledgers import reading
from deploy.user_error import UserError
from files.store.storage import Entry, Storage
from files.store.storage_url import storage_at
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import CoveredVolume
from tests.support.ledger_fixture import LEDGERS, LedgerFixture, everything, files_of, key_number
from tests.support.s3 import S3

SIZE = sum(map(len, files_of(key_number(0)).values()))


def audited(archive: LedgerFixture, url: str) -> tuple[int, list[str]]:
    """Run an audit; return its status and output."""
    done = archive.command("files", "audit", STORAGE_URL=url)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_storage_and_ledgers_that_agree_are_fine(archive: LedgerFixture, storage: Storage, url: str) -> None:
    for number, ledger in enumerate(LEDGERS * 2):
        archive.add(key_number(number), storage, ledger=ledger)
    archive.add(key_number(100), state="pending")
    archive.add(key_number(101), storage, state="pending")
    archive.add(key_number(102), state="doomed")
    archive.add(key_number(103), storage, state="doomed", ledger="users")
    storage.add(key_number(0), "original.jpg", b"o")
    assert audited(archive, url) == (
        0,
        [
            f"Storage: {url}",
            "rows in catalog: 2 live, 2 pending, 1 doomed",
            "rows in media: 2 live, 0 pending, 0 doomed",
            "rows in users: 2 live, 0 pending, 1 doomed",
            f"stored: 8 pictures, 17 files, {8 * SIZE + 1:,} bytes",
            "objects without a row: 0 pictures, 0 files, 0 bytes",
            "rows without an object: 0, without all of it: 0",
            "Every object has its row, every row its object.",
        ],
    )


def test_empty_storage_and_empty_ledgers_agree(archive: LedgerFixture, storage: Storage, url: str) -> None:
    assert audited(archive, url)[0] == 0


def test_what_disagrees_is_named_and_left_alone(archive: LedgerFixture, storage: Storage, url: str) -> None:
    archive.add(key_number(1), storage)
    stray, lost, halved = key_number(2), key_number(3), key_number(4)
    storage.put(stray, files_of(stray))
    archive.add(lost, ledger="users")
    archive.add(halved, ledger="media")
    storage.put(halved, {"high.webp": b"h", "original.jpg": b"o"})
    storage.put("lost pictures", {"a b é.webp": b"123"})
    before = everything(storage)
    status, said = audited(archive, url)
    assert status == 1
    assert sorted(said[1:-7]) == sorted(
        [
            "object without a row: lost pictures/a b \\xe9.webp (3 bytes)",
            *(
                f"object without a row: {stray}/{name} ({len(content):,} bytes)"
                for name, content in files_of(stray).items()
            ),
            f"row without an object: {lost} (users)",
            f"row without all of its object: {halved} (media) lacks scaled.webp",
        ]
    )
    assert said[-4:] == [
        f"stored: 3 pictures, 7 files, {2 * SIZE + 5:,} bytes",
        f"objects without a row: 1 pictures, 3 files, {SIZE + 3:,} bytes",
        "rows without an object: 1, without all of it: 1",
        "Something is wrong; nothing was changed.",
    ]
    assert everything(storage) == before


@pytest.mark.parametrize(
    "wrong", ["an object without a row", "a row without an object", "a row with half an object", "a stranger"]
)
def test_one_thing_that_is_wrong_is_enough(
    archive: LedgerFixture, storage: Storage, url: str, wrong: str
) -> None:
    key = key_number(1)
    if wrong == "an object without a row":
        storage.put(key, files_of(key))
    elif wrong == "a row without an object":
        archive.add(key)
    elif wrong == "a row with half an object":
        archive.add(key)
        storage.put(key, {"scaled.webp": b"s"})
    else:
        storage.put("stranger", {"file": b""})
    with reading(archive.database) as ledgers:
        found = Audit(storage, ledgers, say=lambda _: None)
        found.run()
    assert found.wrong


def test_what_a_killed_upload_left_in_a_folder_is_its_rows_while_it_has_one(
    archive: LedgerFixture, tmp_path: Path
) -> None:
    storage = storage_at((tmp_path / "storage").as_uri())
    key = archive.add(key_number(1), state="pending")
    (tmp_path / "storage" / f"{key}.tmp").mkdir()
    (tmp_path / "storage" / f"{key}.tmp" / "high.webp").write_bytes(b"half")
    (tmp_path / "storage" / "lost+found").mkdir()
    (tmp_path / "storage" / "lost+found" / "#123").write_bytes(b"the disk's")
    assert findings(archive, storage) == []
    archive.forget(key)
    assert findings(archive, storage) == [f"object without a row: {key}.tmp/high.webp (4 bytes)"]


def findings(archive: LedgerFixture, storage: Storage) -> list[str]:
    said: list[str] = []
    with reading(archive.database) as ledgers:
        Audit(storage, ledgers, said.append).run()
    return said


class Meanwhile:
    """A storage with an event during its listing: before it, while it is read, or at its end."""

    def __init__(self, storage: Storage, what: Callable[[], object], when: str) -> None:
        self._storage = storage
        self._what, self._when = what, when

    def listing(self) -> Iterator[Entry]:
        self._perhaps("first")
        found = list(self._storage.listing())
        self._perhaps("meanwhile")
        yield from found
        self._perhaps("last")

    def _perhaps(self, when: str) -> None:
        if when == self._when:
            self._what()

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)


@pytest.mark.parametrize("when", ["first", "meanwhile", "last"])
@pytest.mark.parametrize("what", ["comes", "is swept", "is replaced", "is deleted, not swept yet"])
def test_what_happens_meanwhile_is_no_finding(
    archive: LedgerFixture, storage: Storage, what: str, when: str
) -> None:
    live = archive.fill(3, storage)
    doomed = archive.add(key_number(50), storage, state="doomed")

    def comes() -> None:
        archive.add(key_number(60), storage, age="0 seconds")

    def is_swept() -> None:
        storage.delete([doomed])
        archive.forget(doomed)

    def is_replaced() -> None:
        comes()
        archive.doom(live[0])
        storage.delete([live[0]])
        archive.forget(live[0])

    def is_deleted() -> None:
        archive.doom(live[0])

    happens = {
        "comes": comes,
        "is swept": is_swept,
        "is replaced": is_replaced,
        "is deleted, not swept yet": is_deleted,
    }[what]
    assert findings(archive, Meanwhile(storage, happens, when)) == []  # type: ignore[arg-type]  # it has the rest


def test_a_system_at_work_is_never_accused(on_s3: Stack, s3: S3, bucket: str) -> None:
    """Uploads, replacements, deletions and sweeps go on while audits run."""
    s3.door.pass_on()
    admin = Client(on_s3.address).sign_in("admin", ADMIN_PASSWORD)
    done = threading.Event()
    made: list[str] = []

    def work() -> None:
        while not done.is_set():
            shelf = CoveredVolume.of(admin)
            made.extend([shelf.give_cover(), shelf.give_cover(), shelf.give_cover("back")])
            shelf.delete()

    worker = threading.Thread(target=work)
    worker.start()
    said: list[str] = []
    try:
        with reading(on_s3.admin_database_url) as ledgers:
            while len(made) < 12:
                Audit(storage_at(bucket), ledgers, said.append).run()
    finally:
        done.set()
        worker.join()
    assert said == []


def test_more_than_a_batch_and_a_page_is_compared(
    archive: LedgerFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rows read a few at a time."""
    monkeypatch.setattr("deploy.storage.ledgers.BATCH", 7)
    storage = storage_at((tmp_path / "storage").as_uri())
    archive.fill(50, storage)
    lost = {archive.add(key_number(number), ledger="users") for number in range(100, 130)}
    strays = {key_number(number) for number in range(200, 230)}
    for key in strays:
        storage.put(key, {"high.webp": b"h"})
    assert sorted(findings(archive, storage)) == sorted(
        [f"row without an object: {key} (users)" for key in lost]
        + [f"object without a row: {key}/high.webp (1 bytes)" for key in strays]
    )


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"STORAGE_URL": "file:///no/such/folder"}, "STORAGE_URL names a folder that does not exist"),
        ({"STORAGE_URL": "s3://?"}, "STORAGE_URL must name a bucket"),
        ({"DATABASE_URL": ""}, "There is no Bunko in "),
    ],
)
def test_what_cannot_be_audited_is_a_sentence(
    archive: LedgerFixture, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    for name, value in archive.environment(**settings).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as problem:
        run(["files", "audit"])
    assert str(problem.value).startswith(says)
