"""Conversion of storage failures to HTTP errors."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from files.store.storage import Unavailable
from shared.errors import UNAVAILABLE

_log = logging.getLogger("bunko.storage")


@contextmanager
def storage_answers() -> Iterator[None]:
    """Convert ``Unavailable`` to 503 and log the cause."""
    try:
        yield
    except Unavailable as error:
        _log.warning("storage: %s", error)
        raise UNAVAILABLE from error
