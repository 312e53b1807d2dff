"""The database of an installation: its own PostgreSQL, or the one that DATABASE_URL names."""

from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.installation.configuration import Configuration
from deploy.installation.keys import Keys
from deploy.postgresql import bootstrap, cluster, postgres
from deploy.postgresql.bootstrap import Addresses
from deploy.postgresql.migrations import migrate
from deploy.running.logs import Log, failure
from deploy.running.supervisor import Supervisor

NAME = "postgres"
"""Name of the installation's own server among its programs."""

_DATABASE = "bunko"


def start(
    configuration: Configuration, keys: Keys, log: Log, restarted: Callable[[], None]
) -> Supervisor | None:
    """Start the installation's own server and return when it accepts connections; None if DATABASE_URL is set.

    Raises ``UserError`` if the server cannot start.
    """
    if configuration.database_url:
        return None
    own = own_cluster(configuration.state, keys)
    postgres.kill_leftovers(own)
    supervisor = Supervisor(NAME, postgres.command(own), log.write, restarted)
    supervisor.start()
    try:
        if not postgres.becomes_ready(own, supervisor):
            raise failure(log, configuration.state / "run", NAME, "could not start")
        bootstrap.create_database(_own_url(configuration.state, keys, "postgres"), _DATABASE)
    except BaseException:
        supervisor.stop(postgres.STOP_SECONDS)
        raise
    return supervisor


def own_cluster(state: Path, keys: Keys) -> cluster.Cluster:
    """Return the cluster of the installation's own server, creating it if it does not exist."""
    return cluster.made(state / "postgres", keys.database_password("owner"))


def arrange(configuration: Configuration, keys: Keys) -> Addresses:
    """Update roles and schemas, and return the URLs of the database."""
    addresses = bootstrap.addresses(owner_url(configuration, keys), keys)
    bootstrap.prepare(addresses.owner, keys)
    migrate(addresses.owner)
    return addresses


def owner_url(configuration: Configuration, keys: Keys) -> str:
    """Return the owner's URL of the database."""
    return configuration.database_url or _own_url(configuration.state, keys, _DATABASE)


def replica(configuration: Configuration, keys: Keys) -> Mapping[str, str]:
    """Return each program's URL of the replica in DATABASE_REPLICA_URL; empty if it is not set."""
    url = configuration.replica_url
    return bootstrap.addresses(url, keys).of_program if url else {}


def _own_url(state: Path, keys: Keys, database: str) -> str:
    return cluster.locate(state / "postgres").url(keys.database_password("owner"), database)
