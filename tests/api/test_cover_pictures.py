"""Covers through the gateway: uploaded, cut, shown, replaced, deleted."""

import base64
from functools import partial
from typing import Any

import pytest
from PIL import Image

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.pictures import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    YELLOW,
    base64_of,
    encoded,
    looks_like,
    noise,
    opened,
    quarters,
)
from tests.support.terminal import eventually

UPDATED = {"data": "Updated cover", "code": 200}
DELETED = {"data": "Deleted cover", "code": 200}
NO_VOLUME, NO_COVER = (404, "Volume not found"), (404, "Cover not found")
MISSING, INVALID = "Required parameters missing", "Invalid parameters"
FIELDS = {"front": "cover_path", "back": "back_cover_path", "spine": "spine_cover_path"}
PICTURE = base64_of(quarters(60, 90))
LARGEST = 9007199254740991


@pytest.fixture
def volume(catalogue: Catalogue) -> int:
    return catalogue.volume(catalogue.group(catalogue.series()))


def upload(admin: Client, volume: int, image: str = PICTURE, side: str = "front", **more: Any) -> None:
    assert admin.post(f"/admin-volumes/update-image/{volume}/{side}", image=image, **more) == UPDATED


def paths(catalogue: Catalogue, volume: int) -> dict[str, str | None]:
    document = catalogue.get_volume(volume)
    return {side: document[field] for side, field in FIELDS.items()}


def shown(client: Client, volume: int, side: str = "front", size: str = "high") -> Image.Image:
    answer = client.ask("GET", f"/volumes/cover/{volume}/{side}/{size}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp"), answer.text
    return opened(answer.content)


def is_gone(client: Client, path: str) -> bool:
    return client.ask("GET", f"/files/{path}").status_code == 404


def refusal(admin: Client, path: str, **body: Any) -> tuple[int, str, dict[str, str]]:
    answer = admin.ask("POST", f"/admin-volumes/update-image/{path}", json=body)
    document = answer.json()
    assert document["code"] == answer.status_code
    return answer.status_code, document["data"], document.get("errors", {})


def test_each_side_has_its_own_cover(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    colours = {"front": RED, "back": GREEN, "spine": BLUE}
    for side, colour in colours.items():
        upload(admin, volume, base64_of(Image.new("RGB", (40, 60), colour)), side)
    stored = paths(catalogue, volume)
    assert len(set(stored.values())) == 3
    for side, colour in colours.items():
        assert looks_like(shown(anonymous, volume, side), (colour,) * 4)
        assert (
            anonymous.ask("GET", f"/files/{stored[side]}").content
            == anonymous.ask("GET", f"/volumes/cover/{volume}/{side}/high").content
        )
    assert admin.delete(f"/admin-volumes/delete-image/{volume}/back") == DELETED
    assert paths(catalogue, volume) == stored | {"back": None}
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


@pytest.mark.parametrize(
    "crop",
    [
        {"left": 0, "top": 0, "width": 61, "height": 90},
        {"left": 1, "top": 0, "width": 60, "height": 90},
        {"left": 0, "top": 60, "width": 10, "height": 31},
        {"left": -1, "top": 0, "width": 10, "height": 10},
        {"left": 0, "top": -0.5, "width": 10, "height": 10},
        {"left": 0, "top": 0, "width": 0, "height": 10},
        {"left": 0, "top": 0, "width": 10, "height": -10},
        {"left": 0, "top": 0, "width": "NaN", "height": 10},
        {"left": 0, "top": 0, "width": 1e308, "height": 1e308},
        {"left": 0, "top": 0, "width": True, "height": 10},
        {"left": 0, "top": 0, "width": 10},
        {"left": 10.1, "top": 10.1, "width": 0.2, "height": 0.2},
        {},
        [0, 0, 10, 10],
        "0,0,10,10",
        7,
    ],
    ids=str,
)
def test_a_crop_that_cannot_be_cut_is_refused(
    admin: Client, catalogue: Catalogue, volume: int, crop: Any
) -> None:
    status, text, errors = refusal(admin, f"{volume}/front", image=PICTURE, crop=crop)
    assert (status, text, set(errors)) == (400, INVALID, {"crop"})
    assert paths(catalogue, volume)["front"] is None


def test_nan_is_no_number_of_json(admin: Client, volume: int) -> None:
    body = f'{{"image": "{PICTURE}", "crop": {{"left": NaN, "top": 0, "width": 1, "height": 1}}}}'
    path = f"/admin-volumes/update-image/{volume}/front"
    assert admin.refused("POST", path, data=body, headers={"Content-Type": "application/json"}) == (
        400,
        INVALID,
    )


NOTHING = base64.b64encode(b"nothing of the kind").decode()


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (7, "must be base64 text"),
        ([PICTURE], "must be base64 text"),
        (PICTURE[:-1], "must be standard base64"),
        (PICTURE[:40] + "\n" + PICTURE[40:], "must be standard base64"),
        (PICTURE.replace("=", "").replace("+", "-").replace("/", "_") + "-", "must be standard base64"),
        ("data:image/png," + PICTURE, "must be a data URL in base64"),
        ("data:image/png;base64,", "holds no picture"),
        (NOTHING, "is no JPEG, PNG, WebP, GIF or AVIF picture"),
        (base64_of(quarters(), "TIFF"), "is no JPEG, PNG, WebP, GIF or AVIF picture"),
        (base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(), "is no JPEG, PNG"),
        (base64_of(encoded(noise(200, 200), "JPEG")[:9000]), "cannot be decoded"),
        (base64_of(Image.new("L", (6001, 4000))), "has more than 24 megapixels"),
    ],
    ids=range(12),
)
def test_an_unusable_picture_is_refused_with_the_reason(
    admin: Client, catalogue: Catalogue, volume: int, image: Any, reason: str
) -> None:
    status, text, errors = refusal(admin, f"{volume}/front", image=image)
    assert (status, text, list(errors)) == (400, INVALID, ["image"])
    assert errors["image"].startswith(reason)
    assert paths(catalogue, volume)["front"] is None


@pytest.mark.parametrize("body", [{}, {"image": None}, {"image": ""}, {"image": "  "}, {"crop": None}])
def test_a_picture_is_required(admin: Client, volume: int, body: dict[str, Any]) -> None:
    assert refusal(admin, f"{volume}/front", **body) == (400, MISSING, {"image": "is required"})


def test_a_wrong_address_is_refused(admin: Client, anonymous: Client, volume: int) -> None:
    for path, text, field in (
        (f"{volume}/top", INVALID, "type"),
        ("0/front", INVALID, "id"),
        ("x/front", INVALID, "id"),
        (f"{volume}", MISSING, "type"),
        ("", MISSING, "id"),
    ):
        assert admin.refused("DELETE", f"/admin-volumes/delete-image/{path}") == (400, text)
        status, said, errors = refusal(admin, path, image=PICTURE)
        assert (status, said, field in errors) == (400, text, True)
    for path, text in (
        (f"{volume}/front/huge", INVALID),
        (f"{volume}/top/high", INVALID),
        (f"{volume}", MISSING),
    ):
        assert anonymous.refused("GET", f"/volumes/cover/{path}") == (400, text)


def test_a_wrong_address_and_a_wrong_body_are_named_together(admin: Client, volume: int) -> None:
    both = {"id": "must be a whole number in plain decimal digits", "image": "is required"}
    assert refusal(admin, "x/front") == (400, MISSING, both)
    status, text, errors = refusal(admin, "x/top", image="?", crop=7)
    assert (status, text, set(errors)) == (400, INVALID, {"id", "type", "image", "crop"})
    assert refusal(admin, f"{volume}", image=PICTURE) == (400, MISSING, {"type": "is required"})


def test_a_large_body_is_not_read_for_a_wrong_address(admin: Client) -> None:
    status, text, errors = refusal(admin, "x/front", image="?" * 100_000)
    assert (status, text, set(errors)) == (400, INVALID, {"id"})


def test_what_is_wrong_comes_before_what_is_not_there(admin: Client, anonymous: Client) -> None:
    assert refusal(admin, f"{LARGEST}/front", image="?")[:2] == (400, INVALID)
    assert refusal(admin, f"{LARGEST}/front", image=PICTURE, crop={"left": 0})[:2] == (400, INVALID)
    crop = {"left": 0, "top": 0, "width": 1000, "height": 1000}
    assert refusal(admin, f"{LARGEST}/front", image=PICTURE, crop=crop)[:2] == (400, INVALID)
    assert refusal(admin, f"{LARGEST}/front", image=PICTURE)[:2] == NO_VOLUME
    assert admin.refused("DELETE", f"/admin-volumes/delete-image/{LARGEST}/front") == NO_VOLUME
    assert anonymous.refused("GET", f"/volumes/cover/{LARGEST}/front/high") == NO_COVER


def test_who_may_not_edit_is_told_so_whatever_they_send(
    anonymous: Client, powerless: Client, volume: int
) -> None:
    path = f"/admin-volumes/update-image/{volume}/front"
    for body in ({"image": PICTURE}, {"image": "?"}, {}):
        assert anonymous.refused("POST", path, json=body) == (401, "Unauthorized")
        assert powerless.refused("POST", path, json=body) == (403, "Forbidden")
    assert powerless.refused("DELETE", f"/admin-volumes/delete-image/{volume}/front") == (403, "Forbidden")


def test_a_replaced_cover_is_swept_up(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    upload(admin, volume)
    first = paths(catalogue, volume)["front"]
    upload(admin, volume, base64_of(Image.new("RGB", (10, 10), BLUE)))
    second = paths(catalogue, volume)["front"]
    assert first is not None
    assert second not in (None, first)
    assert looks_like(shown(anonymous, volume), (BLUE,) * 4)
    eventually(lambda: is_gone(anonymous, first))
    eventually(lambda: is_gone(anonymous, first.replace("high", "scaled")))
    assert anonymous.ask("GET", f"/files/{second}").status_code == 200


def test_covers_go_with_what_they_belong_to(admin: Client, anonymous: Client, catalogue: Catalogue) -> None:
    series = catalogue.series()
    group = catalogue.group(series)
    volumes = [catalogue.volume(group) for _ in range(2)]
    for volume in volumes:
        upload(admin, volume)
    stored = [path for volume in volumes if (path := paths(catalogue, volume)["front"])]
    admin.delete(f"/admin-volumes/delete-volume/{volumes[0]}")
    eventually(lambda: is_gone(anonymous, stored[0]))
    assert not is_gone(anonymous, stored[1])
    admin.delete(f"/admin-series/delete/{series}")
    eventually(lambda: is_gone(anonymous, stored[1]))


def test_two_uploads_of_one_cover_at_once_leave_one(
    admin: Client, anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    """Whoever comes last is shown, whole; of the others nothing is left."""
    colours = [RED, GREEN, BLUE, YELLOW]
    images = [base64_of(Image.new("RGB", (300, 200), colour)) for colour in colours]
    at_once([partial(upload, admin, volume, image) for image in images])
    (won,) = [colour for colour in colours if looks_like(shown(anonymous, volume), (colour,) * 4)]
    assert looks_like(shown(anonymous, volume, size="scaled"), (won,) * 4)
    path = paths(catalogue, volume)["front"]
    assert anonymous.ask("GET", f"/files/{path}").status_code == 200


def test_what_is_transparent_becomes_white(admin: Client, anonymous: Client, volume: int) -> None:
    upload(admin, volume, base64_of(Image.new("RGBA", (20, 20), (0, 0, 0, 0))))
    picture = shown(anonymous, volume)
    assert (picture.mode, looks_like(picture, ((255, 255, 255),) * 4)) == ("RGB", True)


def test_only_json_is_read(admin: Client, volume: int) -> None:
    path = f"/admin-volumes/update-image/{volume}/front"
    assert admin.refused("POST", path, data={"image": PICTURE}) == (400, INVALID)
    assert admin.refused("POST", path, files={"image": encoded(quarters())}) == (400, INVALID)
    assert admin.refused("POST", path, json=[PICTURE]) == (400, INVALID)
    assert admin.refused("POST", path) == (400, MISSING)
