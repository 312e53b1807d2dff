"""Storage in a folder: objects are atomic, and durable before they are acknowledged.

Tests for storage of each kind are in ``storage/test_both_storages.py``.
"""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from files.store.folder import Folder
from tests.load.faults.calls import KILL, inject, needs_strace, small_disk, traced

KEY, OTHER = "a" * 32, "b" * 32
PICTURES = {"high.webp": b"h" * 50_000, "scaled.webp": b"s" * 9_000}

PUT = """
import sys
from pathlib import Path
from files.store.folder import Folder
Folder(Path(sys.argv[1])).put(sys.argv[2], {"high.webp": b"h" * 50_000, "scaled.webp": b"s" * 9_000})
print("stored")
"""
DELETE = """
import sys
from pathlib import Path
from files.store.folder import Folder
print("deleted", *Folder(Path(sys.argv[1])).delete([sys.argv[2]]))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def folder(root: Path) -> Folder:
    return Folder(root)


def content(folder: Folder, key: str, name: str) -> bytes | None:
    picture = folder.open(key, name)
    if picture is None:
        return None
    with picture:
        return picture.read()


def is_whole(folder: Folder, key: str) -> bool:
    return {name: content(folder, key, name) for name in PICTURES} == PICTURES


def test_leftovers_of_an_upload_go_with_its_key(folder: Folder, root: Path) -> None:
    leftover = root / f"{KEY}.tmp"
    leftover.mkdir()
    (leftover / "high.webp").write_bytes(b"half")
    assert folder.delete([KEY]) == [KEY]
    assert not list(root.iterdir())


def test_what_cannot_be_deleted_is_not_reported_deleted(folder: Folder, root: Path) -> None:
    (root / KEY).write_text("a file where a folder belongs")
    folder.put(OTHER, PICTURES)
    assert folder.delete([KEY, OTHER]) == [OTHER]


def test_storage_that_is_away_is_noticed(folder: Folder, root: Path) -> None:
    folder.check()
    assert not list(root.iterdir())
    root.rmdir()
    with pytest.raises(OSError, match="storage"):
        folder.check()


def run(script: str, root: Path, *strace: str) -> subprocess.CompletedProcess[str]:
    return traced([sys.executable, "-c", script, str(root), KEY], *strace)


@needs_strace
def test_everything_is_on_the_disk_before_and_after_the_rename(root: Path, tmp_path: Path) -> None:
    """Tested by the order of the calls: after a crash of the process, the kernel keeps all written data."""
    log = tmp_path / "calls"
    calls = "mkdir,write,fsync,rename,renameat,renameat2"
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-qq",
            "-e",
            f"trace={calls}",
            "-o",
            str(log),
            sys.executable,
            "-c",
            PUT,
            str(root),
            KEY,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "stored\n"
    here, steps = str(root), []
    for line in log.read_text().splitlines():
        call = re.sub(r"^\d+ +", "", line)
        if here in call or "stored" in call:
            steps.append(_step(call.replace(here, "ROOT")))
    assert [step for step in steps if step != f"write ROOT/{KEY}.tmp/high.webp"][1:] == [
        f"mkdir ROOT/{KEY}.tmp",
        f"fsync ROOT/{KEY}.tmp/high.webp",
        f"write ROOT/{KEY}.tmp/scaled.webp",
        f"fsync ROOT/{KEY}.tmp/scaled.webp",
        f"fsync ROOT/{KEY}.tmp",
        f"rename ROOT/{KEY}",
        "fsync ROOT",
        "write stored",
    ]


def _step(call: str) -> str:
    """Return a call and its path; of a rename, the new one."""
    name, _, rest = call.partition("(")
    if "stored" in rest:
        return "write stored"
    paths = re.findall(r"ROOT[^\">]*", rest)
    return f"{name} {paths[-1] if name.startswith('rename') else paths[0]}"


FAULTS = [
    ("mkdir", 2),
    ("write", 1),
    ("write", 2),
    *(("fsync", when) for when in (1, 2, 3, 4)),
    ("rename", 1),
]
"""Every step of a put; the first mkdir is the root's own."""


@needs_strace
@pytest.mark.parametrize(("call", "when"), FAULTS)
@pytest.mark.parametrize("what", ["error=ENOSPC", "error=EIO", KILL])
def test_a_put_that_fails_at_any_step_leaves_nothing_that_its_key_does_not_take_along(
    root: Path, call: str, when: int, what: str
) -> None:
    done = run(PUT, root, *inject(call, what, when=when))
    assert done.stdout == ""
    assert done.returncode != 0
    if what != KILL:
        assert f"[Errno {getattr(errno, what.partition('=')[2])}]" in done.stderr
    folder = Folder(root)
    assert is_whole(folder, KEY) or content(folder, KEY, "high.webp") is None
    assert folder.delete([KEY]) == [KEY]
    assert not list(root.iterdir())


@needs_strace
def test_a_failed_fsync_is_not_tried_again(root: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    options = [*inject("fsync", "error=EIO", when=1), "-o", str(log)]
    subprocess.run(
        ["strace", "-f", "-qq", *options, sys.executable, "-c", PUT, str(root), KEY],
        capture_output=True,
        check=False,
    )
    assert log.read_text().count("fsync(") == 1


@needs_strace
@pytest.mark.parametrize(("call", "when"), [("unlinkat", 1), ("unlinkat", 2), ("rmdir", 1), ("fsync", 1)])
@pytest.mark.parametrize("what", ["error=EIO", KILL])
def test_a_deletion_that_fails_is_not_reported_and_can_be_done_again(
    root: Path, call: str, when: int, what: str
) -> None:
    folder = Folder(root)
    folder.put(KEY, PICTURES)
    done = run(DELETE, root, *inject(call, what, when=when))
    assert KEY not in done.stdout
    assert folder.delete([KEY]) == [KEY]
    assert not list(root.iterdir())


def test_a_full_disk_refuses_a_put_and_keeps_the_rest(tmp_path: Path) -> None:
    with small_disk(tmp_path / "full", "128k") as disk:
        folder = Folder(disk)
        folder.put(KEY, PICTURES)
        with pytest.raises(OSError, match="No space left") as refused:
            folder.put(OTHER, {"high.webp": os.urandom(200_000)})
        assert refused.value.errno == errno.ENOSPC
        assert [entry.name for entry in disk.iterdir()] == [KEY]
        assert is_whole(folder, KEY)
        folder.put(OTHER, {"high.webp": b"small"})
