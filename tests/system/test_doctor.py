"""``bunko doctor`` finds faults, names remedies, and ends with a matching status."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from deploy.backup import snapshot
from deploy.commands.bunko import run
from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from shared.web.schema_revision import newest

NEWEST = newest(ROOT / "catalog-service" / "migrations" / "versions")


@pytest.fixture(autouse=True)
def _of_the_stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "STORAGE_URL", "KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STATE_DIR", str(stack.configuration.state))
    # The disk of the test machine may be full; that check is tested below.
    monkeypatch.setattr("deploy.doctor.machine._LEAST_FREE", 0)
    monkeypatch.setattr("deploy.doctor.machine._LEAST_SHARE", 0.0)


def changed(stack: Stack, statement: str) -> None:
    with (
        closing(psycopg2.connect(stack.admin_database_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def told(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = run(["doctor"])
    return status, capsys.readouterr().out


def test_a_healthy_system_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = told(capsys)
    assert (status, said.splitlines()[-1]) == (0, "All is well."), said


@pytest.mark.parametrize(
    ("statement", "back", "says"),
    [
        (
            "UPDATE catalog.alembic_version SET version_num = 'catalog_0001'",
            f"UPDATE catalog.alembic_version SET version_num = '{NEWEST}'",
            "the schema catalog is at catalog_0001",
        ),
        (
            "REVOKE USAGE ON SCHEMA media FROM bunko_media",
            "GRANT USAGE ON SCHEMA media TO bunko_media",
            "the role of media may not use the schema media",
        ),
        (
            "ALTER ROLE bunko_media NOLOGIN",
            "ALTER ROLE bunko_media LOGIN",
            "media cannot sign in to the database",
        ),
    ],
    ids=["schema", "grants", "roles"],
)
def test_what_is_wrong_with_a_database_is_found(
    stack: Stack, capsys: pytest.CaptureFixture[str], statement: str, back: str, says: str
) -> None:
    changed(stack, statement)
    try:
        status, said = told(capsys)
    finally:
        changed(stack, back)
    assert (status, f"WRONG  database: {says}" in said) == (1, True), said


def test_pictures_that_no_sweeper_takes_are_found(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    with snapshot.held(stack.admin_database_url):
        changed(
            stack,
            "INSERT INTO media.files (key, state, since)"
            " VALUES (repeat('e', 32), 'doomed', now() - interval '3 hours')",
        )
        status, said = told(capsys)
    assert (status, "1 deleted or abandoned pictures of media" in said) == (1, True), said


def test_open_secrets_full_disks_and_programs_that_are_down_are_found(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = stack.configuration.state / "secrets"
    secrets.chmod(0o644)
    monkeypatch.setattr("deploy.doctor.machine._LEAST_SHARE", 2.0)
    stack.stop_program("media")
    try:
        status, said = told(capsys)
    finally:
        stack.start_program("media")
        secrets.chmod(0o600)
    assert status == 1
    for says in (f"{secrets} can be read by others", "GB left of", "media is down"):
        assert says in said


def test_an_empty_place_and_nonsense_are_findings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("STORAGE_URL", "s3://?")
    status, said = told(capsys)
    assert status == 1
    for says in ("nothing runs from", "the database does not answer", "STORAGE_URL must name a bucket"):
        assert says in said
    assert not (tmp_path / "none").exists()
