"""The runner's commands, as the Makefile calls them: ``python -m deploy up``.

Each ends quietly, or with one sentence on standard error and status 1.
"""

import sys
from importlib import import_module

from deploy.installation import packages
from deploy.problem import Problem

COMMANDS = {
    name: f"commands.{name}"
    for name in (
        "up",
        "restart",
        "start",
        "migrate",
        "routes",
        "rotate_keys",
        "verify_catalogue",
        "secrets",
        "prepare",
    )
} | {name: name for name in ("storage.copy", "storage.audit")}
"""Command -> module."""


def main() -> None:
    """Run the command that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if name not in COMMANDS:
            raise Problem(f"Say which command to run: {', '.join(COMMANDS)}.")
        packages.check()
        # Only now, as it imports what the check looks for.
        import_module(f"deploy.{COMMANDS[name]}").main()
    except Problem as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
