"""Covers cropped again from the uploaded picture."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import ImageOps

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING, UNAUTHORIZED
from tests.support.ids import MAX_ID
from tests.support.pictures import CORNERS, base64_of, looks_like, noise, opened, quarters

TOP_LEFT = {"left": 0, "top": 0, "width": 300, "height": 200}
RIGHT = {"left": 300, "top": 0, "width": 300, "height": 400}
UPDATED = {"data": "Updated cover", "code": 200}


@pytest.fixture
def storage(stack: Stack) -> Path:
    return Path(urlsplit(stack.settings("file-1")["STORAGE_URL"]).path)


def upload(by: Client, volume: int, side: str = "front", **more: Any) -> Any:
    picture = more.pop("picture", None) or base64_of(quarters())
    return by.post(f"/admin-volumes/update-image/{volume}/{side}", image=picture, **more)


def recrop(by: Client, volume: int, crop: Mapping[str, int], side: str = "front") -> Any:
    return by.post(f"/admin-volumes/recrop-image/{volume}/{side}", crop=crop)


def shown(by: Client, volume: int, side: str = "front") -> Any:
    answer = by.ask("GET", f"/volumes/cover/{volume}/{side}/high")
    assert answer.status_code == 200
    return opened(answer.content)


def cover_path(by: Client, volume: int) -> str:
    return str(by.get(f"/admin-volumes/id/{volume}")["cover_path"])


def test_a_cover_is_cut_anew_as_often_as_one_likes(editor: Client, volume: int) -> None:
    upload(editor, volume, crop=TOP_LEFT)
    assert looks_like(shown(editor, volume), (CORNERS[0],) * 4)
    paths = [cover_path(editor, volume)]
    for crop, size, colours in (
        (RIGHT, (300, 400), (CORNERS[1], CORNERS[1], CORNERS[3], CORNERS[3])),
        (TOP_LEFT, (300, 200), (CORNERS[0],) * 4),
        ({"left": 0, "top": 0, "width": 600, "height": 400}, (600, 400), CORNERS),
    ):
        assert recrop(editor, volume, crop) == UPDATED
        picture = shown(editor, volume)
        assert picture.size == size
        assert looks_like(picture, colours)
        document = editor.get(f"/admin-volumes/id/{volume}")
        assert document["aspect_ratio"] == pytest.approx(size[0] / size[1])
        assert document["placeholder"]
        paths.append(document["cover_path"])
    assert len(set(paths)) == 4


def test_the_crop_is_in_pixels_of_the_upright_picture(editor: Client, volume: int) -> None:
    picture = quarters()
    exif = picture.getexif()
    exif[0x0112] = 6  # displayed rotated by a quarter to the right: 400 x 600
    upload(editor, volume, picture=base64_of(picture, "JPEG", quality=95, exif=exif))
    bottom = {"left": 0, "top": 300, "width": 400, "height": 300}
    recrop(editor, volume, bottom)
    seen = shown(editor, volume)
    assert seen.size == (400, 300)
    assert looks_like(seen, (CORNERS[3], CORNERS[1], CORNERS[3], CORNERS[1]), tolerance=25)
    recrop(editor, volume, bottom | {"top": 0})
    assert looks_like(shown(editor, volume), (CORNERS[2], CORNERS[0], CORNERS[2], CORNERS[0]), tolerance=25)


def test_each_side_is_cut_by_itself(editor: Client, volume: int) -> None:
    upload(editor, volume)
    upload(editor, volume, "back")
    front = cover_path(editor, volume)
    recrop(editor, volume, TOP_LEFT, "back")
    assert cover_path(editor, volume) == front
    assert looks_like(shown(editor, volume, "back"), (CORNERS[0],) * 4)


def test_what_cannot_be_cut_is_refused(
    editor: Client, volume: int, member: Client, anonymous: Client, storage: Path
) -> None:
    path = f"/admin-volumes/recrop-image/{volume}/front"
    assert editor.refused("POST", path, json={"crop": TOP_LEFT}) == (404, "Cover not found")
    unknown = f"/admin-volumes/recrop-image/{MAX_ID}/front"
    assert editor.refused("POST", unknown, json={"crop": TOP_LEFT}) == (404, "Volume not found")
    upload(editor, volume)
    before = cover_path(editor, volume)
    assert editor.refused("POST", path, json={}) == MISSING
    assert editor.refused("POST", path, json={"crop": None}) == MISSING
    for crop in (
        {"left": 500, "top": 0, "width": 101, "height": 10},
        {"left": 0},
        "all",
        TOP_LEFT | {"top": -1},
    ):
        answer = editor.ask("POST", path, json={"crop": crop})
        assert (answer.status_code, answer.json()["data"]) == INVALID
        assert list(answer.json()["errors"]) == ["crop"]
    assert member.refused("POST", path, json={"crop": TOP_LEFT}) == FORBIDDEN
    assert anonymous.refused("POST", path, json={"crop": TOP_LEFT}) == UNAUTHORIZED
    assert cover_path(editor, volume) == before


def test_who_cuts_sees_what_is_cut(editor: Client, volume: int, storage: Path) -> None:
    drawn = quarters()
    exif = drawn.getexif()
    exif[0x0112] = 6
    upload(
        editor, volume, picture=base64_of(drawn, "JPEG", quality=95, exif=exif), crop=TOP_LEFT | {"width": 9}
    )
    path = f"/admin-volumes/original-image/{volume}/front"
    answer = editor.ask("GET", path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    upright = ImageOps.exif_transpose(opened(answer.content))
    assert upright.size == (400, 600)  # as browsers show it, and as crops count
    assert looks_like(upright, (CORNERS[2], CORNERS[0], CORNERS[3], CORNERS[1]), tolerance=25)
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert editor.ask("GET", path, headers=etag).status_code == 304
    part = editor.ask("GET", path, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, b"\xff\xd8")
    recrop(editor, volume, TOP_LEFT)
    again = editor.ask("GET", path, headers=etag)
    assert (again.status_code, again.content) == (200, answer.content)


def test_an_original_is_shown_to_nobody_else(
    editor: Client, member: Client, anonymous: Client, volume: int, storage: Path
) -> None:
    path = f"/admin-volumes/original-image/{volume}/front"
    assert editor.refused("GET", path) == (404, "Cover not found")
    assert editor.refused("GET", f"/admin-volumes/original-image/{MAX_ID}/front") == (
        404,
        "Volume not found",
    )
    upload(editor, volume)
    assert member.refused("GET", path) == FORBIDDEN
    assert anonymous.refused("GET", path) == UNAUTHORIZED
    folder = (storage / cover_path(editor, volume)).parent
    (original,) = folder.glob("original.*")
    assert anonymous.refused("GET", f"/files/{folder.name}/{original.name}") == (404, "Not found")
    original.unlink()
    assert editor.refused("GET", path) == (404, "Original not found")


def test_a_cover_without_its_original_says_so(editor: Client, volume: int, storage: Path) -> None:
    upload(editor, volume)
    path = cover_path(editor, volume)
    for file in (storage / path).parent.iterdir():
        if not file.name.endswith(".webp") or file.name.startswith("original"):
            file.unlink()
    refusal = editor.refused("POST", f"/admin-volumes/recrop-image/{volume}/front", json={"crop": TOP_LEFT})
    assert refusal == (409, "Original not kept")
    assert cover_path(editor, volume) == path
    shutil.rmtree((storage / path).parent)
    refusal = editor.refused("POST", f"/admin-volumes/recrop-image/{volume}/front", json={"crop": TOP_LEFT})
    assert refusal == (409, "Conflict")


def test_the_picture_that_was_cut_is_swept_up(editor: Client, volume: int, storage: Path) -> None:
    upload(editor, volume, picture=base64_of(noise(300, 200)))
    before = cover_path(editor, volume).partition("/")[0]
    recrop(editor, volume, {"left": 0, "top": 0, "width": 100, "height": 100})
    after = cover_path(editor, volume).partition("/")[0]
    while (storage / before).exists():
        pass  # the sweeper was woken
    assert {file.name for file in (storage / after).iterdir()} > {"high.webp", "scaled.webp", "cut.json"}
