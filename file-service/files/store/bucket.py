"""Storage in an S3 bucket, shared by all file nodes of an installation.

An object is written atomically, and only if it does not exist (``If-None-Match: *``), so no renaming is
needed. The files of a key are written one after the other. An interrupted upload leaves some of them, under a
key that is in the owner's ledger.

The credentials need ListBucket, GetObject, PutObject and DeleteObject. A bucket with versioning keeps deleted
objects; it needs a lifecycle rule that expires old versions.
"""

import errno
import io
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from files.rules.object_names import type_of
from files.store.storage import Denied, Entry, Unavailable, UnusableAddress
from files.store.storage_url import BucketUrl

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
    # Checksums besides the signed SHA-256 are specific to AWS; many other stores refuse them.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
"""In the worst case a request takes about 20 seconds. The gateway's timeout for uploads is 60."""

_BUFFER = 64 * 1024

_log = logging.getLogger("bunko.storage")


class Bucket:
    """Files in a bucket, as ``<prefix>/<key>/<name>``.

    ``files.store.storage.Storage`` documents the methods.
    """

    def __init__(self, address: BucketUrl) -> None:
        """Create the client without a request. Raises ``UnusableAddress`` without credentials."""
        self._bucket = address.bucket
        self._prefix = f"{address.prefix}/" if address.prefix else ""
        self._client = _client(address)

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Store files under a fresh key."""
        for name, content in files.items():
            self._put_first(key, name, content)

    def _put_first(self, key: str, name: str, content: bytes) -> None:
        with _translated_errors():
            try:
                self._client.put_object(**self._object(key, name), **_body(name, content), IfNoneMatch="*")
            except ClientError as error:
                if _status(error) != 412:
                    raise
                # A retry may find the object that an earlier attempt wrote, if only its response was lost.
                again = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
                if not (again and self._holds(key, name, content)):
                    raise FileExistsError(errno.EEXIST, "the key was used before", f"{key}/{name}") from None

    def _holds(self, key: str, name: str, content: bytes) -> bool:
        stored = self.open(key, name)
        if stored is None:
            return False
        with stored:
            return stored.read() == content

    def add(self, key: str, name: str, content: bytes) -> None:
        """Store one more file under a key."""
        with _translated_errors():
            self._client.put_object(**self._object(key, name), **_body(name, content))

    def open(self, key: str, name: str, *, whole: bool = True) -> BinaryIO | None:
        """Return an open file, or None if it does not exist."""
        location = self._object(key, name)

        def fetch(begin: int) -> Any:
            with _translated_errors():
                return self._client.get_object(**location, Range=f"bytes={begin}-")["Body"]

        with _translated_errors():
            try:
                found = self._client.get_object(**location) if whole else self._client.head_object(**location)
            except ClientError as error:
                # A missing bucket also answers 404, and must not count as a missing file.
                if _status(error) == 404 and _code(error) != "NoSuchBucket":
                    return None
                raise
        return io.BufferedReader(_Remote(found["ContentLength"], fetch, found.get("Body")), _BUFFER)

    def names(self, key: str) -> dict[str, int]:
        """Return names and sizes (bytes) of the files under a key."""
        return {entry.path.partition("/")[2]: entry.size for entry in self._below(f"{key}/")}

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete all files under the keys."""
        return [key for key in keys if self._delete(key)]

    def _delete(self, key: str) -> bool:
        # One request per object: batch deletion needs a checksum, and stores differ in which they accept.
        for name in self.names(key):
            with _translated_errors():
                self._client.delete_object(**self._object(key, name))
        return True

    def listing(self) -> Iterator[Entry]:
        """Return all files below the prefix."""
        return self._below("")

    def _below(self, path: str) -> Iterator[Entry]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + path
        )
        with _translated_errors():
            for page in pages:
                for found in page.get("Contents", ()):
                    yield Entry(found["Key"].removeprefix(self._prefix), found["Size"])

    def check(self) -> None:
        """Raise unless the bucket exists and the credentials give access to it."""
        with _translated_errors():
            try:
                self._client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                reason = _DENIALS.get(_status(error))
                if reason is None:
                    raise
                raise Denied(reason.format(self._bucket, self._client.meta.endpoint_url)) from None

    def _object(self, key: str, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{key}/{name}"}


_DENIALS = {
    301: "the bucket {} is not in the region that {} serves",
    400: "the bucket {} does not open with these credentials at {}",
    403: "the bucket {} does not open with these credentials at {}",
    404: "there is no bucket {} at {}",
}
"""Status of a HEAD request for the bucket -> reason. These errors are permanent."""


class _Remote(io.RawIOBase):
    """One object, read as a stream. Seeking is free; reading at a new position takes a request."""

    def __init__(self, size: int, fetch: Callable[[int], Any], body: Any) -> None:
        """``fetch`` opens the object at a byte offset; ``body`` is the stream from offset 0, or None."""
        self._size = size
        self._fetch = fetch
        self._body = body
        self._position = self._stream_position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position of the next read."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read bytes into ``buffer`` and return their number; 0 at the end."""
        if self._position >= self._size:
            return 0
        if self._body is None or self._stream_position != self._position:
            self._drop()
            self._body, self._stream_position = self._fetch(self._position), self._position
        with _translated_errors():
            data = self._body.read(len(buffer))
        if not data:
            raise Unavailable("the store sent less than it promised")
        buffer[: len(data)] = data
        self._position = self._stream_position = self._position + len(data)
        return len(data)

    def close(self) -> None:
        """Close the stream, whether or not it was read to the end."""
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Convert botocore exceptions to the exceptions of ``Storage``."""
    try:
        yield
    except ClientError as error:
        if _status(error) == 507:
            raise OSError(errno.ENOSPC, str(error)) from error
        raise Unavailable(str(error)) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise Unavailable(str(error)) from error


def _body(name: str, content: bytes) -> dict[str, Any]:
    # For installations whose clients read from the bucket; the file service sets both headers itself.
    return {
        "Body": content,
        "ContentType": type_of(name),
        "CacheControl": "public, max-age=31536000, immutable",
    }


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _client(address: BucketUrl) -> Any:
    try:
        session = boto3.Session(profile_name=address.profile, region_name=address.region)
        if session.get_credentials() is None:
            raise UnusableAddress(
                "needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
            )
        return session.client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=session.region_name or "us-east-1",
            config=_CONFIG.merge(Config(s3={"addressing_style": address.style})),
        )
    except (BotoCoreError, ValueError) as error:
        if isinstance(error, UnusableAddress):
            raise
        raise UnusableAddress(f"names a store that cannot be used: {str(error).rstrip('.')}.") from None
