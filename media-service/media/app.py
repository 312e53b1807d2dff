"""The Flask application of the media service."""

from pathlib import Path

from flask import Flask

from media.routes import internal_files, library, stored
from shared.postgres.engine import from_environment
from shared.web.routes import Api
from shared.web.schema_revision import SchemaRevision
from shared.web.service import service

PAGES: tuple[Api, ...] = (library.api, stored.api, internal_files.api)

REVISIONS = Path(__file__).parents[1] / "migrations" / "versions"


def create() -> Flask:
    """Return the application, configured from environment variables."""
    database = from_environment({})
    return service("media", PAGES, database=database, schema=SchemaRevision(database, "media", REVISIONS))
