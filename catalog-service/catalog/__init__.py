"""The catalog service: series, editions, volume groups, volumes, their links and covers, and locks."""
