"""The file service: which pages it serves."""

from flask import Flask

from files import node
from files.memory import give_back_large_blocks
from files.routes import admin_users, admin_volumes, media, stored, user, volumes
from files.standstill import end_after_standstill
from shared import settings
from shared.api import Api
from shared.service import service

PAGES: tuple[Api, ...] = (admin_volumes.api, volumes.api, media.api, user.api, admin_users.api, stored.api)

MAX_BODY = 32 * 1024 * 1024


def create() -> Flask:
    """Return the application, set up from the environment, its decoders warm and its sweeper at work."""
    give_back_large_blocks()
    made = node.from_environment()
    app = service("files", PAGES, needs=[made.storage.check], max_body=settings.whole("MAX_BODY", MAX_BODY))
    app.extensions["node"] = made
    made.decoders.check()
    made.sweeper.start()
    made.studio.start()
    end_after_standstill()
    return app
