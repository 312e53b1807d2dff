"""``bunko verify``: what can be proven of an installation."""

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
        told = list(faults(db))
    print("\n".join(told) or "Every constraint and index of the database holds, and its pages read well.")
    return not told


PROOFS: dict[str, Callable[[Installation], bool]] = {
    "database": _database,
    "catalogue": _catalogue,
    "files": audit.run,
}


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(list(PROOFS)))
def verify(what: tuple[str, ...]) -> int:
    """Prove that what is stored is what it should be.

    `database`: constraints and indexes are valid and no page was found damaged. `catalogue`: the lists kept ready equal
    a slow recomputation. `files`: every row has its stored object and every object its row. All three unless you
    choose. Needed after a restore, a crash of the machine, or work by hand in the database. It changes nothing; status
    1 says that something is wrong. Bunko may run meanwhile.

    \b
    Example:
      bunko verify                    proves everything
      bunko verify catalogue          only the lists
    """
    with installation.opened(installation.settings()) as found:
        # Each of them, also after one that failed.
        held = [PROOFS[name](found) for name in what or PROOFS]
    return int(not all(held))
