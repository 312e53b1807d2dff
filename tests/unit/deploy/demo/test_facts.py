"""The demo's facts, and the volumes made from them."""

import re
from collections import Counter
from datetime import date

import pytest

from catalog.schemas.volumes import VolumeChanges
from deploy.demo import books, facts, releases
from deploy.demo.books import COUNTRIES, Volume
from deploy.demo.readers import READERS, ratings, readings, shelf
from deploy.demo.selection import faces, library
from shared.fields.languages import CODES
from shared.fields.text import natural_key

VOLUMES = books.volumes()


def series_key(volume: Volume) -> tuple[str, str]:
    return volume.series.name, volume.series.type


def test_there_are_at_least_sixty_series_of_every_type() -> None:
    assert len(facts.series()) >= 60
    assert {series.type for series in facts.series()} == {
        "Manga",
        "Manhwa",
        "Manhua",
        "Novel",
        "Comic",
        "Other",
    }


def test_no_series_is_there_twice() -> None:
    keys = Counter((series.name.casefold(), series.type) for series in facts.series())
    assert [key for key, times in keys.items() if times > 1] == []


def test_there_are_at_least_fifteen_hundred_volumes_and_none_twice() -> None:
    keys = Counter((*series_key(volume), *volume.key) for volume in VOLUMES)
    assert len(VOLUMES) >= 1500
    assert [key for key, times in keys.items() if times > 1] == []


def test_groups_hold_the_variants_of_one_volume() -> None:
    groups = Counter((*series_key(volume), volume.group) for volume in VOLUMES)
    assert len(groups) < len(VOLUMES)
    assert max(groups.values()) >= 4
    assert any(volume.special for volume in VOLUMES)
    assert any(volume.announced for volume in VOLUMES)


@pytest.mark.parametrize("series", facts.series(), ids=lambda series: f"{series.type} {series.name}")
def test_a_series_is_whole(series: facts.Series) -> None:
    languages = {
        *series.titles,
        *series.about,
        *(edition.language for edition in series.editions),
        *(special.language for special in series.specials),
        *(language for book in series.books for language in book),
    }
    assert languages <= set(CODES)
    assert "English" in series.about
    assert series.editions or series.specials
    assert all(len(text) > 30 for text in series.about.values() if text.isascii())
    names = [(edition.title, edition.language, edition.groups) for edition in series.editions]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("series", facts.series(), ids=lambda series: f"{series.type} {series.name}")
def test_editions_agree_with_their_counts_and_dates(series: facts.Series) -> None:
    for edition in series.editions:
        count = series.count(edition)
        assert bool(edition.volumes) != bool(series.books)
        assert 0 < count <= (edition.volumes or len(series.books))
        assert bool(edition.first and edition.last) + bool(edition.days) + bool(edition.dates) == 1
        assert all(book.get(edition.language) for book in series.books[:count])
        assert not (edition.announced and edition.shown), "what is announced follows the last volume"
        days = releases.days(edition, count)
        assert len(days) == count + edition.announced
        assert all(date.fromisoformat(day) for day in days)


def test_interpolated_days_run_from_the_first_month_to_the_last() -> None:
    edition = facts.Edition.model_validate(
        {"publisher": "P", "language": "German", "volumes": 3, "from": "2020-01", "to": "2021-01"}
    )
    days = releases.days(edition, 3)
    assert days == sorted(days)
    assert (days[0][:7], days[2][:7]) == ("2020-01", "2021-01")
    assert {date.fromisoformat(day).weekday() for day in days} == {3}


def test_countries_cover_the_languages_of_the_catalogue() -> None:
    assert set(COUNTRIES) == set(CODES)


def test_ordinary_groups_come_in_natural_order() -> None:
    for series in facts.series():
        if series.books:
            continue
        groups = [
            volume.group
            for volume in VOLUMES
            if volume.series is series and re.fullmatch(r"Volume \d+", volume.group)
        ]
        assert groups == sorted(groups, key=natural_key)


def test_what_is_sent_of_a_volume_is_what_the_catalogue_takes() -> None:
    for volume in VOLUMES:
        VolumeChanges.model_validate(volume.details())


def test_every_series_has_a_drawn_front_cover() -> None:
    drawn = {series_key(volume) for volume in VOLUMES if "front" in faces(volume)}
    assert drawn == {(series.name, series.type) for series in facts.series()}
    assert sum(len(faces(volume)) for volume in VOLUMES) >= 300


def test_the_library_has_no_name_twice() -> None:
    names = Counter(picture.name for picture in library(VOLUMES))
    assert len(names) >= 40
    assert set(names.values()) == {1}


def test_readers_are_always_the_same_and_consistent() -> None:
    for reader in READERS:
        history = list(readings(reader))
        assert history == list(readings(reader))
        assert len(history) == reader.read
        assert all(entry["end"] >= entry["start"] for _, entry in history if "end" in entry)
        assert all(1 <= rating <= 10 and rating * 2 % 1 == 0 for _, rating in ratings(reader))
        owned = [volume for volume, _ in shelf(reader, VOLUMES)]
        assert len(owned) == len(set(owned)) >= reader.owned
