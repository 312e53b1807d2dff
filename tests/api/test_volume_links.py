"""Links and media of volumes."""

import base64
import io

from PIL import Image

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID

UNKNOWN = (404, "Volume not found")


def media(admin: Client, name: str) -> int:
    """Add a picture to the media library; return its id."""
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    body = {"name": name, "tags": [], "image": base64.b64encode(picture.getvalue()).decode()}
    return int(admin.post("/media/add", **body)["id"])


def test_links_come_and_go(catalogue: Catalogue, group: int, volume: int) -> None:
    full = {"url": "https://example.com/a?b=c", "name": "Shop", "src": "publisher"}
    catalogue.edit_volume(volume, added_links=[full, {"url": "http://example.com/ü"}])
    links = catalogue.get_volume(volume)["links"]
    assert links == [
        {"id": links[0]["id"], **full},
        {"id": links[1]["id"], "url": "http://example.com/ü", "name": None, "src": None},
    ]
    other = catalogue.volume(group)
    assert catalogue.refused_edit(other, removed_links=[links[0]["id"]]) == INVALID
    catalogue.edit_volume(volume, removed_links=[links[0]], added_links=[full])
    assert catalogue.get_volume(volume)["links"][0] == links[1]
    catalogue.edit_volume(volume, removed_links=[links[1]["id"]])
    assert len(catalogue.get_volume(volume)["links"]) == 1


def test_media_come_and_go_and_leave_with_their_library_entry(catalogue: Catalogue, volume: int) -> None:
    first, second = media(catalogue.admin, "First"), media(catalogue.admin, "Second")
    catalogue.edit_volume(volume, added_media=[first, {"id": second}, first])
    shown = catalogue.get_volume(volume)["media"]
    assert [(entry["id"], entry["name"]) for entry in shown] == [(first, "First"), (second, "Second")]
    assert all(entry["path"].endswith("/high.webp") for entry in shown)
    catalogue.edit_volume(volume, added_media=[first], removed_media=[first])
    catalogue.edit_volume(volume, removed_media=[{"id": second, "name": "Second"}])
    assert [entry["id"] for entry in catalogue.get_volume(volume)["media"]] == [first]
    assert catalogue.refused_edit(volume, removed_media=[second]) == INVALID
    catalogue.admin.delete(f"/media/delete/{first}")
    assert catalogue.get_volume(volume)["media"] == []


def test_a_deleted_volume_is_gone_with_all_that_hung_on_it(
    catalogue: Catalogue, group: int, volume: int
) -> None:
    after = catalogue.volume(group)
    used = media(catalogue.admin, "Used")
    catalogue.edit_volume(volume, added_links=[{"url": "https://example.com"}], added_media=[used])
    slug = catalogue.get_volume(volume)["slug"]
    answer = catalogue.admin.delete(f"/admin-volumes/delete-volume/{volume}")
    assert answer == {"data": "Deleted volume", "code": 200}
    assert catalogue.admin.refused("GET", f"/admin-volumes/id/{volume}") == UNKNOWN
    assert catalogue.admin.refused("DELETE", f"/admin-volumes/delete-volume/{volume}") == UNKNOWN
    assert catalogue.admin.refused("GET", f"/volumes/slug/{slug}") == UNKNOWN
    assert catalogue.get_volume(after)["group_order"] == 0
    catalogue.admin.delete(f"/media/delete/{used}")
