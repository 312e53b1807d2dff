"""Storage in a bucket of any store that speaks S3, which every file node of an installation shares.

An object appears whole or not at all, and only where there was none (``If-None-Match: *``), so nothing needs
renaming. A key's files appear one after the other: an upload that ends in between leaves some of them, under a
key that the owner's ledger knows.

The credentials need ListBucket, GetObject, PutObject and DeleteObject. A bucket that keeps versions keeps what
is deleted here: it needs a rule that lets old versions expire.
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
    # Checksums beside the signed SHA-256 of the body are AWS's own: many other stores refuse them.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
"""At the worst, a request ends after about 20 seconds; uploads may take 60 at the gateway."""

_BUFFER = 64 * 1024

_log = logging.getLogger("bunko.storage")


class Bucket:
    """Files in a bucket, as ``<prefix>/<key>/<name>``; ``files.store.storage.Storage`` tells what each method does."""

    def __init__(self, address: BucketUrl) -> None:
        """Raises ``UnusableAddress`` where there are no credentials; asks the store nothing yet."""
        self._bucket = address.bucket
        self._prefix = f"{address.prefix}/" if address.prefix else ""
        self._client = _client(address)

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Store files under a fresh key."""
        for name, content in files.items():
            self._put_first(key, name, content)

    def _put_first(self, key: str, name: str, content: bytes) -> None:
        with _asking():
            try:
                self._client.put_object(**self._object(key, name), **_body(name, content), IfNoneMatch="*")
            except ClientError as error:
                if _status(error) != 412:
                    raise
                # An earlier try may have arrived though its answer was lost: then the object in the way is this one.
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
        with _asking():
            self._client.put_object(**self._object(key, name), **_body(name, content))

    def open(self, key: str, name: str, *, whole: bool = True) -> BinaryIO | None:
        """Return a file to be read, None when it is not there."""
        place = self._object(key, name)

        def fetch(begin: int) -> Any:
            with _asking():
                return self._client.get_object(**place, Range=f"bytes={begin}-")["Body"]

        with _asking():
            try:
                found = self._client.get_object(**place) if whole else self._client.head_object(**place)
            except ClientError as error:
                # Of a bucket that is gone the store says 404 as well, and that is no picture's fault.
                if _status(error) == 404 and _code(error) != "NoSuchBucket":
                    return None
                raise
        return io.BufferedReader(_Remote(found["ContentLength"], fetch, found.get("Body")), _BUFFER)

    def names(self, key: str) -> dict[str, int]:
        """Return names and sizes of the files under a key."""
        return {entry.path.partition("/")[2]: entry.size for entry in self._below(f"{key}/")}

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete all that is stored under the keys."""
        return [key for key in keys if self._delete(key)]

    def _delete(self, key: str) -> bool:
        # One by one: deleting many with one request needs a checksum, and not every store takes the same.
        for name in self.names(key):
            with _asking():
                self._client.delete_object(**self._object(key, name))
        return True

    def listing(self) -> Iterator[Entry]:
        """Return everything below the prefix."""
        return self._below("")

    def _below(self, path: str) -> Iterator[Entry]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + path
        )
        with _asking():
            for page in pages:
                for found in page.get("Contents", ()):
                    yield Entry(found["Key"].removeprefix(self._prefix), found["Size"])

    def check(self) -> None:
        """Raise unless the bucket is there and opens to us."""
        with _asking():
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
"""What a store answers about a bucket -> what that means; nothing of it passes by itself."""


class _Remote(io.RawIOBase):
    """One object, read as it arrives. Going elsewhere costs nothing; reading there, a request."""

    def __init__(self, size: int, fetch: Callable[[int], Any], body: Any) -> None:
        """``fetch`` opens the object from a byte on; ``body`` is it from the first one on, or None."""
        self._size = size
        self._fetch = fetch
        self._body = body
        self._place = self._arriving = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read on from another place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read some bytes; 0 at the end."""
        if self._place >= self._size:
            return 0
        if self._body is None or self._arriving != self._place:
            self._drop()
            self._body, self._arriving = self._fetch(self._place), self._place
        with _asking():
            data = self._body.read(len(buffer))
        if not data:
            raise Unavailable("the store sent less than it promised")
        buffer[: len(data)] = data
        self._place = self._arriving = self._place + len(data)
        return len(data)

    def close(self) -> None:
        """Let go of what has not been read."""
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


@contextmanager
def _asking() -> Iterator[None]:
    """Turn what the library raises into what storage raises."""
    try:
        yield
    except ClientError as error:
        if _status(error) == 507:
            raise OSError(errno.ENOSPC, str(error)) from error
        raise Unavailable(str(error)) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise Unavailable(str(error)) from error


def _body(name: str, content: bytes) -> dict[str, Any]:
    # For those who let clients read from the bucket; the file service says both by itself.
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
