"""Parsing of storage URLs: ``file:///folder`` or ``s3://bucket/prefix?endpoint=...``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from files.store.folder import Folder
from files.store.storage import Storage, UnusableAddress

Style = Literal["path", "virtual", "auto"]

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+/?")
_OPTIONS = ("endpoint", "region", "profile", "style")
_STYLES = ("path", "virtual", "auto")


@dataclass(frozen=True, slots=True)
class BucketUrl:
    """A prefix of an S3 bucket."""

    bucket: str
    prefix: str = ""
    """Path prefix without leading and trailing slashes."""
    endpoint: str | None = None
    """URL of the S3 service; None is AWS."""
    region: str | None = None
    profile: str | None = None
    """Profile in the AWS configuration files, if environment variables are not enough."""
    style: Style = "auto"
    """Position of the bucket in URLs: in the path, or in the host name (``virtual``)."""


def storage_at(url: str) -> Storage:
    """Return the storage at ``url``, creating its folder if needed. Raises ``UnusableAddress``."""
    parts = _split(url)
    if parts.scheme == "file":
        return _folder(parts, url)
    if parts.scheme == "s3":
        address = parse_bucket_url(url)
        # Imported only when needed: the library takes 40 MB and half a second.
        from files.store.bucket import Bucket  # noqa: PLC0415

        return Bucket(address)
    raise UnusableAddress(f"must be file:///an/absolute/path or s3://bucket/prefix, not {url!r}.")


def parse_bucket_url(url: str) -> BucketUrl:
    """Return the parts of an ``s3://`` URL.

    Raises ``UnusableAddress``; its text never contains a password.
    """
    parts = _split(url)
    if "@" in parts.netloc:
        raise UnusableAddress(
            "must hold no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead."
        )
    if not _BUCKET.fullmatch(parts.netloc):
        raise UnusableAddress(f"must name a bucket, as s3://bucket/prefix does, not {url!r}.")
    options = _options(parts)
    endpoint = options.get("endpoint")
    if endpoint is not None and not _ENDPOINT.fullmatch(endpoint):
        raise UnusableAddress("must give its endpoint as in ?endpoint=https://host:port.")
    # Only AWS always has a host name for each bucket.
    style = options.get("style", "path" if endpoint else "auto")
    if style not in _STYLES:
        raise UnusableAddress(f"must give its style as one of {', '.join(_STYLES)}, not {style!r}.")
    return BucketUrl(
        bucket=parts.netloc,
        prefix=unquote(parts.path).strip("/"),
        endpoint=endpoint,
        region=options.get("region"),
        profile=options.get("profile"),
        style=cast("Style", style),
    )


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise UnusableAddress("must be file:///an/absolute/path or s3://bucket/prefix.") from None


def _options(parts: SplitResult) -> dict[str, str]:
    given = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in given:
        if name not in _OPTIONS or not value or [other for other, _ in given].count(name) > 1:
            raise UnusableAddress(f"may say {', '.join(_OPTIONS)} once each after its ?, and nothing else.")
    if parts.fragment or (parts.query and not given):
        raise UnusableAddress(f"may say {', '.join(_OPTIONS)} once each after its ?, and nothing else.")
    return dict(given)


def _folder(parts: SplitResult, url: str) -> Folder:
    if parts.netloc or not parts.path.startswith("/"):
        raise UnusableAddress(f"must be file:///an/absolute/path, not {url!r}.")
    try:
        return Folder(Path(unquote(parts.path)))
    except OSError as error:
        raise UnusableAddress(f"names a folder that cannot be made: {error}.") from None
