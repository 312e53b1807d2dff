"""Draws and uploads the covers of volumes that have none."""

from base64 import b64encode
from collections.abc import Callable
from io import BytesIO

from PIL import Image

from deploy.demo.books import Volume
from deploy.demo.covers.back import back
from deploy.demo.covers.front import front
from deploy.demo.covers.spine import spine
from deploy.demo.gateway import Gateway
from deploy.demo.progress import Progress
from deploy.demo.selection import Face, faces

_DRAW: dict[Face, Callable[[Volume], Image.Image]] = {"front": front, "back": back, "spine": spine}
_FIELDS: dict[Face, str] = {"front": "cover_path", "back": "back_cover_path", "spine": "spine_cover_path"}
_QUALITY = 88


def fill(gateway: Gateway, volumes: dict[Volume, int], progress: Progress) -> None:
    """Add the missing covers of volumes; ``volumes`` maps them to their ids."""

    def cover(volume: Volume) -> None:
        there = gateway.get(f"/admin-volumes/id/{volumes[volume]}")
        for face in faces(volume):
            absent = there[_FIELDS[face]] is None
            if absent:
                image = encoded(_DRAW[face](volume))
                gateway.post(f"/admin-volumes/update-image/{volumes[volume]}/{face}", {"image": image})
            progress.step("covers", added=absent)

    progress.at_once(cover, [volume for volume in volumes if faces(volume)])


def encoded(image: Image.Image) -> str:
    """Return a picture encoded for the body of an upload."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return b64encode(buffer.getvalue()).decode()
