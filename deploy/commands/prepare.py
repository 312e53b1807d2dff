"""``bunko prepare``: prepare the database of a composition or a cluster before its programs start.

It creates or updates roles and their passwords, schemas and the first administrator. It is safe to run at each start,
and in several containers at once.
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
    """Prepare the database of a composition or a cluster.

    Run by the composition before its programs start. It creates or updates roles and their passwords, schemas and the
    first administrator, and is safe to run again. SETTINGS_FILE names a file with the owner's DATABASE_URL, KEYS_FILE
    the file of all keys.

    \b
    Example:
      docker compose -f deploy/manifests/compose.yaml run --rm prepare prepare
    """
    with tempfile.TemporaryDirectory() as folder:
        given = read_file(Path(text("SETTINGS_FILE"))) | os.environ | {"STATE_DIR": folder}
        chosen = configuration.read(given)
        addresses = database.arrange(chosen, keys.load(Path(text("KEYS_FILE"))))
        of_users = {"DATABASE_URL": addresses.of_program["users"], "PYTHONPATH": os.environ["PYTHONPATH"]}
        (Path(folder) / "run").mkdir()
        administrator = AdminBootstrap(chosen, of_users).result()
    print("The database has the newest schema.")
    if administrator.created:
        print(f"{administrator.username} is the first administrator.")
