"""The steps of docs/operating.md on a composition: doctor, passwords, backup, and restore into an empty one."""

import os
import re
from pathlib import Path

import pytest

from tests.containers.composition import Composition, composition
from tests.containers.traffic import PICTURE, is_ready
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.waiting import wait_until

USER = 10001
"""The user id of programs in containers."""


@pytest.fixture
def backups(tmp_path: Path) -> str:
    folder = tmp_path / "backups"
    folder.mkdir()
    os.chown(folder, USER, USER)
    return str(folder)


def operate(running: Composition, *words: str) -> str:
    return running.compose("run", "--rm", "bunko", *words)


def cover(client: Client, volume: int) -> bytes:
    return client.ask("GET", f"/volumes/cover/{volume}/front/high").content


def test_a_backup_comes_back_into_an_empty_composition(backups: str) -> None:
    with composition(BACKUPS=backups) as first:
        wait_until(lambda: is_ready(first.client()))
        catalogue = Catalogue(first.administrator())
        volume = catalogue.volume(catalogue.group(catalogue.series()))
        catalogue.admin.post(f"/admin-volumes/update-image/{volume}/front", image=PICTURE)
        saved = catalogue.get_volume(volume), cover(first.client(), volume)
        operate(first, "doctor")
        operate(first, "verify")
        operate(first, "backup", "/srv/backups", "--keep", "14")
        operate(first, "backup", "/srv/backups", "--check")
        (password,) = re.findall(r"The password is (\S+)", operate(first, "user", "reset-password", "admin"))
        first.client().sign_in("admin", password)
        old = (first.secrets / "administrator-password").read_text().strip()
    with composition(started=False, BACKUPS=backups) as second:
        second.compose("up", "--detach", "database")
        operate(second, "restore", "/srv/backups")
        second.compose("up", "--detach")
        wait_until(lambda: is_ready(second.client()))
        admin = second.client().sign_in("admin", old)
        shown = admin.get(f"/admin-volumes/id/{volume}"), cover(second.client(), volume)
        assert shown == saved
