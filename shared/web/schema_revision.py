"""A service's schema: the newest revision that its code comes with, and the one that its database is at."""

import re
from pathlib import Path

import psycopg2
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.postgres.engine import Database
from shared.web.health import SchemaState

_REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
_EARLIER = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)


class SchemaRevision:
    """The schema ``name``, whose history is the files in the folder ``versions``."""

    def __init__(self, database: Database, name: str, versions: Path) -> None:
        self._database = database
        self._query = text(f"SELECT version_num FROM {name}.alembic_version")  # noqa: S608  # no input
        self.newest = newest(versions)

    def state(self) -> SchemaState:
        """Ask the database which revision it is at; raises where it cannot be asked."""
        try:
            with self._database.autocommit() as connection:
                return {"at": connection.execute(self._query).scalar(), "newest": self.newest}
        except ProgrammingError as error:
            if not isinstance(error.orig, psycopg2.errors.InsufficientPrivilege):
                raise
            # The database is older than the revision that lets its services know.
            return {"at": None, "newest": self.newest}


def newest(versions: Path) -> str:
    """Return the one revision in a folder that no other follows."""
    sources = [path.read_text(encoding="utf-8") for path in versions.glob("*.py")]
    revisions = {found[1] for source in sources for found in _REVISION.finditer(source)}
    earlier = {found[1] for source in sources for found in _EARLIER.finditer(source)}
    (last,) = revisions - earlier
    return last
