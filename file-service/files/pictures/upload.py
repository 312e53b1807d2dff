"""Upload of a picture: open, reserve a key, decode, store, attach.

The owner's ledger records the key before the first byte is stored, and nothing refers to the picture until the owner
has attached it. The sweeper therefore finds and deletes the files of an upload that failed at any step, including a
power cut.
"""

import errno
import time
from collections.abc import Mapping
from dataclasses import replace
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
"""Deadline of an upload, in seconds from the reservation of its key. The owner abandons a pending key after 15 minutes;
files that a suspended node stored after that would never be deleted."""


def store_picture(
    owner: Owner,
    identity: Identity,
    target: Mapping[str, Any],
    image: bytes,
    *,
    crop: Crop | None = None,
    opaque: bool = False,
    sha256: str | None = None,
) -> Any:
    """Store ``image`` (a picture's file) and let ``target`` refer to it; returns what its owner answers.

    ``opaque`` puts white behind what is transparent. ``sha256`` is that of the bytes once uploaded, where
    ``image`` is what was kept of them. Refuses (400) unusable pictures and crops, whatever the
    owner refuses, 507 where storage is full, 503 where too much is being decoded, where storage does not answer or
    the owner does not: its answer may then be lost though the picture hangs.
    """
    _RECEIVED.inc(len(image))
    try:
        answer = _store_picture(owner, identity, target, image, crop, opaque=opaque, sha256=sha256)
    except Exception as error:
        _outcome(error).inc()
        raise
    _SUCCEEDED.inc()
    return answer


def _outcome(error: Exception) -> Counter:
    """Return what to count a picture under that was not taken in."""
    if not isinstance(error, Refusal):
        return _FAULT
    others = {400: _UNUSABLE, 503: _UNANSWERED}
    return _REFUSALS.get(error) or others.get(error.status, _REFUSED)


def _store_picture(
    owner: Owner,
    identity: Identity,
    target: Mapping[str, Any],
    image: bytes,
    crop: Crop | None,
    *,
    opaque: bool,
    sha256: str | None,
) -> Any:
    runtime = current_runtime()
    with runtime.decoders.decoding(image, format_of(image)) as decoding:
        box = crop_box(crop, decoding.size)
        began = time.monotonic()
        with _RESERVING.time():
            key = owner.reserve(runtime.clients, identity, target)
        with runtime.budget.take(decoding.size[0] * decoding.size[1]), _DECODING.time():
            picture = decoding.render(box, opaque=opaque)
    picture = replace(picture, sha256=sha256 or picture.sha256)
    cut = CropRecord(box, opaque, picture.sha256)
    _store(runtime.storage, key, {**picture.files, CROP_RECORD: cut.dump()}, since=began)
    try:
        with _ATTACHING.time():
            answer = owner.attach(runtime.clients, identity, target, key, picture.facts)
    finally:
        runtime.lookups.forget(owner.picture_owner(target))
    runtime.sweeper.wake()
    return answer


def recrop(
    owner: Owner,
    identity: Identity,
    target: Mapping[str, Any],
    key: str,
    crop: Crop | None,
) -> Any:
    """Cut the picture ``key`` of ``target`` anew from its original, and let ``target`` refer to what comes out.

    That is a picture with a key and an original of its own. Refuses (409) where the original was not kept and
    where ``target`` refers to another picture by now, and what ``store_picture`` refuses.
    """
    with storage_answers():
        kept = recrop_source(current_runtime().storage, key)
        if kept is None:
            # Not the picture's own bytes either: it was replaced, and swept up, just now.
            raise NO_ORIGINAL if current_runtime().storage.names(key) else COVER_REPLACED
    cut = kept.cut
    target = {**target, "instead_of": key}
    return store_picture(owner, identity, target, kept.data, crop=crop, opaque=cut.opaque, sha256=cut.sha256)


def delete_picture(owner: Owner, identity: Identity, target: Mapping[str, Any]) -> None:
    """Let ``target`` refer to no picture any more, and sweep up what it referred to. Refuses what its owner does."""
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
