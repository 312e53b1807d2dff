"""Restores a backup into an empty installation."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from sqlalchemy import make_url

from deploy.backup.database_fingerprint import differences, fingerprint
from deploy.backup.pictures import each, put_back
from deploy.backup.repository import DUMP, SECRETS, Backup, BackupRepository
from deploy.installation import configuration, keys, run_state
from deploy.installation.configuration import ROOT, Configuration
from deploy.installation.keys import write_private
from deploy.postgresql import bootstrap, database, pg_tools, postgres
from deploy.postgresql.bootstrap import reason
from deploy.postgresql.migrations import HISTORIES, migrate
from deploy.running.logs import Log
from deploy.stack import installation
from deploy.user_error import UserError
from files.rules.object_names import key_of
from files.store.storage import Storage


def restore(
    given: Mapping[str, str], repository: BackupRepository, backup: Backup, say: Callable[[str], object]
) -> None:
    """Restore a backup into the installation that the settings in ``given`` describe.

    Raises ``UserError``, with nothing changed, if the installation is not empty. Pictures are restored first and the
    database last, in one transaction, so an interrupted restore can be run again.
    """
    chosen = configuration.read(given)
    _check(backup)
    if run_state.read(chosen.state):
        raise UserError(
            f"Bunko runs from {chosen.state}", "stop it first, or set STATE_DIR to an empty folder."
        )
    with ExitStack() as stack:
        if not given.get("KEYS_FILE"):
            stack.enter_context(run_state.held(chosen.state))
        path = _secrets(installation.keys_path(given, chosen.state), backup, say)
        secret = keys.load(path)
        server = database.start(chosen, secret, Log(silent=True), lambda: None)
        if server:
            stack.callback(server.stop, postgres.STOP_SECONDS)
        owner = database.owner_url(chosen, secret)
        _check_database(owner, backup)
        _pictures(chosen, repository, backup)
        bootstrap.prepare(owner, secret)
        say("Restoring the database ...")
        _database(owner, backup)
        migrate(owner)


def _check(backup: Backup) -> None:
    """Raise ``UserError`` if the backup is damaged or its schema is newer than the code."""
    for damage in backup.damage():
        raise UserError(f"{backup.folder}: {damage}", "name another backup with --which.")
    for schema, revision in backup.manifest["contents"]["revisions"].items():
        number = revision.rpartition("_")[2]
        if not list((ROOT / HISTORIES[schema] / "migrations" / "versions").glob(f"{number}_*.py")):
            raise UserError(
                f"The backup has the schema {revision}, unknown to this version",
                "use the version that took it.",
            )


def _secrets(path: Path, backup: Backup, say: Callable[[str], object]) -> Path:
    """Restore the secrets unless the installation has some; returns ``path``."""
    kept = backup.folder / SECRETS
    if path.exists():
        if kept.is_file() and kept.read_bytes() != path.read_bytes():
            say(f"The keys in {path} are kept: users have to sign in again, with their passwords.")
    elif kept.is_file():
        write_private(path, kept.read_text(encoding="utf-8"))
    return path


def _check_database(owner: str, backup: Backup) -> None:
    name = make_url(owner).database
    if name != backup.manifest["database"]:
        raise UserError(
            f"The backup is of a database named {backup.manifest['database']}, and roles are named after it",
            f"set DATABASE_URL to an empty database of that name, not {name}.",
        )
    try:
        with closing(psycopg2.connect(owner, connect_timeout=5)) as db, db.cursor() as cursor:
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(HISTORIES)])
            there = [row[0] for row in cursor.fetchall()]
    except psycopg2.Error as error:
        raise UserError(f"Cannot reach the database ({reason(error)})", "check DATABASE_URL.") from None
    if there:
        raise UserError(
            f"The database is not empty (it has the schemas {', '.join(sorted(there))}), so nothing was changed",
            "restore into an empty database, or an empty STATE_DIR.",
        )


def _pictures(chosen: Configuration, repository: BackupRepository, backup: Backup) -> None:
    configuration.make_storage(chosen.storage_url)
    target = installation.open_storage("STORAGE_URL", chosen.storage_url, written=True)
    if stranger := _stranger(target, {key for key, _ in backup.pictures()}):
        raise UserError(
            f"The storage at {chosen.storage_url} has objects that are not in this backup ({stranger}),"
            " so nothing was changed",
            "set STORAGE_URL to an empty storage.",
        )
    store, count = repository.store, backup.manifest["pictures"]["keys"]
    try:
        work = (files for _, files in backup.pictures())
        for _ in each("Pictures", count, work, lambda files: put_back(files, store, target)):
            pass
    except OSError as error:
        raise UserError(f"The restore stopped ({error})", "fix that, then run it again.") from None


def _stranger(target: Storage, keys: set[str]) -> str | None:
    return next((entry.path for entry in target.listing() if key_of(entry.path) not in keys), None)


def _database(owner: str, backup: Backup) -> None:
    with closing(
        psycopg2.connect(owner, connect_timeout=5, options="-c statement_timeout=0 -c timezone=UTC")
    ) as db:
        pg_tools.restore(owner, db.server_version // 10_000, backup.folder / DUMP)
        db.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        different = differences(backup.manifest["contents"], fingerprint(db))
    if different:
        raise UserError(
            f"The restored database differs from the backup ({'; '.join(different[:3])})", "restore it again."
        )
