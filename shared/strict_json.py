"""JSON parsing without the extensions of Python's ``json``."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn


def loads(text: str | bytes, *, unique_names: bool = False) -> Any:
    """Parse JSON. Raises ``ValueError`` for ``NaN`` and ``Infinity``, with ``unique_names`` also for duplicate names.

    Text that is nested too deep raises ``RecursionError``.
    """
    return json.loads(text, parse_constant=_no_number, object_pairs_hook=_unique if unique_names else None)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate name")
    return found
