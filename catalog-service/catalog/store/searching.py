"""Search in SQL: an index over grams finds candidates, LIKE decides."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, func

from catalog.rules.searching import grams
from shared.text import like_pattern


def contains(column: ColumnElement[Any], search: str) -> ColumnElement[bool]:
    """Whether the searchable text in ``column`` contains ``search``, without case and accents."""
    candidates = func.catalog.grams(column).op("@>", is_comparison=True)(cast(grams(search), ARRAY(Text)))
    return and_(candidates, column.like(like_pattern(search), escape="\\"))
