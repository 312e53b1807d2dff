"""AVIF for clients that accept it: encoded once, served by id when ready, deleted with its picture."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import CORNERS, base64_of, looks_like, noise, opened, quarters

BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
FOREVER, SHORTLY = "public, max-age=31536000, immutable", "public, max-age=60"


@pytest.fixture
def volume(catalogue: Catalogue) -> int:
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    picture = base64_of(quarters(601, 401))
    catalogue.admin.post(f"/admin-volumes/update-image/{volume}/front", image=picture)
    return volume


def get(by: Client, path: str, accept: str = BROWSER, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return by.ask("GET", path, headers={"Accept": accept, **named})


def avif(by: Client, path: str) -> requests.Response:
    """Wait for the AVIF and return it."""
    deadline = time.monotonic() + 30
    while (answer := get(by, path)).headers["Content-Type"] != "image/avif":
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Vary"] == "Accept"
        assert time.monotonic() < deadline, "there was never an AVIF"
        time.sleep(0.05)
    return answer


def test_a_browser_gets_webp_until_there_is_avif(anonymous: Client, volume: int) -> None:
    path = f"/volumes/cover/{volume}/front/high"
    first = get(anonymous, path)
    assert first.headers["Content-Type"] == "image/webp"
    better = avif(anonymous, path)
    assert opened(better.content).size == opened(first.content).size
    assert looks_like(opened(better.content), CORNERS, tolerance=20)
    assert better.headers["Vary"] == "Accept"
    assert better.headers["X-Content-Type-Options"] == "nosniff"
    assert better.headers["ETag"] != first.headers["ETag"]
    assert not better.headers["ETag"].startswith("W/")
    plain = get(anonymous, path, "image/webp")
    assert (plain.headers["ETag"], plain.content) == (first.headers["ETag"], first.content)
    assert plain.headers["Vary"] == "Accept"
    assert opened(get(anonymous, f"/volumes/cover/{volume}/front").content).size == (400, 267)
    assert get(anonymous, f"/volumes/cover/{volume}/front").headers["Content-Type"] == "image/avif"


@pytest.mark.parametrize("accept", ["*/*", "image/*", "image/avif;q=0", "image/webp,image/avif;q=0.5"])
def test_who_does_not_ask_for_avif_gets_webp_though_it_is_there(
    anonymous: Client, volume: int, accept: str
) -> None:
    path = f"/volumes/cover/{volume}/front/high"
    avif(anonymous, path)
    answer = get(anonymous, path, accept)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Vary"] == "Accept"


def test_avif_is_answered_as_webp_is(anonymous: Client, catalogue: Catalogue, volume: int) -> None:
    key = catalogue.get_volume(volume)["cover_path"].partition("/")[0]
    path = f"/volumes/cover/{volume}/front/high"
    whole = avif(anonymous, path)
    assert avif(anonymous, f"{path}?hash={key}").headers["Cache-Control"] == FOREVER
    assert whole.headers["Cache-Control"] == SHORTLY
    tag = whole.headers["ETag"]
    again = get(anonymous, path, If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["Vary"]) == (304, b"", "Accept")
    assert get(anonymous, path, "image/webp", If_None_Match=tag).status_code == 200
    part = get(anonymous, path, Range="bytes=4-11", If_Range=tag)
    assert (part.status_code, part.content) == (206, whole.content[4:12])
    stored = get(anonymous, f"/files/{key}/high.avif", "*/*")
    assert (stored.headers["Content-Type"], stored.content) == ("image/avif", whole.content)
    assert (stored.headers["ETag"], stored.headers["Cache-Control"]) == (tag, FOREVER)
    named = get(anonymous, f"/files/{key}/high.webp")
    assert named.headers["Content-Type"] == "image/webp"


def test_stored_paths_have_no_avif_before_it_is_made(
    anonymous: Client, catalogue: Catalogue, volume: int
) -> None:
    key = catalogue.get_volume(volume)["cover_path"].partition("/")[0]
    assert anonymous.refused("GET", f"/files/{key}/high.avif") == (404, "Not found")
    assert get(anonymous, f"/files/{key}/high.webp").headers["Content-Type"] == "image/webp"


def test_what_is_served_for_lack_of_better_is_not_kept_for_a_year(
    anonymous: Client, admin: Client, catalogue: Catalogue
) -> None:
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(noise(2000, 2000), "JPEG"))
    key = catalogue.get_volume(volume)["cover_path"].partition("/")[0]
    path = f"/volumes/cover/{volume}/front/high?hash={key}"
    first = get(anonymous, path)
    assert (first.headers["Content-Type"], first.headers["Cache-Control"]) == ("image/webp", SHORTLY)
    assert get(anonymous, path, "*/*").headers["Cache-Control"] == FOREVER


def test_media_and_profile_images_have_it_too_and_stay_transparent(
    editor: Client, member: Client, anonymous: Client
) -> None:
    picture = quarters()
    picture.putalpha(100)
    id = editor.post("/media/add", name="Badge", tags=[], image=base64_of(picture))["id"]
    shown = opened(avif(anonymous, f"/media/image/{id}/high").content)
    assert shown.getchannel("A").resize((1, 1)).getpixel((0, 0)) == pytest.approx(100, abs=5)
    own = member.user["id"]
    member.post(f"/user/update-image/{own}", image=base64_of(quarters()))
    assert looks_like(opened(avif(anonymous, f"/user/avatar/{own}/high").content), CORNERS, tolerance=20)


def test_avif_goes_with_its_picture(
    anonymous: Client, admin: Client, catalogue: Catalogue, volume: int, stack: Stack
) -> None:
    storage = Path(urlsplit(stack.settings("file-1")["STORAGE_URL"]).path)
    avif(anonymous, f"/volumes/cover/{volume}/front/high")
    key = catalogue.get_volume(volume)["cover_path"].partition("/")[0]
    assert (storage / key / "high.avif").exists()
    admin.delete(f"/admin-volumes/delete-image/{volume}/front")
    while (storage / key).exists():
        pass  # the sweeper was woken
    answer: Any = get(anonymous, f"/volumes/cover/{volume}/front/high?hash={key}")
    assert answer.status_code == 404
