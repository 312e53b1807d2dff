"""The command line ``bunko``: ``deploy/bunko``, or ``python -m deploy`` with PYTHONPATH set.

A command that fails prints one sentence to standard error. The exit status is 1 for a failure and 2 for wrong usage.
"""

import sys

from deploy.installation import packages
from deploy.user_error import UserError


def main() -> None:
    """Run the command that the arguments name."""
    try:
        packages.check()
        # Imported after the check, because it imports the packages that are checked.
        from deploy.commands.bunko import run  # noqa: PLC0415

        sys.exit(run())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
