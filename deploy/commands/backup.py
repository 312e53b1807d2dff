"""``bunko backup`` and ``bunko restore``."""

from pathlib import Path

import click

from deploy.backup.create import create
from deploy.backup.pictures import each, sound
from deploy.backup.repository import Backup, BackupRepository
from deploy.backup.restore import restore as bring_back
from deploy.stack import installation
from deploy.user_error import UserError

_folder = click.argument("folder", type=click.Path(file_okay=False, resolve_path=True, path_type=Path))
_which = click.option(
    "--which", metavar="NAME", help="Another backup than the newest, as 2026-11-21T19-30-00-123Z."
)


@click.command()
@_folder
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Then delete all but the newest N backups."
)
@click.option("--check", is_flag=True, help="Take none: read one again and compare every hash.")
@_which
def backup(folder: Path, keep: int | None, check: bool, which: str | None) -> int:
    """Take a backup into FOLDER, of the database and all pictures.

    Needed every night, from cron or a systemd timer, onto another disk or machine. Bunko may run and write meanwhile:
    the backup is of one moment, with every picture of that moment. Pictures that an earlier backup in FOLDER has are
    not copied again. It holds the installation's keys: keep it as closed as the installation itself.

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
        taken = create(found, installation.keys_path(given, found.state), repository, click.echo)
        gone = repository.keep(keep) if keep else 0
    amount = taken.manifest["pictures"]
    click.echo(
        f"{taken.folder}: the database, {amount['keys']:,} pictures ({amount['bytes']:,} bytes)."
        + (f" Deleted {gone} older." if gone else "")
    )
    if amount["missing"]:
        raise UserError(
            f"{len(amount['missing']):,} live pictures are not in the storage, and so not in the backup: "
            "bunko files audit names them."
        )
    return 0


def _check(repository: BackupRepository, backup: Backup) -> int:
    store, count = repository.store, backup.manifest["pictures"]["keys"]
    wrong = backup.damage()
    if not wrong:
        work = (files for _, files in backup.pictures())
        for told in each("Pictures", count, work, lambda files: sound(files, store)):
            wrong += told
    for line in wrong:
        click.echo(line)
    click.echo(
        f"{backup.folder} is damaged: take another backup now, and look at its disk."
        if wrong
        else f"{backup.folder} is what it was: the database, {count:,} pictures."
    )
    return int(bool(wrong))


@click.command()
@_folder
@_which
def restore(folder: Path, which: str | None) -> None:
    """Restore a backup from FOLDER into an empty installation.

    Needed after a disaster, or to move to another machine. It goes where STATE_DIR, DATABASE_URL and STORAGE_URL say,
    is compared with the backup row by row and byte by byte, and brought to the newest schema. An installation that
    holds anything is refused and stays as it is. Afterwards start Bunko: people sign in with the passwords they had.

    \b
    Example:
      STATE_DIR=/srv/bunko bunko restore /srv/backups
    """
    repository = BackupRepository(folder)
    backup = repository.backup(which)
    bring_back(installation.settings(), repository, backup, click.echo)
    click.echo(f"Restored {backup.folder}. Start Bunko now, and take a backup of it soon.")
