"""The Flask application of the catalog service."""

from pathlib import Path

from flask import Flask

from catalog.refusals import CONSTRAINTS
from catalog.routes import admin_volumes, editions, internal_files, locks, series, volumes
from shared.postgres.engine import from_environment
from shared.web.routes import Api
from shared.web.schema_revision import SchemaRevision
from shared.web.service import service

PAGES: tuple[Api, ...] = (
    admin_volumes.api,
    volumes.api,
    series.api,
    editions.api,
    locks.api,
    internal_files.api,
)

REVISIONS = Path(__file__).parents[1] / "migrations" / "versions"


def create() -> Flask:
    """Return the application, configured from environment variables."""
    database = from_environment(CONSTRAINTS)
    return service("catalog", PAGES, database=database, schema=SchemaRevision(database, "catalog", REVISIONS))
