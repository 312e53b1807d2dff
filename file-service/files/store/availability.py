"""How failures of storage are answered."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from files.store.storage import Unavailable
from shared.errors import UNAVAILABLE

_log = logging.getLogger("bunko.storage")


@contextmanager
def storage_answers() -> Iterator[None]:
    """Refuse (503) what storage cannot do at the moment, and log why."""
    try:
        yield
    except Unavailable as error:
        _log.warning("storage: %s", error)
        raise UNAVAILABLE from error
