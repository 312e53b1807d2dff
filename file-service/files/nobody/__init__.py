"""The profile image of those who have none; ``python -m files.nobody.draw`` draws it anew."""

from pathlib import Path

from flask import Response

from files.rules.stored import Resolution, file_name
from files.serving import SHORTLY, answer

_VERSION = 1
"""Raise it with every new drawing: it is what caches compare."""


def nobody(resolution: Resolution) -> Response:
    """Answer the default picture."""
    name = file_name(resolution)
    return answer((Path(__file__).parent / name).open("rb"), f"nobody-{_VERSION}", name, SHORTLY)
