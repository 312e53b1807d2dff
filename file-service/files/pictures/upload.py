"""Upload of a picture: open, reserve a key, decode, store, attach.

The owner's ledger records the key before the first byte is stored, and nothing refers to the picture until
the owner has attached it. The sweeper therefore finds and deletes the files of an upload that failed at any
step, including a power cut.
"""

import errno
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from files.owners.client import Owner
from files.pictures.recrop_source import recrop_source
from files.refusals import BUSY, COVER_REPLACED, NO_ORIGINAL, STORAGE_FULL
from files.rules.crop import Crop, crop_box
from files.rules.formats import format_of
from files.rules.stored_picture import CROP_RECORD, CropRecord
from files.runtime import current_runtime
from files.store.availability import storage_answers
from files.store.storage import Storage
from shared.errors import UNAVAILABLE, Refusal
from shared.identity.tokens import Identity
from shared.observability import tracing
from shared.observability.metrics import Counter, counter, histogram

_STEPS = histogram("bunko_picture_seconds", "Duration of the steps of an upload.", "step")
_RESERVING, _DECODING = _STEPS.of("reserve"), _STEPS.of("decode")
_STORING, _ATTACHING = _STEPS.of("store"), _STEPS.of("attach")
_BYTES = counter("bunko_picture_bytes", "Bytes of pictures, received and stored.", "what")
_RECEIVED, _STORED = _BYTES.of("received"), _BYTES.of("stored")
_OUTCOMES = counter("bunko_pictures", "Uploaded pictures, by outcome.", "outcome")
_SUCCEEDED, _FAULT = _OUTCOMES.of("stored"), _OUTCOMES.of("fault")
_UNUSABLE, _REFUSED = _OUTCOMES.of("unusable"), _OUTCOMES.of("refused by its owner")
_REFUSALS = {BUSY: _OUTCOMES.of("too busy"), STORAGE_FULL: _OUTCOMES.of("storage full")}
_UNANSWERED = _OUTCOMES.of("storage or owner away")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_MAX_SECONDS = 10 * 60
"""Deadline of an upload, in seconds from the reservation of its key. The owner abandons a pending key after
15 minutes; files that a suspended node stored after that would never be deleted."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture to be stored."""

    owner: Owner
    identity: Identity
    """The HTTP caller, for the calls to the owner."""
    target: Mapping[str, Any]
    """The request body that identifies to the owner what the picture belongs to."""
    image: bytes
    """The picture's file."""
    crop: Crop | None = None
    """The part to keep; None keeps the whole picture."""
    opaque: bool = False
    """True adds a white background to transparent areas."""
    sha256: str | None = None
    """SHA-256 of the uploaded bytes, if ``image`` is a stored original; None computes it from ``image``."""


def store_picture(upload: Upload) -> Any:
    """Store a picture and attach it to its target. Return the owner's answer.

    Raises 400 for an unusable picture or crop, 507 if storage is full, 503 if the node is overloaded or
    storage or the owner is unavailable, and the owner's refusals. After a 503 the picture may be attached, if
    only the owner's response was lost.
    """
    _RECEIVED.inc(len(upload.image))
    try:
        answer = _store_picture(upload)
    except Exception as error:
        _outcome(error).inc()
        raise
    _SUCCEEDED.inc()
    return answer


def _outcome(error: Exception) -> Counter:
    """Return the counter for an upload that failed with ``error``."""
    if not isinstance(error, Refusal):
        return _FAULT
    others = {400: _UNUSABLE, 503: _UNANSWERED}
    return _REFUSALS.get(error) or others.get(error.status, _REFUSED)


def _store_picture(upload: Upload) -> Any:
    runtime = current_runtime()
    owner, identity, target = upload.owner, upload.identity, upload.target
    with runtime.decoders.decoding(upload.image, format_of(upload.image)) as decoding:
        box = crop_box(upload.crop, decoding.size)
        began = time.monotonic()
        with _RESERVING.time():
            key = owner.reserve(runtime.clients, identity, target)
        with runtime.budget.take(decoding.size[0] * decoding.size[1]), _DECODING.time():
            picture = decoding.render(box, opaque=upload.opaque)
    picture = replace(picture, sha256=upload.sha256 or picture.sha256)
    record = CropRecord(box, upload.opaque, picture.sha256)
    _store(runtime.storage, key, {**picture.files, CROP_RECORD: record.dump()}, since=began)
    try:
        with _ATTACHING.time():
            answer = owner.attach(runtime.clients, identity, target, key, picture.facts)
    finally:
        runtime.lookups.forget(owner.picture_owner(target))
    runtime.sweeper.wake()
    return answer


def recrop(owner: Owner, identity: Identity, target: Mapping[str, Any], key: str, crop: Crop | None) -> Any:
    """Crop the picture ``key`` of ``target`` again from its original, and attach the result.

    The result has its own key and original. Raises 409 if the original is not stored or ``target`` has
    another picture by now, and the errors of ``store_picture``.
    """
    with storage_answers():
        source = recrop_source(current_runtime().storage, key)
        if source is None:
            # Without any file under the key, the picture was replaced and deleted just now.
            raise NO_ORIGINAL if current_runtime().storage.names(key) else COVER_REPLACED
    target = {**target, "instead_of": key}
    record = source.cut
    return store_picture(
        Upload(owner, identity, target, source.data, crop, opaque=record.opaque, sha256=record.sha256)
    )


def delete_picture(owner: Owner, identity: Identity, target: Mapping[str, Any]) -> None:
    """Remove the picture of ``target`` and schedule the deletion of its files.

    Raises the owner's refusals.
    """
    runtime = current_runtime()
    try:
        owner.remove(runtime.clients, identity, target)
    finally:
        runtime.lookups.forget(owner.picture_owner(target))
    runtime.sweeper.wake()


def _store(storage: Storage, key: str, files: Mapping[str, bytes], *, since: float) -> None:
    _check_deadline(since)
    try:
        with tracing.step("store picture"), storage_answers(), _STORING.time():
            storage.put(key, files)
        _STORED.inc(sum(map(len, files.values())))
    except OSError as error:
        if error.errno in _FULL:
            raise STORAGE_FULL from error
        raise
    try:
        _check_deadline(since)
    except Exception:
        with storage_answers():
            storage.delete([key])
        raise


def _check_deadline(since: float) -> None:
    if time.monotonic() - since > _MAX_SECONDS:
        raise UNAVAILABLE
