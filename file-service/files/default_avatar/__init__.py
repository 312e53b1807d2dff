"""The profile image of those who have none; ``python -m files.default_avatar.draw`` draws it anew."""

from pathlib import Path

from flask import Response

from files.pictures.serving import CACHE_MINUTE, respond
from files.rules.object_names import Resolution, file_name

_VERSION = 1
"""Raise it with every new drawing: it is what caches compare."""


def default_avatar(resolution: Resolution) -> Response:
    """Answer the default picture."""
    name = file_name(resolution)
    return respond((Path(__file__).parent / name).open("rb"), f"nobody-{_VERSION}", name, CACHE_MINUTE)
