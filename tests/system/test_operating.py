"""Runs every ``sh`` block of docs/operating.md in order, on an installation of ``make up``."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg2
import pytest

from deploy.installation.configuration import ROOT
from deploy.postgresql.cluster import SYSTEM_USER
from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covered_volumes import CoveredVolume, settings_of
from tests.support.terminal import END_OF_START, Terminal, environment
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

GUIDE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
WELL, ACCOUNTS, BACKUPS, RESTORING, LOGGING, RECOVERING, KEYS = BLOCKS


def paste(block: str, folder: Path, settings: Mapping[str, str]) -> str:
    """Run a block to its end, end the processes that it leaves, and return its output."""
    shell = subprocess.Popen(
        ["bash", "-euc", block.replace("/srv/", f"{folder}/")],
        cwd=ROOT,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said, _ = shell.communicate(timeout=120)
    assert shell.returncode == 0, said
    return said


def given_to_postgresql(*folders: Path) -> None:
    """The guide assumes one user throughout; under root, PostgreSQL runs as another."""
    for folder in folders if os.geteuid() == 0 else ():
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, SYSTEM_USER)


def test_the_guide_works_as_printed() -> None:
    with tempfile.TemporaryDirectory(prefix="bunko-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        state = folder / "state"
        settings = environment(state, ADMIN_PASSWORD=ADMIN_PASSWORD)
        with Terminal(state, ADMIN_PASSWORD=ADMIN_PASSWORD) as terminal:
            terminal.until(END_OF_START)
            address = terminal.note()["gateway"]
            assert "All is well." in paste(WELL, folder, settings)
            said = paste(ACCOUNTS, folder, settings)
            Client(address).sign_in("mika", re.findall(r"The password is (\S+)", said)[-1])
            shelf = CoveredVolume.of(Client(address).sign_in("admin", ADMIN_PASSWORD))
            key = shelf.give_cover()
            assert "is what it was: the database, 1 pictures." in paste(BACKUPS, folder, settings)
            assert "Restored" in paste(RESTORING, folder, settings)
            assert (folder / "restored" / "files" / key / "high.webp").is_file()
            assert "New keys sign from now on." in paste(KEYS, folder, settings)
            assert terminal.press_ctrl_c() in (0, -signal.SIGINT, 2)


def test_a_database_goes_back_to_a_moment_as_printed() -> None:
    with tempfile.TemporaryDirectory(prefix="bunko-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        logs, base, new = folder / "logs", folder / "base", folder / "new"
        logs.mkdir()
        own = {"LOGS": str(logs), "BASE": str(base), "NEW": str(new)}
        settings = environment(folder / "state", **own)
        with Stack(settings_of(folder / "state")) as stack:
            catalogue = Catalogue(Client(stack.address).sign_in("admin", ADMIN_PASSWORD))
            before = catalogue.series()
            log = subprocess.Popen(
                ["bash", "-euc", f"{LOGGING}\necho based\nwait"],
                cwd=ROOT,
                env=settings,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            try:
                assert log.stdout is not None
                said = []
                for line in log.stdout:
                    said.append(line)
                    if line == "based\n":
                        break
                assert said[-1:] == ["based\n"], said
                kept = catalogue.series()
                with psycopg2.connect(stack.admin_database_url) as connection, connection.cursor() as cursor:
                    connection.autocommit = True
                    cursor.execute("SELECT clock_timestamp()::text")
                    ((moment,),) = cursor.fetchall()
                    lost = catalogue.series()
                    cursor.execute("SELECT pg_current_wal_flush_lsn()")
                    ((end,),) = cursor.fetchall()

                    def fetched() -> bool:
                        cursor.execute("SELECT FROM pg_stat_replication WHERE flush_lsn >= %s", [end])
                        return cursor.fetchone() is not None

                    wait_until(fetched)
                connection.close()
            finally:
                os.killpg(log.pid, signal.SIGTERM)
                log.wait(30)
        given_to_postgresql(base, logs)
        paste(RECOVERING, folder, settings | {"MOMENT": moment})
        given_to_postgresql(new / "postgres")
        pictures = (folder / "state" / "files").as_uri()
        with Stack(settings_of(new) | {"STORAGE_URL": pictures}) as stack:
            admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
            pages = [f"/admin-series/id/{series}" for series in (before, kept, lost)]
            statuses = [admin.ask("GET", page).status_code for page in pages]
            assert statuses == [200, 200, 404]
