"""The command ``bunko`` and its subcommands."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "up": "up:up",
    "restart": "restart:restart_all",
    "start": "start:start",
    "migrate": "migrate:migrate",
    "rotate-keys": "rotate_keys:rotate_keys",
    "secrets": "secrets:secrets_for_containers",
    "prepare": "prepare:prepare",
    "routes": "routes:routes",
    "doctor": "doctor:doctor",
    "user": "user:user",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "verify": "verify:verify",
    "files": "files:files",
}
"""Command -> module and function."""


class Lazy(click.Group):
    """A group that imports a command only when it is used, because some commands import every service."""

    def __init__(self, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands' names, in the order of the help."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, or None if there is none of that name."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(f"deploy.commands.{module}"), name)
        return command


bunko = Lazy(
    COMMANDS,
    name="bunko",
    help="""Run, maintain and repair a Bunko.

    STATE_DIR (the folder of the installation, var by default) and DATABASE_URL select the installation, from the
    environment or deploy/.env. `bunko COMMAND --help` describes a command and its use.

    \b
    Example:
      bunko doctor        reports faults of this installation with their remedies
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def run(words: list[str] | None = None) -> int:
    """Run the command in ``words``, the program's arguments by default, and return the exit status."""
    try:
        status = bunko.main(words, prog_name="bunko", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    return status if isinstance(status, int) else 0
