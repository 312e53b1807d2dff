"""``bunko files``: audit and copy the stored pictures."""

import click

from deploy.stack import installation
from deploy.storage import audit as auditing
from deploy.storage import copy as copying
from deploy.user_error import UserError


@click.group()
def files() -> None:
    """Audit stored pictures against the ledgers, or move them.

    \b
    Example:
      bunko files audit
    """


@files.command()
def audit() -> int:
    """Report stored objects without a row, and rows without an object.

    Needed after the storage was restored or moved, or when a picture is missing. It deletes nothing. The exit status is
    1 if there is a difference. Bunko may run meanwhile.

    \b
    Example:
      bunko files audit
    """
    with installation.opened(installation.settings()) as found:
        return int(not auditing.run(found))


@files.command()
@click.option("--from", "source", envvar="FROM", metavar="URL", help="The present storage.")
@click.option("--to", "target", envvar="TO", metavar="URL", help="The new storage.")
@click.option(
    "--since", envvar="SINCE", metavar="TIME", help="Copy only pictures that became live then or later."
)
def copy(source: str | None, target: str | None, since: str | None) -> None:
    """Move pictures from one storage to another while Bunko runs.

    Needed to change from a folder to S3, or back. It copies and verifies live pictures, then prints the command to run
    once Bunko was restarted with STORAGE_URL set to the new storage. It may be interrupted and run again.

    \b
    Example:
      bunko files copy --from file:///srv/pictures --to s3://bucket/pictures
    """
    if not source or not target:
        raise UserError(
            "Say from where to where, as in bunko files copy --from file:///srv/old --to s3://bucket/new."
        )
    with installation.opened(installation.settings()) as found:
        copying.run(found, source, target, since)
