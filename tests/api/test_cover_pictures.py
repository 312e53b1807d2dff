"""Covers through the gateway: upload, crop, display, replacement, deletion."""

from functools import partial
from typing import Any

import pytest
from PIL import Image

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covers import PICTURE, cover_paths
from tests.support.overlap import at_once
from tests.support.pictures import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    YELLOW,
    base64_of,
    looks_like,
    opened,
    quarters,
)
from tests.support.waiting import wait_until

UPDATED = {"data": "Updated cover", "code": 200}
NO_COVER = (404, "Cover not found")
DELETED = {"data": "Deleted cover", "code": 200}


def upload(admin: Client, volume: int, image: str = PICTURE, side: str = "front", **more: Any) -> None:
    assert admin.post(f"/admin-volumes/update-image/{volume}/{side}", image=image, **more) == UPDATED


def shown(client: Client, volume: int, side: str = "front", size: str = "high") -> Image.Image:
    answer = client.ask("GET", f"/volumes/cover/{volume}/{side}/{size}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp"), answer.text
    return opened(answer.content)


def is_gone(client: Client, path: str) -> bool:
    return client.ask("GET", f"/files/{path}").status_code == 404


def test_each_side_has_its_own_cover(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    colours = {"front": RED, "back": GREEN, "spine": BLUE}
    for side, colour in colours.items():
        upload(admin, volume, base64_of(Image.new("RGB", (40, 60), colour)), side)
    stored = cover_paths(catalogue, volume)
    assert len(set(stored.values())) == 3
    for side, colour in colours.items():
        assert looks_like(shown(anonymous, volume, side), (colour,) * 4)
        assert (
            anonymous.ask("GET", f"/files/{stored[side]}").content
            == anonymous.ask("GET", f"/volumes/cover/{volume}/{side}/high").content
        )
    assert admin.delete(f"/admin-volumes/delete-image/{volume}/back") == DELETED
    assert cover_paths(catalogue, volume) == stored | {"back": None}
    assert anonymous.refused("GET", f"/volumes/cover/{volume}/back/high") == NO_COVER
    assert admin.refused("DELETE", f"/admin-volumes/delete-image/{volume}/back") == NO_COVER
    assert looks_like(shown(anonymous, volume, "spine"), (BLUE,) * 4)


def test_a_cover_comes_in_two_sizes_and_its_proportions_are_known(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    upload(admin, volume, base64_of(quarters(1400, 2800), "JPEG"))
    assert shown(anonymous, volume, size="high").size == (1000, 2000)
    assert shown(anonymous, volume, size="scaled").size == (200, 400)
    left_out = anonymous.ask("GET", f"/volumes/cover/{volume}/front")
    assert opened(left_out.content).size == (200, 400)
    document = catalogue.get_volume(volume)
    assert document["aspect_ratio"] == 0.5
    assert document["cover_path"].endswith("/high.webp")


@pytest.mark.parametrize("header", ["", "data:image/png;base64,", "data:image/jpeg;base64,"])
def test_a_picture_comes_bare_or_as_a_data_url(
    admin: Client, anonymous: Client, volume: int, header: str
) -> None:
    upload(admin, volume, header + PICTURE)
    assert looks_like(shown(anonymous, volume))


@pytest.mark.parametrize(
    ("crop", "colours", "ratio"),
    [
        ({"left": 0, "top": 0, "width": 30, "height": 45}, (RED,) * 4, 30 / 45),
        ({"left": "30", "top": "45", "width": "30", "height": "45"}, (YELLOW,) * 4, 30 / 45),
        ({"left": 29.6, "top": 0.2, "width": 30.4, "height": 44.8}, (GREEN,) * 4, 30 / 45),
        ({"left": 0, "top": 0, "width": 60, "height": 90}, CORNERS, 60 / 90),
        (None, CORNERS, 60 / 90),
        ("", CORNERS, 60 / 90),
    ],
)
def test_a_crop_is_cut_out(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int, crop: Any, colours: Any, ratio: float
) -> None:
    upload(admin, volume, crop=crop)
    assert looks_like(shown(anonymous, volume), colours)
    assert catalogue.get_volume(volume)["aspect_ratio"] == pytest.approx(ratio)


def test_a_crop_is_in_pixels_of_the_upright_picture(admin: Client, anonymous: Client, volume: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = base64_of(quarters(200, 400).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    upload(admin, volume, lying, crop={"left": 0, "top": 200, "width": 100, "height": 200})
    assert shown(anonymous, volume).size == (100, 200)
    assert looks_like(shown(anonymous, volume), (BLUE,) * 4)


def test_a_replaced_cover_is_swept_up(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    upload(admin, volume)
    first = cover_paths(catalogue, volume)["front"]
    upload(admin, volume, base64_of(Image.new("RGB", (10, 10), BLUE)))
    second = cover_paths(catalogue, volume)["front"]
    assert first is not None
    assert second not in (None, first)
    assert looks_like(shown(anonymous, volume), (BLUE,) * 4)
    wait_until(lambda: is_gone(anonymous, first))
    wait_until(lambda: is_gone(anonymous, first.replace("high", "scaled")))
    assert anonymous.ask("GET", f"/files/{second}").status_code == 200


def test_covers_go_with_what_they_belong_to(admin: Client, anonymous: Client, catalogue: Catalogue) -> None:
    series = catalogue.series()
    group = catalogue.group(series)
    volumes = [catalogue.volume(group) for _ in range(2)]
    for volume in volumes:
        upload(admin, volume)
    stored = [path for volume in volumes if (path := cover_paths(catalogue, volume)["front"])]
    admin.delete(f"/admin-volumes/delete-volume/{volumes[0]}")
    wait_until(lambda: is_gone(anonymous, stored[0]))
    assert not is_gone(anonymous, stored[1])
    admin.delete(f"/admin-series/delete/{series}")
    wait_until(lambda: is_gone(anonymous, stored[1]))


def test_two_uploads_of_one_cover_at_once_leave_one(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    """The last upload is shown completely; nothing of the others is left."""
    colours = [RED, GREEN, BLUE, YELLOW]
    images = [base64_of(Image.new("RGB", (300, 200), colour)) for colour in colours]
    at_once([partial(upload, admin, volume, image) for image in images])
    (won,) = [colour for colour in colours if looks_like(shown(anonymous, volume), (colour,) * 4)]
    assert looks_like(shown(anonymous, volume, size="scaled"), (won,) * 4)
    path = cover_paths(catalogue, volume)["front"]
    assert anonymous.ask("GET", f"/files/{path}").status_code == 200


def test_what_is_transparent_becomes_white(admin: Client, anonymous: Client, volume: int) -> None:
    upload(admin, volume, base64_of(Image.new("RGBA", (20, 20), (0, 0, 0, 0))))
    picture = shown(anonymous, volume)
    assert (picture.mode, looks_like(picture, ((255, 255, 255),) * 4)) == ("RGB", True)
