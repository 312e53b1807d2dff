"""Storage in a bucket when the store fails: no object counts as stored that is not, and none is lost."""

import errno
import time

import pytest

from files.store.storage import Denied, Storage, Unavailable, UnusableAddress
from files.store.storage_url import storage_at
from tests.support.s3 import CREDENTIALS, S3

KEY = "a" * 32
FILES = {"high.webp": b"h" * 50_000, "scaled.webp": b"s" * 9_000}


@pytest.fixture
def url(s3: S3) -> str:
    s3.door.pass_on()
    return s3.url()


@pytest.fixture
def storage(url: str) -> Storage:
    return storage_at(url)


def test_objects_stand_below_the_prefix_with_their_type(s3: S3, url: str, storage: Storage) -> None:
    storage.put(KEY, FILES | {"high.avif": b"a", "cut.json": b"{}"})
    assert s3.objects(url) == {
        f"pictures/{KEY}/{name}": content
        for name, content in sorted((FILES | {"high.avif": b"a", "cut.json": b"{}"}).items())
    }
    bucket = url.split("/")[2]
    kinds = {
        name: s3.client.head_object(Bucket=bucket, Key=f"pictures/{KEY}/{name}")["ContentType"]
        for name in ("high.webp", "high.avif", "cut.json")
    }
    assert kinds == {
        "high.webp": "image/webp",
        "high.avif": "image/avif",
        "cut.json": "application/octet-stream",
    }


def test_a_prefix_is_nobody_elses_affair(s3: S3) -> None:
    url = s3.url("deep/er")
    bucket = url.split("/")[2]
    s3.write(url, f"deep/er-and-more/{KEY}/high.webp", b"x")
    storage, root = storage_at(url), storage_at(url.replace("/deep/er", ""))
    storage.put(KEY, FILES)
    assert {entry.path for entry in storage.listing()} == {f"{KEY}/{name}" for name in FILES}
    assert {entry.path for entry in root.listing()} >= {f"deep/er/{KEY}/high.webp"}
    assert storage.delete([KEY]) == [KEY]
    assert list(s3.objects(f"s3://{bucket}")) == [f"deep/er-and-more/{KEY}/high.webp"]


@pytest.mark.parametrize("fault", ["lose the answer", "say 500", "say 503"])
def test_a_put_is_tried_again(s3: S3, url: str, storage: Storage, fault: str) -> None:
    """A lost answer: the object exists already, so the retry is refused."""
    s3.door.spoil("PUT", fault)  # type: ignore[arg-type]  # one of them
    storage.put(KEY, FILES)
    assert list(s3.objects(url).values()) == list(FILES.values())


def test_another_object_in_the_way_of_a_put_that_is_tried_again_is_no_echo(
    s3: S3, url: str, storage: Storage
) -> None:
    s3.write(url, f"pictures/{KEY}/high.webp", b"somebody else's")
    s3.door.spoil("PUT", "say 500")
    with pytest.raises(FileExistsError):
        storage.put(KEY, FILES)
    assert s3.objects(url) == {f"pictures/{KEY}/high.webp": b"somebody else's"}


def test_a_put_that_fails_in_the_middle_leaves_what_its_key_takes_along(
    s3: S3, url: str, storage: Storage
) -> None:
    files = {**FILES, "original.webp": b"o" * 100}
    real = s3.door._ask
    calls = iter(range(100))

    def ask(method: str, *rest: object) -> object:
        if method == "PUT" and next(calls) == 0:
            s3.door.spoil("PUT", "say 500", times=3)
        return real(method, *rest)  # type: ignore[arg-type]  # as they came

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(s3.door, "_ask", ask)
        with pytest.raises(Unavailable):
            storage.put(KEY, files)
    assert list(s3.objects(url)) == [f"pictures/{KEY}/high.webp"]
    assert storage.delete([KEY]) == [KEY]
    assert s3.objects(url) == {}


def test_a_store_that_is_full_says_so_as_a_disk_does(s3: S3, storage: Storage) -> None:
    s3.door.spoil("PUT", "say 507")
    with pytest.raises(OSError, match="507") as refused:
        storage.put(KEY, FILES)
    assert refused.value.errno == errno.ENOSPC


def test_a_store_that_is_away_is_noticed_in_bounded_time(s3: S3, storage: Storage) -> None:
    storage.put(KEY, FILES)
    s3.door.open = False
    began = time.monotonic()
    for ask in (
        storage.check,
        lambda: storage.put("b" * 32, FILES),
        lambda: storage.open(KEY, "high.webp"),
        lambda: storage.open(KEY, "high.webp", whole=False),
        lambda: storage.names(KEY),
        lambda: storage.delete([KEY]),
        lambda: list(storage.listing()),
        lambda: storage.add(KEY, "high.avif", b"x"),
    ):
        s3.door.seen.clear()
        with pytest.raises(Unavailable):
            ask()
        assert 1 <= len(s3.door.seen) <= 3
    assert time.monotonic() - began < 60
    s3.door.open = True
    storage.check()
    assert storage.names(KEY) == {"high.webp": 50_000, "scaled.webp": 9_000}


def test_a_failed_deletion_is_not_reported_and_can_be_done_again(s3: S3, url: str, storage: Storage) -> None:
    storage.put(KEY, FILES)
    s3.door.spoil("DELETE", "say 500", times=3)
    with pytest.raises(Unavailable):
        storage.delete([KEY])
    assert storage.delete([KEY]) == [KEY]
    assert s3.objects(url) == {}


@pytest.mark.parametrize("whole", [True, False])
def test_an_answer_that_breaks_off_is_no_picture(s3: S3, storage: Storage, whole: bool) -> None:
    storage.put(KEY, FILES)
    if whole:
        s3.door.spoil("GET", "cut the answer")
    picture = storage.open(KEY, "high.webp", whole=whole)
    if not whole:
        s3.door.spoil("GET", "cut the answer")
    assert picture is not None
    with picture, pytest.raises(Unavailable):
        picture.read()


def test_nothing_is_fetched_of_a_picture_that_is_only_looked_at(s3: S3, storage: Storage) -> None:
    storage.put(KEY, FILES)
    s3.door.seen.clear()
    picture = storage.open(KEY, "high.webp", whole=False)
    assert picture is not None
    with picture:
        assert picture.seek(0, 2) == 50_000
    assert [request.split()[0] for request in s3.door.seen] == ["HEAD"]


def test_a_whole_picture_costs_one_request(s3: S3, storage: Storage) -> None:
    storage.put(KEY, FILES)
    s3.door.seen.clear()
    picture = storage.open(KEY, "high.webp")
    assert picture is not None
    with picture:
        picture.seek(0, 2)
        picture.seek(0)
        assert picture.read() == FILES["high.webp"]
    assert [request.split()[0] for request in s3.door.seen] == ["GET"]


def test_a_bucket_that_is_not_there_is_denied_at_once(s3: S3) -> None:
    storage = storage_at(f"s3://no-such-bucket?endpoint={s3.door.url}")
    with pytest.raises(Denied, match=f"there is no bucket no-such-bucket at {s3.door.url}"):
        storage.check()
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        storage.open(KEY, "high.webp")


def test_a_bucket_that_does_not_open_is_denied(s3: S3, storage: Storage) -> None:
    s3.door.spoil("HEAD", "say 403")
    with pytest.raises(Denied, match="does not open with these credentials"):
        storage.check()


def test_storage_without_credentials_is_refused(s3: S3, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(UnusableAddress, match="needs credentials: set AWS_ACCESS_KEY_ID"):
        storage_at(url)


def test_a_profile_that_does_not_exist_is_named(s3: S3, url: str) -> None:
    with pytest.raises(UnusableAddress, match="nobody"):
        storage_at(url + "&profile=nobody")
