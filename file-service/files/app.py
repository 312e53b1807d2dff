"""The file service: which pages it serves."""

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
    """Return the application, set up from the environment, its decoders warm and its sweeper at work."""
    give_back_large_blocks()
    made = runtime.from_environment()
    app = service("files", PAGES, checks=[made.storage.check], max_body=settings.whole("MAX_BODY", MAX_BODY))
    app.extensions["node"] = made
    made.decoders.check()
    made.sweeper.start()
    made.avif_queue.start()
    start_watchdog()
    return app
