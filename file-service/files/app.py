"""The Flask application of the file service."""

from flask import Flask

from files import runtime
from files.malloc import give_back_large_blocks
from files.routes import admin_users, admin_volumes, media, stored, user, volumes
from files.watchdog import start_watchdog
from shared import settings
from shared.web.routes import Api
from shared.web.service import service

PAGES: tuple[Api, ...] = (admin_volumes.api, volumes.api, media.api, user.api, admin_users.api, stored.api)

MAX_BODY = 32 * 1024 * 1024


def create() -> Flask:
    """Return the application, configured from environment variables, with its background threads started."""
    give_back_large_blocks()
    current = runtime.from_environment()
    app = service(
        "files", PAGES, checks=[current.storage.check], max_body=settings.whole("MAX_BODY", MAX_BODY)
    )
    app.extensions["runtime"] = current
    current.decoders.check()
    current.sweeper.start()
    current.avif_queue.start()
    start_watchdog()
    return app
