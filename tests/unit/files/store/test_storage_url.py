"""Storage URLs: their parts, and error messages that show no password."""

from pathlib import Path

import pytest

from files.rules.object_names import key_of
from files.store.folder import Folder
from files.store.storage import UnusableAddress
from files.store.storage_url import BucketUrl, parse_bucket_url, storage_at

KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("s3://bunko", BucketUrl("bunko")),
        ("s3://bunko/", BucketUrl("bunko")),
        ("s3://bunko/a/b%20c/", BucketUrl("bunko", "a/b c")),
        ("s3://bunko?region=eu-central-1", BucketUrl("bunko", region="eu-central-1")),
        (
            "s3://bunko/pictures?endpoint=http://127.0.0.1:9000&region=eu",
            BucketUrl("bunko", "pictures", "http://127.0.0.1:9000", "eu", style="path"),
        ),
        (
            "s3://bunko?endpoint=https%3A%2F%2Fs3.example.org&style=virtual&profile=old",
            BucketUrl("bunko", endpoint="https://s3.example.org", profile="old", style="virtual"),
        ),
    ],
)
def test_an_address_is_understood(url: str, address: BucketUrl) -> None:
    assert parse_bucket_url(url) == address


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("pictures", "must be file:///an/absolute/path or s3://bucket/prefix, not 'pictures'"),
        ("ftp://pictures/here", "must be file:///an/absolute/path or s3://bucket/prefix"),
        ("file://pictures/here", "must be file:///an/absolute/path"),
        ("file:///dev/null/pictures", "names a folder that cannot be made"),
        ("s3://[", "must be file:///an/absolute/path or s3://bucket/prefix"),
        ("s3:///pictures", "must name a bucket"),
        ("s3://a/pictures", "must name a bucket"),
        ("s3://bunko:9000/pictures", "must name a bucket"),
        ("s3://key:secret@bunko/pictures", "must hold no credentials"),
        ("s3://bunko?endpoint=127.0.0.1:9000", "must give its endpoint as in"),
        ("s3://bunko?endpoint=https://key:secret@example.org", "must give its endpoint as in"),
        ("s3://bunko?endpoint=https://example.org/path", "must give its endpoint as in"),
        ("s3://bunko?endpoint=", "may say endpoint, region, profile, style once each"),
        ("s3://bunko?secret=secret", "may say endpoint, region, profile, style once each"),
        ("s3://bunko?region=a&region=b", "may say endpoint, region, profile, style once each"),
        ("s3://bunko?region", "may say endpoint, region, profile, style once each"),
        ("s3://bunko#there", "may say endpoint, region, profile, style once each"),
        ("s3://bunko?style=own", "must give its style as one of path, virtual, auto"),
    ],
)
def test_nonsense_is_named(url: str, says: str) -> None:
    with pytest.raises(UnusableAddress) as refused:
        storage_at(url)
    assert says in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "secret" not in str(refused.value).replace("AWS_SECRET", "")


def test_a_folder_is_made(tmp_path: Path) -> None:
    storage = storage_at((tmp_path / "a b" / "c").as_uri())
    assert isinstance(storage, Folder)
    assert (tmp_path / "a b" / "c").is_dir()


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (f"{KEY}/high.webp", KEY),
        (f"{KEY}.tmp/high.webp", KEY),
        (f"{KEY}/deeper/file", KEY),
        (KEY, None),
        (f"{KEY}x/high.webp", None),
        (f"lost/{KEY}/high.webp", None),
        ("high.webp", None),
        ("", None),
    ],
)
def test_a_path_belongs_to_its_key(path: str, key: str | None) -> None:
    assert key_of(path) == key
