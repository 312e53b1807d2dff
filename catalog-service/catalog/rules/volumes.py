"""Rules for volumes."""

SLUG_PARTS = frozenset({"name", "language", "edition_id", "special", "special_name", "series_id"})
"""Columns from which the slug is derived."""
