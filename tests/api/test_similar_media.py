"""Media: preview and colour of a picture, and the library's entries with a similar one."""

import io
import random
import secrets
from typing import Any

import psycopg2
import pytest
from PIL import Image

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING, UNAUTHORIZED
from tests.support.ids import MAX_ID
from tests.support.pictures import base64_of


def drawn() -> Image.Image:
    """Return a picture that no other test has."""
    chance = random.Random(secrets.token_bytes(8))
    coarse = Image.frombytes("RGB", (9, 13), bytes(chance.randrange(256) for _ in range(9 * 13 * 3)))
    return coarse.resize((450, 650), Image.Resampling.BICUBIC)


def add(by: Client, picture: str) -> Any:
    return by.post("/media/add", name="Poster", tags=["art"], image=picture)


def entry(by: Client, id: int) -> Any:
    return next(media for media in by.get("/media", limit=50)["media"] if media["id"] == id)


def test_what_the_library_has_is_named_whatever_became_of_it(editor: Client) -> None:
    picture = drawn()
    original = base64_of(picture)
    first = add(editor, original)
    assert first == {"data": "Media added successfully", "code": 200, "id": first["id"], "similar": []}
    copies = {
        "the same bytes": original,
        "another format": base64_of(picture, "JPEG", quality=60),
        "a smaller one": base64_of(picture.resize((225, 325)), "WEBP", quality=70),
    }
    before = [first["id"]]
    for name, copy in copies.items():
        added = add(editor, copy)
        assert sorted(added["similar"]) == before, name
        before.append(added["id"])
    assert add(editor, base64_of(drawn()))["similar"] == []


def test_the_nearest_come_first_and_of_equals_the_oldest(editor: Client) -> None:
    picture = drawn()
    same = [add(editor, base64_of(picture))["id"] for _ in range(3)]
    add(editor, base64_of(picture.resize((60, 87)), "JPEG", quality=10))
    page = editor.get(f"/media/similar/{same[1]}")["media"]
    assert [media["id"] for media in page[:2]] == [same[0], same[2]]
    distances = [media["distance"] for media in page]
    assert distances == sorted(distances)
    assert distances[:2] == [0, 0]


def test_similar_media_are_listed_as_the_library_lists_them(editor: Client) -> None:
    picture = drawn()
    ids = [add(editor, base64_of(picture, "JPEG", quality=quality))["id"] for quality in (90, 80, 70)]
    page = editor.get(f"/media/similar/{ids[0]}")
    assert {media["id"] for media in page["media"]} == set(ids[1:])
    assert (page["max"], page["from"], page["to"], page["total"]) == (1, 1, 2, 2)
    for media in page["media"]:
        distance = media.pop("distance")
        assert 0 <= distance <= 7
        assert media == entry(editor, media["id"])
    assert [media["id"] for media in editor.get(f"/media/similar/{ids[0]}", limit=1, offset=1)["media"]] == [
        page["media"][1]["id"]
    ]
    assert editor.get(f"/media/similar/{ids[0]}", search="nothing of the kind")["total"] == 0


def test_plain_pictures_are_the_same_by_their_bytes_only(editor: Client) -> None:
    white, grey = (
        base64_of(Image.new("RGB", (50, 50), (value,) * 3)) for value in (secrets.randbelow(99), 200)
    )
    first = add(editor, white)["id"]
    assert first not in add(editor, grey)["similar"]
    assert first in add(editor, white)["similar"]


def test_a_picture_says_what_it_looks_like(editor: Client) -> None:
    id = add(editor, base64_of(Image.new("RGB", (300, 200), (200, 20, 20))))["id"]
    media = entry(editor, id)
    assert media["placeholder"]
    red, green, blue = (int(media["color"][at : at + 2], 16) for at in (1, 3, 5))
    assert red > 150
    assert max(green, blue) < 80


def test_entries_of_before_have_no_looks_and_are_similar_to_none(editor: Client, stack: Stack) -> None:
    picture = base64_of(drawn())
    id = add(editor, picture)["id"]
    with psycopg2.connect(stack.admin_database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE media.media SET placeholder = NULL, color = NULL, sha256 = NULL, phash = NULL WHERE id = %s",
            [id],
        )
    connection.close()
    assert editor.get(f"/media/similar/{id}")["media"] == []
    assert add(editor, picture)["similar"] == []
    media = entry(editor, id)
    assert (media["placeholder"], media["color"]) == (None, None)


def test_unknown_media_and_those_who_may_not_are_refused(
    editor: Client, member: Client, anonymous: Client
) -> None:
    assert editor.refused("GET", f"/media/similar/{MAX_ID}") == (404, "Media not found")
    assert editor.refused("GET", "/media/similar/x") == INVALID
    assert editor.refused("GET", "/media/similar") == MISSING
    assert member.refused("GET", "/media/similar/1") == FORBIDDEN
    assert anonymous.refused("GET", "/media/similar/1") == UNAUTHORIZED


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_an_alpha_channel_or_a_format_makes_no_other_picture(editor: Client, quality: int) -> None:
    picture = drawn()
    first = add(editor, base64_of(picture))["id"]
    file = io.BytesIO()
    picture.save(file, "AVIF", quality=quality, speed=10)
    assert add(editor, base64_of(file.getvalue()))["similar"] == [first]


def test_a_volume_shows_what_its_media_look_like(editor: Client, catalogue: Any) -> None:
    id = add(editor, base64_of(drawn()))["id"]
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    catalogue.admin.post(f"/admin-volumes/edit-volume/{volume}", added_media=[id])
    (shown,) = catalogue.get_volume(volume)["media"]
    listed = entry(editor, id)
    assert {name: shown[name] for name in ("path", "placeholder", "color")} == {
        name: listed[name] for name in ("path", "placeholder", "color")
    }
    assert shown["color"]
