"""The media service: which pages it serves."""

from flask import Flask

from media.routes import files, library, stored
from shared import settings
from shared.api import Api
from shared.database import Database
from shared.service import service

PAGES: tuple[Api, ...] = (library.api, stored.api, files.api)


def create() -> Flask:
    """Return the application, set up from the environment."""
    return service("media", PAGES, database=Database(settings.text("DATABASE_URL"), {}))
