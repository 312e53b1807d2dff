"""Brings the database to the newest schema: ``make migrate``, with the stack running or not."""

import os

from deploy.installation import configuration as configured
from deploy.installation import keys, state
from deploy.postgresql import database, histories, postgres
from deploy.running.logs import Log


def main() -> None:
    """Migrate the running stack's database, else the one that a stack would use."""
    chosen = configured.read(configured.from_file() | os.environ)
    running = state.noted(chosen.state)
    if running:
        histories.migrate(running["database"])
    else:
        _alone(chosen)
    print("The database has the newest schema.")


def _alone(chosen: configured.Configuration) -> None:
    with state.held(chosen.state):
        secret = keys.load(chosen.state / "secrets")
        server = database.start(chosen, secret, Log(silent=True), lambda: None)
        try:
            database.arrange(chosen, secret)
        finally:
            if server:
                server.stop(postgres.STOP_SECONDS)
