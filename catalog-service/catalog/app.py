"""The catalog service: which pages it serves."""

from pathlib import Path

from flask import Flask

from catalog.refusals import CONSTRAINTS
from catalog.routes import admin_volumes, editions, files, locks, series, volumes
from shared.api import Api
from shared.database import configured
from shared.schema import Schema
from shared.service import service

PAGES: tuple[Api, ...] = (admin_volumes.api, volumes.api, series.api, editions.api, locks.api, files.api)

REVISIONS = Path(__file__).parents[1] / "migrations" / "versions"


def create() -> Flask:
    """Return the application, set up from the environment."""
    database = configured(CONSTRAINTS)
    return service("catalog", PAGES, database=database, schema=Schema(database, "catalog", REVISIONS))
