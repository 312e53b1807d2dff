"""Each container gets its own secrets and no others."""

import json
import stat
from pathlib import Path

import pytest

from deploy.commands import secrets
from shared.settings import read_file

PROGRAMS = ("gateway", "catalog-service", "media-service", "user-service", "file-service")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    secrets.write(tmp_path)
    return tmp_path


def test_each_program_is_told_what_it_alone_may_know(folder: Path) -> None:
    told = {program: read_file(folder / f"{program}.env") for program in PROGRAMS}
    assert {program for program, own in told.items() if "SESSION_KEY" in own} == {"gateway", "user-service"}
    assert {program for program, own in told.items() if "DATABASE_URL" not in own} == {"file-service"}
    assert told["catalog-service"]["DATABASE_URL"].startswith("postgresql://bunko_catalog:")
    assert json.loads(told["media-service"]["TOKEN_KEYS"]).keys() == {"gateway", "files"}
    assert json.loads(told["gateway"]["CALL_KEYS"]).keys() == {"catalog", "media", "users", "files"}
    assert "ADMIN_PASSWORD" not in "".join(str(own) for own in told.values())


def test_writing_them_again_changes_nothing(folder: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    secrets.write(folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_another_database_may_be_named(tmp_path: Path) -> None:
    secrets.write(tmp_path, "postgresql://owner:word@db.example.org:6432/manga")
    url = read_file(tmp_path / "user-service.env")["DATABASE_URL"]
    assert url.startswith("postgresql://manga_users:")
    assert url.endswith("@db.example.org:6432/manga")


def test_containers_may_read_them(folder: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
