"""``bunko backup`` and ``bunko restore``."""

from pathlib import Path

import click

from deploy.backup.create import create
from deploy.backup.pictures import each, sound
from deploy.backup.repository import Backup, BackupRepository
from deploy.backup.restore import restore as restore_backup
from deploy.stack import installation
from deploy.user_error import UserError

_folder = click.argument("folder", type=click.Path(file_okay=False, resolve_path=True, path_type=Path))
_which = click.option(
    "--which", metavar="NAME", help="Use this backup instead of the newest, as in 2026-11-21T19-30-00-123Z."
)


@click.command()
@_folder
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Afterwards delete all but the newest N backups."
)
@click.option("--check", is_flag=True, help="Take no backup: read one again and compare every hash.")
@_which
def backup(folder: Path, keep: int | None, check: bool, which: str | None) -> int:
    """Back up the database and all pictures into FOLDER.

    Needed every night, from cron or a systemd timer, onto another disk or machine. Bunko may run meanwhile: the backup
    holds the database and all pictures of one moment. Pictures that an earlier backup in FOLDER holds are not copied
    again. A backup contains the installation's keys: protect it like the installation itself.

    \b
    Example:
      bunko backup /srv/backups --keep 14
      bunko backup /srv/backups --check
    """
    repository = BackupRepository(folder)
    if check:
        return _check(repository, repository.backup(which))
    given = installation.settings()
    with installation.opened(given) as found, repository.held():
        created = create(found, installation.keys_path(given, found.state), repository, click.echo)
        deleted = repository.keep(keep) if keep else 0
    pictures = created.manifest["pictures"]
    click.echo(
        f"{created.folder}: the database, {pictures['keys']:,} pictures ({pictures['bytes']:,} bytes)."
        + (f" Deleted {deleted} older." if deleted else "")
    )
    if pictures["missing"]:
        raise UserError(
            f"{len(pictures['missing']):,} live pictures are not in the storage, and so not in the backup",
            "bunko files audit names them.",
        )
    return 0


def _check(repository: BackupRepository, backup: Backup) -> int:
    store, count = repository.store, backup.manifest["pictures"]["keys"]
    wrong = backup.damage()
    if not wrong:
        work = (files for _, files in backup.pictures())
        for damage in each("Pictures", count, work, lambda files: sound(files, store)):
            wrong += damage
    for line in wrong:
        click.echo(line)
    click.echo(
        f"{backup.folder} is damaged: take another backup now, and check its disk."
        if wrong
        else f"{backup.folder} is what it was: the database, {count:,} pictures."
    )
    return int(bool(wrong))


@click.command()
@_folder
@_which
def restore(folder: Path, which: str | None) -> None:
    """Restore a backup from FOLDER into an empty installation.

    Needed after a disaster, or to move to another machine. STATE_DIR, DATABASE_URL and STORAGE_URL name the target. The
    command compares the result with the backup row by row and byte by byte, then migrates it to the newest schema. It
    refuses an installation that holds data, and changes nothing there. Afterwards start Bunko; passwords are unchanged.

    \b
    Example:
      STATE_DIR=/srv/bunko bunko restore /srv/backups
    """
    repository = BackupRepository(folder)
    backup = repository.backup(which)
    restore_backup(installation.settings(), repository, backup, click.echo)
    click.echo(f"Restored {backup.folder}. Start Bunko now, and take a backup of it soon.")
