"""Profile images as any client gets them."""

import pytest
from PIL import Image

from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING
from tests.support.pictures import BLUE, RED, base64_of, looks_like, opened, quarters

FOREVER, SHORTLY = "public, max-age=31536000, immutable", "public, max-age=60"


def avatar(client: Client, user: Client, rest: str = "") -> str:
    return f"/user/avatar/{user.user['id']}{rest}"


def upload(member: Client, image: Image.Image) -> None:
    member.post(f"/user/update-image/{member.user['id']}", image=base64_of(image))


@pytest.mark.parametrize(("rest", "side"), [("", 400), ("/scaled", 400), ("/high", 800)])
def test_who_has_no_picture_is_shown_as_nobody(
    anonymous: Client, member: Client, rest: str, side: int
) -> None:
    answer = anonymous.ask("GET", avatar(anonymous, member, rest))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == SHORTLY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert opened(answer.content).size == (side, side)
    again = anonymous.ask(
        "GET", avatar(anonymous, member, rest), headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    lasting = anonymous.ask("GET", avatar(anonymous, member, rest + "?hash=0"))
    assert lasting.headers["Cache-Control"] == SHORTLY


def test_a_picture_takes_the_place_of_nobody_and_nobody_its(anonymous: Client, member: Client) -> None:
    before = anonymous.ask("GET", avatar(anonymous, member)).headers["ETag"]
    upload(member, quarters(900, 900))
    for rest, side in (("", 400), ("/high", 900)):
        shown = anonymous.ask("GET", avatar(anonymous, member, rest))
        picture = opened(shown.content)
        assert (picture.size, looks_like(picture), shown.headers["ETag"] != before) == (
            (side, side),
            True,
            True,
        )
    member.delete(f"/user/delete-image/{member.user['id']}")
    assert anonymous.ask("GET", avatar(anonymous, member)).headers["ETag"] == before


def test_the_version_is_a_key_or_a_number(anonymous: Client, member: Client) -> None:
    upload(member, Image.new("RGB", (20, 20), RED))
    upload(member, Image.new("RGB", (20, 20), BLUE))
    user = member.get("/auth/me")["user"]
    key, version = user["profile_image"].partition("/")[0], user["image_version"]
    cached = {
        f"?hash={key}": FOREVER,
        f"?hash={version}": FOREVER,
        f"?hash={version - 1}": SHORTLY,
        "": SHORTLY,
    }
    for query, lasting in cached.items():
        answer = anonymous.ask("GET", avatar(anonymous, member, "/high" + query))
        assert answer.headers["Cache-Control"] == lasting, query
        assert looks_like(opened(answer.content), (BLUE,) * 4)


def test_what_is_transparent_stays_so(anonymous: Client, member: Client) -> None:
    upload(member, Image.new("RGBA", (20, 20), (0, 0, 0, 0)))
    assert opened(anonymous.ask("GET", avatar(anonymous, member, "/high")).content).mode == "RGBA"


def test_an_unusable_picture_is_refused(member: Client) -> None:
    path = f"/user/update-image/{member.user['id']}"
    answer = member.ask("POST", path, json={"image": "?"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"image"})
    assert member.refused("POST", path, json={"image": ""}) == MISSING
    assert member.refused("POST", "/user/update-image/abc", json={"image": "?"}) == INVALID


def test_that_it_is_not_ones_own_comes_before_what_is_wrong_with_it(
    member: Client, powerless: Client
) -> None:
    path = f"/user/update-image/{member.user['id']}"
    for body in ({}, {"image": "?"}):
        assert powerless.refused("POST", path, json=body) == FORBIDDEN


def test_a_wrong_address_is_refused(anonymous: Client, member: Client) -> None:
    for path, expected in (
        (avatar(anonymous, member, "/huge"), INVALID),
        ("/user/avatar/x", INVALID),
        ("/user/avatar", MISSING),
    ):
        assert anonymous.refused("GET", path) == expected
