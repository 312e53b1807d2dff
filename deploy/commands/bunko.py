"""The command ``bunko``: which commands it has, and how they end."""

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
    """A group whose commands are imported when they are asked for: some of them import every service."""

    def __init__(self, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return their names, in the order of the help."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, None where there is no such."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(f"deploy.commands.{module}"), name)
        return command


bunko = Lazy(
    COMMANDS,
    name="bunko",
    help="""Run, look after and repair a Bunko.

    Which one is meant is said by STATE_DIR (the folder of the installation, var by default) and DATABASE_URL,
    in the environment or in deploy/.env. `bunko COMMAND --help` tells when one needs a command.

    \b
    Example:
      bunko doctor        says what is wrong with this installation, and what to do
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def run(words: list[str] | None = None) -> int:
    """Run the command in ``words``, the program's arguments by default; returns the status to end with."""
    try:
        status = bunko.main(words, prog_name="bunko", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    return status if isinstance(status, int) else 0
