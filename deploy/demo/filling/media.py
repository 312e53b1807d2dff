"""Draws and uploads missing entries of the media library, and links them to their volumes."""

from PIL import Image

from deploy.demo.books import Volume
from deploy.demo.covers import pictures
from deploy.demo.filling.covers import encoded
from deploy.demo.gateway import Gateway
from deploy.demo.progress import Progress
from deploy.demo.selection import Picture


def fill(gateway: Gateway, library: list[Picture], volumes: dict[Volume, int], progress: Progress) -> None:
    """Add the missing entries and links; ``volumes`` maps volumes to their ids."""
    present = {entry["name"]: entry["id"] for entry in gateway.get("/media")["media"]}

    def add(picture: Picture) -> None:
        absent = picture.name not in present
        if absent:
            body = {"name": picture.name, "tags": list(picture.tags), "image": encoded(_drawn(picture))}
            present[picture.name] = gateway.post("/media/add", body)["id"]
        progress.step("media", added=absent)

    progress.at_once(add, library)
    for volume in dict.fromkeys(picture.volumes[0] for picture in library):
        if volume in volumes:
            own = [present[picture.name] for picture in library if picture.volumes[0] is volume]
            _show(gateway, volumes[volume], own)


def _drawn(picture: Picture) -> Image.Image:
    if picture.kind == "poster":
        return pictures.poster(picture.volumes[0])
    if picture.kind == "logo":
        return pictures.logo(picture.volumes[0])
    return pictures.wallpaper(list(picture.volumes))


def _show(gateway: Gateway, volume: int, media: list[int]) -> None:
    """Link media to a volume unless they are linked already."""
    shown = {entry["id"] for entry in gateway.get(f"/admin-volumes/id/{volume}")["media"]}
    added = [id for id in media if id not in shown]
    if added:
        gateway.post(f"/admin-volumes/edit-volume/{volume}", {"added_media": added})
