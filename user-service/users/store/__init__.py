"""Queries of schema ``users``, by subject."""
