"""Slugs of volumes: assigned, kept and changed; old ones redirect to their volume."""

import secrets
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.overlap import at_once

UNKNOWN = (404, "Volume not found")


def slug_of(catalogue: Catalogue, volume: int) -> str:
    return str(catalogue.get_volume(volume)["slug"])


def edit(catalogue: Catalogue, volume: int, **changes: Any) -> None:
    catalogue.admin.post(f"/admin-volumes/edit-volume/{volume}", **changes)


def leads_to(client: Client, slug: str) -> str | None:
    """Return the slug that ``slug`` redirects to, None if it is the current one; fail if it is unknown."""
    answer = client.ask("GET", f"/volumes/slug/{quote(slug)}")
    if answer.status_code == 200:
        assert answer.json()["slug"] == slug
        return None
    assert answer.status_code == 301, answer.text
    assert answer.json() == {"data": "Moved permanently", "code": 301}
    return str(client.ask("GET", answer.headers["Location"]).json()["slug"])


@pytest.fixture
def title() -> str:
    """Return a title that no other test uses: slugs are unique over all volumes."""
    return f"Unique {secrets.token_hex(6)}"


@pytest.fixture
def group(catalogue: Catalogue, title: str) -> int:
    return catalogue.group(catalogue.series(title))


def test_a_slug_is_made_of_what_there_is(catalogue: Catalogue, title: str) -> None:
    series = catalogue.series(title)
    catalogue.edit(series, added_editions=[{"name": "Édition Deluxe"}])
    edition = catalogue.editions(series)[0]["id"]
    group, stem = catalogue.group(series), title.lower().replace(" ", "-")
    body = {"name": "Bänd 1", "group": group, "language": "fr", "edition": edition}
    added = catalogue.admin.post("/admin-volumes/add-volume", **body)
    slug = f"{stem}-edition-deluxe-band-1-fr"
    assert added == {"data": "Added volume", "code": 200, "id": added["id"], "slug": slug}
    edit(catalogue, added["id"], special_name="Gold")
    assert slug_of(catalogue, added["id"]) == slug
    edit(catalogue, added["id"], special=True)
    assert slug_of(catalogue, added["id"]) == f"{stem}-edition-deluxe-gold-band-1-fr"
    edit(catalogue, added["id"], edition=None, language="Japanese", name="第１巻")
    assert slug_of(catalogue, added["id"]) == f"{stem}-gold-第1巻-ja"


def test_equal_volumes_are_numbered_and_keep_their_numbers(catalogue: Catalogue, group: int) -> None:
    volumes = [catalogue.volume(group, "Same") for _ in range(3)]
    first = slug_of(catalogue, volumes[0])
    assert [slug_of(catalogue, volume) for volume in volumes] == [first, f"{first}-2", f"{first}-3"]
    catalogue.admin.delete(f"/admin-volumes/delete-volume/{volumes[0]}")
    edit(catalogue, volumes[1], name="Same", pages=5)
    assert slug_of(catalogue, volumes[1]) == f"{first}-2"
    answer = catalogue.admin.post(f"/admin-volumes/regen-slug/{volumes[1]}")
    assert answer == {"data": "Slug regenerated", "code": 200}
    assert slug_of(catalogue, volumes[1]) == first
    assert leads_to(catalogue.admin, f"{first}-2") == first
    assert slug_of(catalogue, catalogue.volume(group, "Same")) == f"{first}-4"


def test_an_old_slug_leads_to_its_volume_and_is_given_to_no_other(catalogue: Catalogue, group: int) -> None:
    volume = catalogue.volume(group, "Old")
    old = slug_of(catalogue, volume)
    edit(catalogue, volume, name="New")
    new = slug_of(catalogue, volume)
    assert leads_to(catalogue.admin, old) == new
    assert leads_to(catalogue.admin, new) is None
    assert slug_of(catalogue, catalogue.volume(group, "Old")) == f"{old}-2"
    edit(catalogue, volume, name="Old")
    assert slug_of(catalogue, volume) == old
    assert leads_to(catalogue.admin, new) == old


def test_slugs_follow_a_renamed_series_edition_and_a_move(catalogue: Catalogue, title: str) -> None:
    series = catalogue.series(title)
    catalogue.edit(series, added_editions=[{"name": "Deluxe"}])
    edition = catalogue.editions(series)[0]["id"]
    group = catalogue.group(series)
    volumes = [catalogue.volume(group, "One"), catalogue.volume(group, "One", edition=edition)]
    catalogue.edit(series, name=f"{title} renamed")
    stem = title.lower().replace(" ", "-")
    slugs = [f"{stem}-renamed-one-de", f"{stem}-renamed-deluxe-one-de"]
    assert [slug_of(catalogue, volume) for volume in volumes] == slugs
    catalogue.edit(series, modified_editions=[{"id": edition, "name": "Perfect"}])
    assert [slug_of(catalogue, volume) for volume in volumes] == [slugs[0], f"{stem}-renamed-perfect-one-de"]
    assert leads_to(catalogue.admin, f"{stem}-deluxe-one-de") == f"{stem}-renamed-perfect-one-de"
    other = catalogue.series(f"{title} other")
    edit(catalogue, volumes[0], group=catalogue.group(other))
    assert slug_of(catalogue, volumes[0]) == f"{stem}-other-one-de"
    catalogue.admin.post(f"/admin-volumes/edit-group/{group}", name="x", series=other)
    assert slug_of(catalogue, volumes[1]) == f"{stem}-other-one-de-2"


def test_many_equal_volumes_follow_a_renamed_series(catalogue: Catalogue, title: str) -> None:
    series = catalogue.series(title)
    group = catalogue.group(series)
    for _ in range(30):
        catalogue.volume(group, "Same")
    catalogue.edit(series, name=f"{title} renamed")
    shown = catalogue.admin.get("/admin-volumes", client=catalogue.client)["groups"][0]["volumes"]
    stem = title.lower().replace(" ", "-") + "-renamed-same-de"
    assert [volume["slug"] for volume in shown] == [stem, *(f"{stem}-{number}" for number in range(2, 31))]


def test_equal_volumes_added_at_once_have_slugs_of_their_own(catalogue: Catalogue, title: str) -> None:
    # In different series, so that no lock on a series serialises them.
    groups = [catalogue.group(catalogue.series(title, type=kind)) for kind in ("Manga", "Novel", "Comic")]
    for _ in range(5):
        bodies = [{"name": "Same", "group": group, "language": "de"} for group in groups * 2]
        calls = [
            lambda body=body: catalogue.admin.ask("POST", "/admin-volumes/add-volume", json=body)
            for body in bodies
        ]
        assert {answer.status_code for answer in at_once(calls)} == {200}
    shown = catalogue.admin.get("/admin-volumes", client=catalogue.client)["groups"]
    slugs = {volume["slug"] for group in shown for volume in group["volumes"]}
    stem = title.lower().replace(" ", "-") + "-same-de"
    assert slugs == {stem, *(f"{stem}-{number}" for number in range(2, 31))}


def test_only_who_may_sees_a_volume_that_is_not_public(
    catalogue: Catalogue, group: int, anonymous: Client, member: Client
) -> None:
    volume = catalogue.volume(group, "Hidden", public=False)
    hidden = slug_of(catalogue, volume)
    edit(catalogue, volume, name="Still hidden")
    present = slug_of(catalogue, volume)
    for client in (anonymous, member):
        for slug in (hidden, present):
            assert client.refused("GET", f"/volumes/slug/{slug}") == UNKNOWN
    assert leads_to(catalogue.admin, hidden) == present
    edit(catalogue, volume, public=True)
    for client in (anonymous, member):
        assert leads_to(client, hidden) == present
        assert leads_to(client, present) is None


def test_a_volume_by_slug_shows_its_neighbours_by_slug(
    catalogue: Catalogue, group: int, anonymous: Client
) -> None:
    volumes = [catalogue.volume(group, name) for name in ("One", "Two", "Three")]
    edit(catalogue, volumes[1], public=False)
    first, hidden, third = (slug_of(catalogue, volume) for volume in volumes)
    document = catalogue.admin.get(f"/volumes/slug/{third}")
    assert document["navigation"] == {"next": None, "prev": hidden, "index": 2, "count": 3}
    edited = catalogue.get_volume(volumes[2])
    del edited["last_copyright"]
    assert document == edited | {"navigation": document["navigation"]}
    seen = anonymous.get(f"/volumes/slug/{third}")
    assert seen["navigation"] == {"next": None, "prev": first, "index": 1, "count": 2}


def test_slugs_that_lead_nowhere(anonymous: Client) -> None:
    assert anonymous.refused("GET", "/volumes/slug/nothing-at-all-xx") == UNKNOWN
    assert anonymous.refused("GET", "/volumes/slug/%00") == INVALID
    assert anonymous.refused("GET", "/volumes/slug") == MISSING
    assert anonymous.refused("GET", "/volumes/slug/" + "x" * 300) == INVALID


def test_a_volume_that_is_not_there_has_no_slug_to_regenerate(admin: Client) -> None:
    assert admin.refused("POST", f"/admin-volumes/regen-slug/{MAX_ID}") == UNKNOWN
    assert admin.refused("POST", "/admin-volumes/regen-slug/x") == INVALID
    assert admin.refused("POST", "/admin-volumes/regen-slug") == MISSING


NAMES = ["One", "Two", "Öne"]


class Registry:
    """A model of the registry of slugs in dictionaries."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.owner: dict[str, int] = {}
        self.present: dict[int, str] = {}
        self.names: dict[int, str] = {}

    def name(self, volume: int, name: str, *, anew: bool = False) -> None:
        """Name a volume; if a part of its slug changed, it gets the first slug that is free or was its own."""
        spelled = name.lower().replace("ö", "o")
        stem = f"{self.title.lower()}-{spelled}-de"
        unchanged = volume in self.names and self.names[volume] == spelled and not anew
        self.names[volume] = spelled
        if unchanged:
            return
        number, slug = 1, stem
        while self.owner.get(slug, volume) != volume:
            number += 1
            slug = f"{stem}-{number}"
        self.owner[slug], self.present[volume] = volume, slug

    def forget(self, volume: int) -> None:
        del self.present[volume], self.names[volume]
        self.owner = {slug: owner for slug, owner in self.owner.items() if owner != volume}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "rename", "rename", "regenerate", "delete"]),
        st.integers(0, 4),
        st.sampled_from(NAMES),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_slugs_are_those_of_a_plain_registry(admin: Client, steps: list[tuple[str, int, str]]) -> None:
    catalogue, title = Catalogue(admin), f"Registry{secrets.token_hex(6)}"
    group, model = catalogue.group(catalogue.series(title)), Registry(title)
    for step, which, name in steps:
        volumes = sorted(model.present)
        if step == "add" or not volumes:
            model.name(catalogue.volume(group, name), name)
            continue
        volume = volumes[which % len(volumes)]
        if step == "rename":
            edit(catalogue, volume, name=name)
            model.name(volume, name)
        elif step == "regenerate":
            admin.post(f"/admin-volumes/regen-slug/{volume}")
            model.name(volume, model.names[volume], anew=True)
        else:
            admin.delete(f"/admin-volumes/delete-volume/{volume}")
            model.forget(volume)
    for slug, volume in model.owner.items():
        present = model.present[volume]
        assert leads_to(admin, slug) == (None if slug == present else present)
    shown = admin.get("/admin-volumes", client=catalogue.client)["groups"][0]["volumes"]
    assert {volume["id"]: volume["slug"] for volume in shown} == model.present
