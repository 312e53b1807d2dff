"""Uploads of covers that are refused: crops, pictures, paths and bodies."""

import base64
from typing import Any

import pytest
from PIL import Image

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covers import PICTURE, cover_paths
from tests.support.errors import FORBIDDEN, INVALID, MISSING, UNAUTHORIZED
from tests.support.ids import MAX_ID
from tests.support.pictures import (
    base64_of,
    encoded,
    noise,
    quarters,
)

NO_VOLUME, NO_COVER = (404, "Volume not found"), (404, "Cover not found")


def refusal(admin: Client, path: str, **body: Any) -> tuple[int, str, dict[str, str]]:
    answer = admin.ask("POST", f"/admin-volumes/update-image/{path}", json=body)
    document = answer.json()
    assert document["code"] == answer.status_code
    return answer.status_code, document["data"], document.get("errors", {})


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
    assert (status, text, set(errors)) == (*INVALID, {"crop"})
    assert cover_paths(catalogue, volume)["front"] is None


def test_nan_is_no_number_of_json(admin: Client, volume: int) -> None:
    body = f'{{"image": "{PICTURE}", "crop": {{"left": NaN, "top": 0, "width": 1, "height": 1}}}}'
    path = f"/admin-volumes/update-image/{volume}/front"
    assert admin.refused("POST", path, data=body, headers={"Content-Type": "application/json"}) == INVALID


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
    assert (status, text, list(errors)) == (*INVALID, ["image"])
    assert errors["image"].startswith(reason)
    assert cover_paths(catalogue, volume)["front"] is None


@pytest.mark.parametrize("body", [{}, {"image": None}, {"image": ""}, {"image": "  "}, {"crop": None}])
def test_a_picture_is_required(admin: Client, volume: int, body: dict[str, Any]) -> None:
    assert refusal(admin, f"{volume}/front", **body) == (*MISSING, {"image": "is required"})


def test_a_wrong_address_is_refused(admin: Client, anonymous: Client, volume: int) -> None:
    for path, expected, field in (
        (f"{volume}/top", INVALID, "type"),
        ("0/front", INVALID, "id"),
        ("x/front", INVALID, "id"),
        (f"{volume}", MISSING, "type"),
        ("", MISSING, "id"),
    ):
        assert admin.refused("DELETE", f"/admin-volumes/delete-image/{path}") == expected
        status, said, errors = refusal(admin, path, image=PICTURE)
        assert (status, said, field in errors) == (*expected, True)
    for path, expected in (
        (f"{volume}/front/huge", INVALID),
        (f"{volume}/top/high", INVALID),
        (f"{volume}", MISSING),
    ):
        assert anonymous.refused("GET", f"/volumes/cover/{path}") == expected


def test_a_wrong_address_and_a_wrong_body_are_named_together(admin: Client, volume: int) -> None:
    both = {"id": "must be a whole number in plain decimal digits", "image": "is required"}
    assert refusal(admin, "x/front") == (*MISSING, both)
    status, text, errors = refusal(admin, "x/top", image="?", crop=7)
    assert (status, text, set(errors)) == (*INVALID, {"id", "type", "image", "crop"})
    assert refusal(admin, f"{volume}", image=PICTURE) == (*MISSING, {"type": "is required"})


def test_a_large_body_is_not_read_for_a_wrong_address(admin: Client) -> None:
    status, text, errors = refusal(admin, "x/front", image="?" * 100_000)
    assert (status, text, set(errors)) == (*INVALID, {"id"})


def test_what_is_wrong_comes_before_what_is_not_there(admin: Client, anonymous: Client) -> None:
    assert refusal(admin, f"{MAX_ID}/front", image="?")[:2] == INVALID
    assert refusal(admin, f"{MAX_ID}/front", image=PICTURE, crop={"left": 0})[:2] == INVALID
    crop = {"left": 0, "top": 0, "width": 1000, "height": 1000}
    assert refusal(admin, f"{MAX_ID}/front", image=PICTURE, crop=crop)[:2] == INVALID
    assert refusal(admin, f"{MAX_ID}/front", image=PICTURE)[:2] == NO_VOLUME
    assert admin.refused("DELETE", f"/admin-volumes/delete-image/{MAX_ID}/front") == NO_VOLUME
    assert anonymous.refused("GET", f"/volumes/cover/{MAX_ID}/front/high") == NO_COVER


def test_who_may_not_edit_is_told_so_whatever_they_send(
    anonymous: Client, powerless: Client, volume: int
) -> None:
    path = f"/admin-volumes/update-image/{volume}/front"
    for body in ({"image": PICTURE}, {"image": "?"}, {}):
        assert anonymous.refused("POST", path, json=body) == UNAUTHORIZED
        assert powerless.refused("POST", path, json=body) == FORBIDDEN
    assert powerless.refused("DELETE", f"/admin-volumes/delete-image/{volume}/front") == FORBIDDEN


def test_only_json_is_read(admin: Client, volume: int) -> None:
    path = f"/admin-volumes/update-image/{volume}/front"
    assert admin.refused("POST", path, data={"image": PICTURE}) == INVALID
    assert admin.refused("POST", path, files={"image": encoded(quarters())}) == INVALID
    assert admin.refused("POST", path, json=[PICTURE]) == INVALID
    assert admin.refused("POST", path) == MISSING
