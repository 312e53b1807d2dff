"""Search conditions in SQL: a gram index finds candidates, and LIKE confirms them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, bindparam, func

from catalog.rules.searching import grams
from shared.fields.text import like_pattern


def matching(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that ``column`` matches the search; bind ``terms``.

    The column needs a gram index.
    """
    wanted = bindparam("grams", type_=ARRAY(Text))
    return and_(func.catalog.grams(column).op("@>", is_comparison=True)(wanted), weight(column))


def weight(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition of ``matching`` without the use of an index."""
    return column.like(bindparam("pattern", type_=Text), escape="\\")


def terms(search: str) -> Mapping[str, Any]:
    """Return the bind values of ``matching`` for ``search``, folded. Empty for an empty search."""
    return {"grams": grams(search), "pattern": like_pattern(search)} if search else {}
