"""Search in SQL: an index over grams finds candidates, LIKE decides."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, bindparam, func

from catalog.rules.searching import grams
from shared.fields.text import like_pattern


def matching(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the searchable text in ``column``, which has an index over its grams, contains what is ``terms``."""
    wanted = bindparam("grams", type_=ARRAY(Text))
    return and_(func.catalog.grams(column).op("@>", is_comparison=True)(wanted), weight(column))


def weight(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The same without an index."""
    return column.like(bindparam("pattern", type_=Text), escape="\\")


def terms(search: str) -> Mapping[str, Any]:
    """Return the values with which statements look for ``search``, without case and accents; none for nothing."""
    return {"grams": grams(search), "pattern": like_pattern(search)} if search else {}
