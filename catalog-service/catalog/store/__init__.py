"""Queries of schema ``catalog``, by subject."""
