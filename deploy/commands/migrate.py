"""``bunko migrate``: migrate the database, with the installation running or not."""

import os

import click

from deploy.installation import configuration, keys, run_state
from deploy.postgresql import database, migrations, postgres
from deploy.running.logs import Log


@click.command()
def migrate() -> None:
    """Migrate the database to the newest schema.

    Needed before a restart into newer code, while the old code still runs. It is safe to run again: a revision that
    fails is rolled back.

    \b
    Example:
      bunko migrate && bunko restart
    """
    chosen = configuration.read(configuration.from_file() | os.environ)
    running = run_state.read(chosen.state)
    if running:
        migrations.migrate(running["database"])
    else:
        _migrate_stopped(chosen)
    print("The database has the newest schema.")


def _migrate_stopped(chosen: configuration.Configuration) -> None:
    with run_state.held(chosen.state):
        secret = keys.load(chosen.state / "secrets")
        server = database.start(chosen, secret, Log(silent=True), lambda: None)
        try:
            database.arrange(chosen, secret)
        finally:
            if server:
                server.stop(postgres.STOP_SECONDS)
