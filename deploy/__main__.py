"""The runner's commands, as the Makefile calls them: ``python -m deploy up``.

Each ends quietly, or with one sentence on standard error and status 1.
"""

import sys
from importlib import import_module

from deploy import packages
from deploy.problem import Problem

COMMANDS = (
    "up",
    "restart",
    "start",
    "migrate",
    "routes",
    "rotate_keys",
    "storage.copy",
    "storage.audit",
    "verify_catalogue",
    "containers.secrets",
    "containers.prepare",
)


def main() -> None:
    """Run the command that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if name not in COMMANDS:
            raise Problem(f"Say which command to run: {', '.join(COMMANDS)}.")
        packages.check()
        # Only now, as it imports what the check looks for.
        import_module(f"deploy.{name}").main()
    except Problem as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
