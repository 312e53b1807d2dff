"""The demo on a running system: it adds everything once, and continues after an interruption."""

import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import books
from deploy.demo.books import Volume
from deploy.demo.filling import accounts, covers, media
from deploy.demo.filling.accounts import Shop
from deploy.demo.filling.catalogue import Catalogue
from deploy.demo.gateway import Gateway
from deploy.demo.progress import Progress
from deploy.demo.readers import Reader
from deploy.demo.selection import Picture, faces
from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD, ADMINISTRATOR
from tests.support.terminal import environment

SERIES = ("Uzumaki", "Earthsea", "Maus")
VOLUMES = [volume for volume in books.volumes() if volume.series.name in SERIES]


class Cut(Exception):
    """The connection was lost."""


class Fragile(Gateway):
    """A gateway that disconnects after so many changes; the last one is made but not answered."""

    def __init__(self, whole: Gateway, changes: int) -> None:
        super().__init__(whole.address, whole._cookie)
        self.left = changes

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.left <= 0:
            raise Cut
        self.left -= 1
        document = super().post(path, body)
        if self.left == 0:
            raise Cut
        return document


@pytest.fixture(scope="module")
def gateway(stack: Stack) -> Gateway:
    """The gateway as seen by an administrator."""
    return Gateway(stack.address).signed_in(ADMINISTRATOR, ADMIN_PASSWORD)[0]


@pytest.fixture
def client() -> int:
    """A front end whose catalogue is empty."""
    return secrets.randbelow(2**40) + 2**40


def fill(gateway: Gateway, client: int, volumes: list[Volume] = VOLUMES) -> tuple[Catalogue, Progress]:
    progress = Progress(0, shown=False)
    catalogue = Catalogue(gateway, progress, client=client)
    catalogue.fill(volumes)
    return catalogue, progress


def shown(gateway: Gateway, client: int) -> Any:
    """Return all documents of a catalogue without ids and other values that differ between catalogues."""
    series = gateway.get("/admin-series", client=client)["series"]
    for entry in series:
        details = gateway.get(f"/admin-series/id/{entry['id']}")
        entry["descriptions"] = sorted((text["language"], text["text"]) for text in details["descriptions"])
        editions = gateway.get(f"/series/editions/{entry['id']}")
        entry["editions"] = [
            (edition["name"], edition["publisher"], edition["language"]) for edition in editions
        ]
    groups = gateway.get("/admin-volumes", client=client)["groups"]
    volumes = [
        gateway.get(f"/admin-volumes/id/{volume['id']}") for group in groups for volume in group["volumes"]
    ]
    changing = {"id", "slug", "client", "group_id", "series_id", "edition_id", "last_update", "navigation"}
    plain = [
        {name: value for name, value in each.items() if name not in changing} for each in [*series, *volumes]
    ]
    for each in plain:
        each.pop("series", None)
        each["links"] = [link["url"] for link in each.get("links", [])]
    return plain, [group["name"] for group in groups]


def test_a_catalogue_is_filled_once(gateway: Gateway, client: int) -> None:
    catalogue, progress = fill(gateway, client)
    assert progress.added == {
        "series": 3,
        "groups": len({(v.series.name, v.group) for v in VOLUMES}),
        "volumes": len(VOLUMES),
    }
    assert len(set(catalogue.volumes.values())) == len(VOLUMES)
    first = shown(gateway, client)
    again, nothing = fill(gateway, client)
    assert +nothing.added == {}
    assert again.volumes == catalogue.volumes
    assert shown(gateway, client) == first


@pytest.mark.parametrize("changes", [1, 2, 8, 9, 10, 31])
def test_an_interrupted_filling_is_completed(gateway: Gateway, client: int, changes: int) -> None:
    with pytest.raises(Cut):
        fill(Fragile(gateway, changes), client)
    fill(gateway, client)
    interrupted = shown(gateway, client)
    fill(gateway, client + 1)
    assert interrupted == shown(gateway, client + 1)


def test_what_is_thrown_away_stays_away(gateway: Gateway, client: int) -> None:
    catalogue, _ = fill(gateway, client)
    group = gateway.get(f"/admin-volumes/id/{next(iter(catalogue.volumes.values()))}")["group_id"]
    gateway._answer("DELETE", f"/admin-volumes/delete-group/{group}", {})
    before = shown(gateway, client)
    _, progress = fill(gateway, client)
    assert +progress.added == {}
    assert shown(gateway, client) == before


def test_covers_and_media_come_once_and_belong_to_their_volume(gateway: Gateway, client: int) -> None:
    volumes = [volume for volume in VOLUMES if len(faces(volume)) == 3][:1]
    catalogue, progress = fill(gateway, client, volumes)
    library = [Picture(f"A poster {secrets.token_hex(4)}", ("Poster",), "poster", tuple(volumes))]
    for _ in range(2):
        covers.fill(gateway, catalogue.volumes, progress)
        media.fill(gateway, library, catalogue.volumes, progress)
    assert (progress.added["covers"], progress.added["media"]) == (3, 1)
    there = gateway.get(f"/admin-volumes/id/{catalogue.volumes[volumes[0]]}")
    assert there["public"]
    assert there["cover_path"]
    assert there["back_cover_path"]
    assert there["spine_cover_path"]
    assert [entry["name"] for entry in there["media"]] == [library[0].name]


def test_an_account_is_filled_once(gateway: Gateway, client: int) -> None:
    catalogue, progress = fill(gateway, client)
    username, password = f"reader-{secrets.token_hex(6)}", secrets.token_urlsafe(12)
    reader = Reader(username, "Editor", 105, 105, 6, ("English",), True, {"theme": "dark"})
    shop = Shop(catalogue.series, catalogue.volumes, tuple(VOLUMES), client)
    for _ in range(2):
        own, user = signed_up(gateway, reader, password)
        accounts.fill(own, user, reader, shop, progress, pictures=True)
    own, user = signed_up(gateway, reader, password)
    assert progress.added["ratings"] == len(SERIES)
    assert progress.added["readings"] == gateway_total(own, "/user/reading-history", client) == len(SERIES)
    assert progress.added["collected"] == gateway_total(own, "/user/collection", client) >= reader.owned
    assert user["settings"] == {"theme": "dark"}
    assert user["age_verified"]
    assert user["profile_image"]
    assert "Editor" in [role["name"] for role in user["roles"]]
    assert accounts.sign_up(gateway, reader, "another password") is None


def signed_up(gateway: Gateway, reader: Reader, password: str) -> tuple[Gateway, dict[str, Any]]:
    signed_in = accounts.sign_up(gateway, reader, password)
    assert signed_in is not None
    return signed_in


def gateway_total(gateway: Gateway, path: str, client: int) -> int:
    total: int = gateway.get(path, client=client)["total"]
    return total


def test_without_a_running_stack_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "deploy.demo"],
        cwd=ROOT,
        env=environment(tmp_path / "nothing"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (tried.returncode, tried.stdout) == (1, "")
    assert tried.stderr.startswith("Nothing runs from ")
    assert tried.stderr.count("\n") == 1
    assert "make up" in tried.stderr
