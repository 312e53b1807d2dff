"""Bringing a backup back into an installation that holds nothing."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from sqlalchemy import make_url

from deploy.backup import clients
from deploy.backup.contents import contents, differences
from deploy.backup.pictures import each, put_back
from deploy.backup.shelf import DUMP, SECRETS, Backup, Shelf
from deploy.installation import configuration, keys, place, state
from deploy.installation.configuration import ROOT, Configuration
from deploy.installation.keys import write_private
from deploy.postgresql import bootstrap, database, postgres
from deploy.postgresql.bootstrap import reason
from deploy.postgresql.histories import HISTORIES, migrate
from deploy.problem import Problem
from deploy.running.logs import Log
from files.rules.stored import key_of
from files.store.storage import Storage


def restore(given: Mapping[str, str], shelf: Shelf, backup: Backup, say: Callable[[str], object]) -> None:
    """Restore a backup into the installation that the settings in ``given`` name.

    A Problem, with nothing changed, where that holds anything. Pictures come first and the database last, in one
    transaction: what was interrupted is simply run again.
    """
    chosen = configuration.read(given)
    _check(backup)
    if state.noted(chosen.state):
        raise Problem(f"Bunko runs from {chosen.state}: stop it first, or set STATE_DIR to an empty folder.")
    with ExitStack() as stack:
        if not given.get("KEYS_FILE"):
            stack.enter_context(state.held(chosen.state))
        path = _secrets(place.keys_path(given, chosen.state), backup, say)
        secret = keys.load(path)
        server = database.start(chosen, secret, Log(silent=True), lambda: None)
        if server:
            stack.callback(server.stop, postgres.STOP_SECONDS)
        owner = database.owner_url(chosen, secret)
        _check_database(owner, backup)
        _pictures(chosen, shelf, backup)
        bootstrap.prepare(owner, secret)
        say("Restoring the database ...")
        _database(owner, backup)
        migrate(owner)


def _check(backup: Backup) -> None:
    """Refuse a backup that is damaged, or of a newer Bunko."""
    for damage in backup.damage():
        raise Problem(f"{backup.folder}: {damage}: name another backup with --which.")
    for schema, revision in backup.manifest["contents"]["revisions"].items():
        number = revision.rpartition("_")[2]
        if not list((ROOT / HISTORIES[schema] / "migrations" / "versions").glob(f"{number}_*.py")):
            raise Problem(
                f"The backup has the schema {revision}, which this Bunko does not know: use the one that took it."
            )


def _secrets(path: Path, backup: Backup, say: Callable[[str], object]) -> Path:
    """Bring the keys back where there are none yet."""
    kept = backup.folder / SECRETS
    if path.exists():
        if kept.is_file() and kept.read_bytes() != path.read_bytes():
            say(f"The keys in {path} stay: people sign in anew, with the passwords they have.")
    elif kept.is_file():
        write_private(path, kept.read_text(encoding="utf-8"))
    return path


def _check_database(owner: str, backup: Backup) -> None:
    name = make_url(owner).database
    if name != backup.manifest["database"]:
        raise Problem(
            f"The backup is of a database named {backup.manifest['database']}, and roles are named after it: "
            f"make DATABASE_URL name an empty one that is called so, not {name}."
        )
    try:
        with closing(psycopg2.connect(owner, connect_timeout=5)) as db, db.cursor() as cursor:
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(HISTORIES)])
            there = [row[0] for row in cursor.fetchall()]
    except psycopg2.Error as error:
        raise Problem(f"Cannot reach the database ({reason(error)}): check DATABASE_URL.") from None
    if there:
        raise Problem(
            f"The database holds a Bunko already (the schemas {', '.join(sorted(there))}): nothing was changed. "
            "Restore into an empty database, or an empty STATE_DIR."
        )


def _pictures(chosen: Configuration, shelf: Shelf, backup: Backup) -> None:
    configuration.make_storage(chosen.storage_url)
    target = place.opened("STORAGE_URL", chosen.storage_url, written=True)
    if strangers := _strangers(target, {key for key, _ in backup.pictures()}):
        raise Problem(
            f"The storage at {chosen.storage_url} holds what is not in this backup ({strangers}): "
            "nothing was changed. Set STORAGE_URL to an empty one."
        )
    store, count = shelf.store, backup.manifest["pictures"]["keys"]
    try:
        work = (files for _, files in backup.pictures())
        for _ in each("Pictures", count, work, lambda files: put_back(files, store, target)):
            pass
    except OSError as error:
        raise Problem(f"The restore stopped ({error}): see to that, then run it again.") from None


def _strangers(target: Storage, keys: set[str]) -> str | None:
    return next((entry.path for entry in target.listing() if key_of(entry.path) not in keys), None)


def _database(owner: str, backup: Backup) -> None:
    with closing(
        psycopg2.connect(owner, connect_timeout=5, options="-c statement_timeout=0 -c timezone=UTC")
    ) as db:
        clients.restore(owner, db.server_version // 10_000, backup.folder / DUMP)
        db.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        different = differences(backup.manifest["contents"], contents(db))
    if different:
        raise Problem(
            f"The restored database is not what was saved ({'; '.join(different[:3])}): try it anew."
        )
