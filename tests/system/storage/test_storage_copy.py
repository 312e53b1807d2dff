"""``make storage-copy`` copies and verifies every live object, and leaves no other."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.commands.bunko import run
from deploy.installation.configuration import ROOT
from deploy.user_error import UserError
from files.store.storage import Storage
from files.store.storage_url import storage_at
from tests.support.ledger_fixture import LEDGERS, LedgerFixture, everything, expected, files_of, key_number
from tests.support.s3 import S3
from tests.support.waiting import wait_until


def moved(archive: LedgerFixture, source: str, target: str, **settings: str) -> str:
    """Run a copy that must succeed; return its output."""
    done = archive.command("files", "copy", FROM=source, TO=target, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(archive: LedgerFixture, **settings: str) -> str:
    """Run a copy that must fail; return its error message."""
    done = archive.command("files", "copy", **settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def since_in(said: str) -> str:
    """The SINCE of the line that a copy ends with."""
    found = re.search(r"^  make storage-copy FROM=\S+ TO=\S+ SINCE=(\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


def test_what_is_live_is_copied_and_only_that(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    live = [
        archive.add(key_number(number), storage, ledger=ledger) for number, ledger in enumerate(LEDGERS * 3)
    ]
    archive.add(key_number(100), storage, state="pending")
    archive.add(key_number(101), storage, state="doomed")
    storage.put(key_number(102), files_of(key_number(102)))
    before = everything(storage)
    said = moved(archive, url, other_url)
    assert everything(other) == expected(*live)
    assert everything(storage) == before
    assert said.startswith("Copied and verified 18 files, ")


def test_all_names_of_a_key_are_copied(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    key = archive.add(key_number(1), storage)
    storage.add(key, "original.jpg", b"o" * 100_000)
    storage.add(key, "high.avif", b"")
    moved(archive, url, other_url)
    assert everything(other) == everything(storage)


def test_what_is_there_with_the_right_hash_is_skipped_and_the_rest_mended(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    live = archive.fill(5, storage)
    moved(archive, url, other_url)
    assert moved(archive, url, other_url).startswith("Copied and verified 0 files, 0 bytes")
    size = len(files_of(live[0])["high.webp"])
    other.add(live[0], "high.webp", b"x" * size)
    other.add(live[1], "scaled.webp", b"short")
    other.delete([live[2]])
    other.put(live[2], {"high.webp": files_of(live[2])["high.webp"]})
    other.delete([live[3]])
    assert moved(archive, url, other_url).startswith("Copied and verified 5 files")
    assert everything(other) == expected(*live)


@pytest.mark.slow
def test_a_copy_that_is_killed_goes_on_where_it_was(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    live = archive.fill(60, storage)
    environment = archive.environment(FROM=url, TO=other_url)
    with subprocess.Popen(
        [sys.executable, "-m", "deploy", "files", "copy"], cwd=ROOT, env=environment
    ) as copying:
        wait_until(lambda: len(list(other.listing())) > 10)
        copying.kill()
    finished = sum(len(other.names(key)) == 2 for key in live)
    assert 0 < finished < len(live)
    copied = re.match(r"Copied and verified (\d+) files", moved(archive, url, other_url))
    assert copied
    assert int(copied[1]) <= 2 * (len(live) - finished)
    assert everything(other) == expected(*live)


def test_half_a_picture_of_a_killed_copy_is_no_obstacle(
    archive: LedgerFixture, storage: Storage, url: str, tmp_path: Path
) -> None:
    key = archive.add(key_number(1), storage)
    target = tmp_path / "target"
    (target / f"{key}.tmp").mkdir(parents=True)
    (target / f"{key}.tmp" / "high.webp").write_bytes(b"half")
    moved(archive, url, target.as_uri())
    assert {path.name for path in target.iterdir()} == {key}
    assert (target / key / "high.webp").read_bytes() == files_of(key)["high.webp"]


def test_what_goes_meanwhile_is_taken_back_and_nothing_else_is(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    doomed, forgotten, kept = (archive.add(key_number(number), storage) for number in range(3))
    stranger = key_number(100)
    other.put(stranger, files_of(stranger))
    since = since_in(moved(archive, url, other_url))
    assert everything(other) == expected(doomed, forgotten, kept, stranger)
    archive.doom(doomed)
    archive.forget(forgotten)
    said = moved(archive, url, other_url, SINCE=since)
    assert "Removed 2 pictures again" in said
    assert everything(other) == expected(kept, stranger)
    assert everything(storage) == expected(doomed, forgotten, kept)


def test_since_looks_at_what_came_later_only(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    archive.add(key_number(1), storage, age="1 day")
    late = archive.add(key_number(2), storage, age="5 minutes")
    moved(archive, url, other_url, SINCE="2000-01-01T00:00:00Z")
    other.delete([key_number(1), late])
    archive.run("UPDATE catalog.files SET since = '2020-01-01Z' WHERE key = %s", key_number(1))
    moved(archive, url, other_url, SINCE="2020-01-02T00:00:00+00:00")
    assert everything(other) == expected(late)


def test_a_picture_that_only_the_new_storage_has_is_none_of_its_business(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    """As after a change of the storage."""
    old, new = archive.add(key_number(1), storage), archive.add(key_number(2), other)
    moved(archive, url, other_url)
    assert everything(other) == expected(old, new)
    assert everything(storage) == expected(old)


def test_a_live_picture_that_is_nowhere_is_named(
    archive: LedgerFixture, storage: Storage, url: str, other: Storage, other_url: str
) -> None:
    there, lost = archive.add(key_number(1), storage), archive.add(key_number(2))
    assert refused(archive, FROM=url, TO=other_url).startswith(
        f"1 live pictures are in neither storage ({lost})"
    )
    assert everything(other) == expected(there)


class During:
    """Runs an action once, at the first request to the store behind a proxy."""

    def __init__(self, s3: S3, method: str, do: Callable[[], object]) -> None:
        self._patched = pytest.MonkeyPatch()
        real, left = s3.door._ask, [do]

        def ask(asked: str, *rest: object) -> object:
            if asked == method and left:
                left.pop()()
            return real(asked, *rest)  # type: ignore[arg-type]  # as they came

        self._patched.setattr(s3.door, "_ask", ask)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._patched.undo()


@pytest.fixture
def bucket_url(s3: S3) -> str:
    s3.door.pass_on()
    return s3.url()


@pytest.fixture
def folder_url(tmp_path: Path) -> str:
    return (tmp_path / "folder").as_uri()


def test_pictures_that_come_and_go_during_the_copy_are_seen_to(
    archive: LedgerFixture, s3: S3, folder_url: str, bucket_url: str
) -> None:
    """Keys are copied in order: one that sorts first appears after its position has been passed."""
    folder, bucket = storage_at(folder_url), storage_at(bucket_url)
    live = [archive.add(f"f{number:031x}", folder) for number in range(20)]
    new, old = f"0{1:031x}", f"1{1:031x}"
    archive.add(old, folder)

    def replace() -> None:
        archive.doom(old)
        archive.add(new, folder, age="0 seconds")

    with During(s3, "PUT", replace):
        said = moved(archive, folder_url, bucket_url)
    assert everything(bucket) == expected(*live, new)
    assert "Removed 1 pictures again" in said


def test_a_store_that_keeps_something_else_is_found_out(
    archive: LedgerFixture, s3: S3, folder_url: str, bucket_url: str
) -> None:
    key = archive.add(key_number(1), storage_at(folder_url))

    def damage() -> None:
        s3.write(bucket_url, f"pictures/{key}/high.webp", b"x" * len(files_of(key)["high.webp"]))

    with During(s3, "GET", lambda: None):  # The listing of existing objects.
        real = s3.door._ask

        def ask(method: str, target: str, *rest: object) -> object:
            if method == "GET" and target.endswith("/high.webp"):
                damage()
            return real(method, target, *rest)  # type: ignore[arg-type]  # as they came

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(s3.door, "_ask", ask)
            said = refused(archive, FROM=folder_url, TO=bucket_url)
    assert said.startswith(f"{key}/high.webp differs between FROM and TO")


@pytest.mark.slow
def test_a_store_that_goes_away_ends_the_copy_in_a_sentence(
    archive: LedgerFixture, s3: S3, folder_url: str, bucket_url: str
) -> None:
    live = archive.fill(30, storage_at(folder_url))

    def close() -> None:
        s3.door.open = False

    with During(s3, "PUT", close):
        assert refused(archive, FROM=folder_url, TO=bucket_url).startswith("The copy stopped (")
    s3.door.pass_on()
    moved(archive, folder_url, bucket_url)
    assert everything(storage_at(bucket_url)) == expected(*live)


def test_what_cannot_be_copied_is_a_sentence(
    archive: LedgerFixture, s3: S3, folder_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage_at(folder_url)
    for settings, says in (
        ({}, "Say from where to where"),
        ({"FROM": folder_url}, "Say from where to where"),
        ({"FROM": folder_url, "TO": folder_url}, "FROM and TO are the same storage: "),
        (
            {"FROM": "pictures", "TO": folder_url},
            "FROM must be file:///an/absolute/path or s3://bucket/prefix",
        ),
        ({"FROM": (tmp_path / "no").as_uri(), "TO": folder_url}, "FROM names a folder that does not exist"),
        ({"FROM": folder_url, "TO": "file:///dev/null/x"}, "TO names a folder that cannot be made"),
        (
            {"FROM": folder_url, "TO": f"s3://no-such-bucket?endpoint={s3.address}"},
            "TO names storage that cannot be used (there is no bucket no-such-bucket",
        ),
        (
            {"FROM": folder_url, "TO": s3.url(), "SINCE": "yesterday"},
            "SINCE is 'yesterday': it must be a time",
        ),
        (
            {"FROM": folder_url, "TO": s3.url(), "SINCE": "2026-11-21"},
            "SINCE is '2026-11-21': it must be a time",
        ),
        ({"FROM": folder_url, "TO": s3.url(), "DATABASE_URL": ""}, "There is no Bunko in "),
        (
            {"FROM": folder_url, "TO": s3.url(), "DATABASE_URL": "postgresql://u@127.0.0.1:1/x"},
            "Cannot read the database",
        ),
    ):
        for name, value in archive.environment(**({"SINCE": ""} | settings)).items():
            monkeypatch.setenv(name, value)
        for name in {"FROM", "TO"} - set(settings):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(UserError) as problem:
            run(["files", "copy"])
        assert str(problem.value).startswith(says), settings
    assert not (tmp_path / "no").exists()
