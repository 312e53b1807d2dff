"""The media service: which pages it serves."""

from pathlib import Path

from flask import Flask

from media.routes import files, library, stored
from shared.api import Api
from shared.database import configured
from shared.schema import Schema
from shared.service import service

PAGES: tuple[Api, ...] = (library.api, stored.api, files.api)

REVISIONS = Path(__file__).parents[1] / "migrations" / "versions"


def create() -> Flask:
    """Return the application, set up from the environment."""
    database = configured({})
    return service("media", PAGES, database=database, schema=Schema(database, "media", REVISIONS))
