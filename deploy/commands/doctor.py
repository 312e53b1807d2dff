"""``bunko doctor``: what is wrong with an installation, and what to do."""

from collections.abc import Callable, Mapping

import click

from deploy.doctor import machine
from deploy.doctor.database import database
from deploy.doctor.finding import Finding, Findings
from deploy.installation import configuration, run_state
from deploy.installation.configuration import Configuration
from deploy.stack import installation
from deploy.user_error import UserError


def storage(chosen: Configuration, given: Mapping[str, str]) -> Findings:
    """Yield storage that cannot be read or written."""
    running = run_state.read(chosen.state)
    try:
        if running or given.get("KEYS_FILE") or not chosen.storage_url.startswith("file:"):
            installation.open_storage("STORAGE_URL", chosen.storage_url, written=bool(running))
    except UserError as error:
        yield Finding.of(error)


CHECKS: dict[str, Callable[[Configuration, Mapping[str, str]], Findings]] = {
    "settings": machine.settings,
    "folders": machine.folders,
    "secrets": machine.secrets,
    "port": machine.port,
    "programs": machine.programs,
    "database": database,
    "storage": storage,
}


@click.command()
def doctor() -> int:
    """Say what is wrong with this installation, and what to do.

    Needed whenever something seems wrong, and after every change. It looks at packages, settings, folders and room on
    disks, who may read secrets, ports, programs, the database with its clock, roles and schemas, leftovers of uploads,
    and the storage. It changes nothing. Status 1 says that something is wrong.

    \b
    Example:
      bunko doctor
      docker compose -f deploy/manifests/compose.yaml run --rm bunko doctor
    """
    # That the packages are there was looked at before this command was found.
    click.echo("ok     packages")
    given = installation.settings()
    chosen = configuration.read(given)
    ill = False
    for name, check in CHECKS.items():
        found = list(check(chosen, given))
        if not found:
            click.echo(f"ok     {name}")
        for finding in found:
            click.echo(
                f"WRONG  {name}: {finding.what}\n       {finding.remedy[:1].upper()}{finding.remedy[1:]}"
            )
        ill = ill or bool(found)
    click.echo("Something is wrong: see above." if ill else "All is well.")
    return int(ill)
