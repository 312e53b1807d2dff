"""``bunko``, the command line: ``deploy/bunko``, or ``python -m deploy`` where the environment is prepared.

Each command ends quietly, or with one sentence on standard error: with status 1 where something is wrong, with 2
where it was called wrongly.
"""

import sys

from deploy.installation import packages
from deploy.user_error import UserError


def main() -> None:
    """Run the command that the arguments name."""
    try:
        packages.check()
        # Only now, as it imports what the check looks for.
        from deploy.commands.bunko import run  # noqa: PLC0415

        sys.exit(run())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
