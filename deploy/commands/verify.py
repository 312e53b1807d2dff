"""``bunko verify``: check the data of an installation."""

from collections.abc import Callable

import click

from deploy.stack import installation
from deploy.stack.installation import Installation
from deploy.storage import audit
from deploy.verify import data
from deploy.verify.schema import faults


def _catalogue(found: Installation) -> bool:
    differing = 0
    with data.reading(found.database) as db:
        for difference in data.differences(db):
            differing += 1
            print(difference)
    print(
        f"{differing:,} things differ; nothing was changed."
        " CALL catalog.refresh_all_groups() makes the entries anew, CALL users.sort_all_entries() readers' lists."
        if differing
        else "All that is kept ready equals its recomputation."
    )
    return not differing


def _database(found: Installation) -> bool:
    with data.reading(found.database) as db:
        found_faults = list(faults(db))
    print(
        "\n".join(found_faults)
        or "Every constraint and index of the database holds, and its pages read well."
    )
    return not found_faults


CHECKS: dict[str, Callable[[Installation], bool]] = {
    "database": _database,
    "catalogue": _catalogue,
    "files": audit.run,
}


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(list(CHECKS)))
def verify(what: tuple[str, ...]) -> int:
    """Check the stored data for faults.

    `database`: constraints and indexes are valid, and no page is damaged. `catalogue`: the denormalised lists equal a
    recomputation. `files`: every row has its stored object and every object its row. The default is all three. Needed
    after a restore, a crash of the machine, or manual changes in the database. It changes nothing. The exit status is 1
    if there is a fault. Bunko may run meanwhile.

    \b
    Example:
      bunko verify                    checks everything
      bunko verify catalogue          checks only the lists
    """
    with installation.opened(installation.settings()) as found:
        # A list, so that every check runs, also after one that failed.
        passed = [CHECKS[name](found) for name in what or CHECKS]
    return int(not all(passed))
