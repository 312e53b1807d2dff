"""``bunko doctor``: faults of an installation with their remedies."""

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
    """Yield a finding if the storage cannot be read or written."""
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
    """Report faults of this installation with their remedies.

    Needed whenever something seems wrong, and after every change. It checks packages, settings, folders, free disk
    space, permissions of secrets, ports, programs, the database with its clock, roles and schemas, leftovers of
    uploads, and the storage. It changes nothing. The exit status is 1 if there is a fault.

    \b
    Example:
      bunko doctor
      docker compose -f deploy/manifests/compose.yaml run --rm bunko doctor
    """
    # deploy/__main__.py has checked the packages before this module was imported.
    click.echo("ok     packages")
    given = installation.settings()
    chosen = configuration.read(given)
    faulty = False
    for name, check in CHECKS.items():
        found = list(check(chosen, given))
        if not found:
            click.echo(f"ok     {name}")
        for finding in found:
            click.echo(
                f"WRONG  {name}: {finding.what}\n       {finding.remedy[:1].upper()}{finding.remedy[1:]}"
            )
        faulty = faulty or bool(found)
    click.echo("Something is wrong: see above." if faulty else "All is well.")
    return int(faulty)
