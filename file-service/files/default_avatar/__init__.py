"""The default profile image. ``python -m files.default_avatar.draw`` generates its files."""

from pathlib import Path

from flask import Response

from files.pictures.serving import CACHE_MINUTE, respond
from files.rules.object_names import Resolution, file_name

_VERSION = 1
"""Part of the ETag. Increase it when the picture changes."""


def default_avatar(resolution: Resolution) -> Response:
    """Return a response with the default profile image."""
    name = file_name(resolution)
    return respond(
        (Path(__file__).parent / name).open("rb"), f"default-avatar-{_VERSION}", name, CACHE_MINUTE
    )
