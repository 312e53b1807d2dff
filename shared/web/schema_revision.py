"""Schema revision of a service: the newest in its code, and the current one of its database."""

import re
from pathlib import Path

import psycopg2
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.postgres.engine import Database
from shared.web.health import SchemaState

_REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)


class SchemaRevision:
    """The revision of the schema ``name``, whose migrations are in the folder ``versions``."""

    def __init__(self, database: Database, name: str, versions: Path) -> None:
        self._database = database
        self._query = text(f"SELECT version_num FROM {name}.alembic_version")  # noqa: S608  # no input
        self.newest = newest(versions)

    def state(self) -> SchemaState:
        """Read the revision of the database; raises if the database is unavailable."""
        try:
            with self._database.autocommit() as connection:
                return {"at": connection.execute(self._query).scalar(), "newest": self.newest}
        except ProgrammingError as error:
            if not isinstance(error.orig, psycopg2.errors.InsufficientPrivilege):
                raise
            # The database is older than the migration that grants services access to this table.
            return {"at": None, "newest": self.newest}


def newest(versions: Path) -> str:
    """Return the last revision in a folder: the one that no other migration follows."""
    sources = [path.read_text(encoding="utf-8") for path in versions.glob("*.py")]
    revisions = {found[1] for source in sources for found in _REVISION.finditer(source)}
    earlier = {found[1] for source in sources for found in _DOWN_REVISION.finditer(source)}
    (last,) = revisions - earlier
    return last
