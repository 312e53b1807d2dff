"""Two processes prepare one new database at the same time, as two nodes of a cluster may."""

import os
import secrets
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD


def test_two_that_prepare_a_database_at_once_migrate_it_once(stack: Stack, tmp_path: Path) -> None:
    owner, name = stack.admin_database_url, f"trial_{secrets.token_hex(4)}"
    with closing(psycopg2.connect(owner)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
    parts = urlsplit(owner)
    url = parts._replace(path=f"/{name}").geturl()
    told = tmp_path / "operator.env"
    told.write_text(f"DATABASE_URL={url}\nADMIN_PASSWORD={ADMIN_PASSWORD}\n")
    keys = stack.configuration.state / "secrets"
    environment = os.environ | {"SETTINGS_FILE": str(told), "KEYS_FILE": str(keys)}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "deploy", "prepare"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=120)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert sum("is the first administrator" in text for text in said) == 1, said
