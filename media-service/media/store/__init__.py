"""Queries of schema ``media``, by subject."""
