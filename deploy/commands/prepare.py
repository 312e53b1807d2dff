"""Brings a composition's or a cluster's database up to date before its programs start, and ends.

Roles and their passwords, schemas, the first administrator: safe to run at each start, and by several at once.
``SETTINGS_FILE`` gives the owner's ``DATABASE_URL``, ``KEYS_FILE`` all keys.
"""

import os
import tempfile
from pathlib import Path

import click

from deploy.installation import configuration, keys
from deploy.postgresql import database
from deploy.stack.admin_bootstrap import AdminBootstrap
from shared.settings import read_file, text


@click.command()
def prepare() -> None:
    """Bring a composition's or a cluster's database up to date.

    Run by the composition before its programs start: roles and their passwords, schemas, the first administrator. Safe
    to run again. SETTINGS_FILE gives the owner's DATABASE_URL, KEYS_FILE all keys.

    \b
    Example:
      docker compose -f deploy/manifests/compose.yaml run --rm prepare prepare
    """
    with tempfile.TemporaryDirectory() as folder:
        told = read_file(Path(text("SETTINGS_FILE"))) | os.environ | {"STATE_DIR": folder}
        chosen = configuration.read(told)
        addresses = database.arrange(chosen, keys.load(Path(text("KEYS_FILE"))))
        of_users = {"DATABASE_URL": addresses.of_program["users"], "PYTHONPATH": os.environ["PYTHONPATH"]}
        (Path(folder) / "run").mkdir()
        administrator = AdminBootstrap(chosen, of_users).result()
    print("The database has the newest schema.")
    if administrator.created:
        print(f"{administrator.username} is the first administrator.")
