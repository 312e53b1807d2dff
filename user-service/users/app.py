"""The Flask application of the user service and the routes it serves."""

from pathlib import Path

from flask import Flask

from shared.postgres.engine import from_environment
from shared.web.routes import Api
from shared.web.schema_revision import SchemaRevision
from shared.web.service import service
from users import configuration
from users.refusals import CONSTRAINTS
from users.routes import (
    admin_roles,
    admin_users,
    auth,
    collection,
    internal_files,
    ratings,
    reading,
    sessions,
    user_images,
)
from users.routes import settings as user_settings

PAGES: tuple[Api, ...] = (
    auth.api,
    sessions.api,
    user_settings.api,
    reading.api,
    ratings.api,
    collection.api,
    user_images.api,
    admin_users.api,
    admin_roles.api,
    internal_files.avatar_api,
    internal_files.admin_api,
    internal_files.ledger_api,
)

REVISIONS = Path(__file__).parents[1] / "migrations" / "versions"


def create() -> Flask:
    """Return the application, configured from the environment."""
    database = from_environment(CONSTRAINTS)
    app = service("users", PAGES, database=database, schema=SchemaRevision(database, "users", REVISIONS))
    app.extensions["configuration"] = configuration.from_environment()
    return app
