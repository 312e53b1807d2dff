"""Tests for storage of each kind, a folder and a bucket."""

import io
import os
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files.store.storage import Storage
from files.store.storage_url import storage_at
from tests.support.overlap import at_once

KEY, OTHER = "a" * 32, "b" * 32
FILES = {"high.webp": b"h" * 200_000, "scaled.webp": b"s" * 9_000, "empty.json": b""}


def content(storage: Storage, key: str, name: str, *, whole: bool = True) -> bytes | None:
    picture = storage.open(key, name, whole=whole)
    if picture is None:
        return None
    with picture:
        return picture.read()


def everything(storage: Storage) -> dict[str, int]:
    return {entry.path: entry.size for entry in storage.listing()}


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_put_can_be_opened(storage: Storage, whole: bool) -> None:
    storage.put(KEY, FILES)
    assert {name: content(storage, KEY, name, whole=whole) for name in FILES} == FILES
    assert content(storage, OTHER, "high.webp", whole=whole) is None
    assert content(storage, KEY, "other.webp", whole=whole) is None


def test_names_and_sizes_are_told(storage: Storage) -> None:
    storage.put(KEY, FILES)
    assert storage.names(KEY) == {name: len(bytes_) for name, bytes_ in FILES.items()}
    assert storage.names(OTHER) == {}
    assert storage.names(KEY[:-1]) == {}


def test_a_key_is_never_used_twice(storage: Storage) -> None:
    storage.put(KEY, FILES)
    with pytest.raises(OSError, match=r"not empty|used before"):
        storage.put(KEY, {"high.webp": b"x"})
    assert {name: content(storage, KEY, name) for name in FILES} == FILES
    assert everything(storage) == {f"{KEY}/{name}": len(bytes_) for name, bytes_ in FILES.items()}


def test_a_file_is_added_and_replaced(storage: Storage) -> None:
    storage.put(KEY, FILES)
    storage.add(KEY, "high.avif", b"avif")
    storage.add(KEY, "scaled.webp", b"another")
    assert content(storage, KEY, "high.avif") == b"avif"
    assert content(storage, KEY, "scaled.webp") == b"another"
    assert content(storage, KEY, "high.webp") == FILES["high.webp"]
    assert set(storage.names(KEY)) == {*FILES, "high.avif"}


def test_a_file_added_from_everywhere_at_once_is_one_of_them(storage: Storage) -> None:
    storage.put(KEY, FILES)
    versions = [bytes([number]) * 50_000 for number in range(8)]
    at_once([partial(storage.add, KEY, "high.avif", version) for version in versions])
    assert content(storage, KEY, "high.avif") in versions
    assert set(everything(storage)) == {f"{KEY}/{name}" for name in (*FILES, "high.avif")}


def test_what_is_deleted_is_gone_as_often_as_one_likes(storage: Storage) -> None:
    storage.put(KEY, FILES)
    storage.put(OTHER, {"high.webp": b"x"})
    assert storage.delete([KEY]) == [KEY]
    assert storage.delete([KEY, "c" * 32]) == [KEY, "c" * 32]
    assert everything(storage) == {f"{OTHER}/high.webp": 1}


def test_sweepers_may_delete_at_the_same_moment(storage: Storage) -> None:
    keys = [f"{number:032x}" for number in range(20)]
    for key in keys:
        storage.put(key, {"high.webp": b"x", "scaled.webp": b"y"})
    for reported in at_once([partial(storage.delete, keys)] * 4):
        assert reported == keys
    assert storage.delete(keys) == keys
    assert everything(storage) == {}


def test_an_open_picture_can_be_read_to_its_end_though_it_is_deleted(storage: Storage) -> None:
    storage.put(KEY, FILES)
    picture = storage.open(KEY, "high.webp")
    assert picture is not None
    with picture:
        assert storage.delete([KEY]) == [KEY]
        assert picture.read() == FILES["high.webp"]


@pytest.mark.parametrize("whole", [True, False])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(moves=st.lists(st.tuples(st.integers(0, 150_000), st.integers(1, 150_000)), min_size=1, max_size=3))
def test_a_picture_is_read_from_anywhere_as_a_file_is(
    url: str, whole: bool, moves: list[tuple[int, int]]
) -> None:
    storage = storage_at(url)
    bytes_ = bytes(range(251)) * 500
    if not storage.names(KEY):
        storage.put(KEY, {"high.webp": bytes_})
    picture, model = storage.open(KEY, "high.webp", whole=whole), io.BytesIO(bytes_)
    assert picture is not None
    with picture:
        assert picture.seek(0, os.SEEK_END) == len(bytes_)
        for place, length in moves:
            picture.seek(place)
            model.seek(place)
            assert picture.read(length) == model.read(length)


@pytest.mark.slow
def test_a_listing_shows_more_than_a_page(storage: Storage) -> None:
    keys = [f"{number:032x}" for number in range(1050)]
    for key in keys:
        storage.put(key, {"high.webp": b"x"})
    assert everything(storage) == {f"{key}/high.webp": 1 for key in keys}


def test_empty_storage_is_usable_and_lists_nothing(storage: Storage) -> None:
    storage.check()
    assert everything(storage) == {}
