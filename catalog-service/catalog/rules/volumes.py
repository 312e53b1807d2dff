"""What is said about volumes."""

import re

SLUG_PARTS = frozenset({"name", "language", "edition_id", "special", "special_name", "series_id"})
"""The columns that a change of may change the slug."""

_LONGEST_HOST = 300
"""Characters between ``http://`` and the path. A domain name has 253 at most; to read a longer one can be slow."""
_SLASHES = re.compile(r"[/?#\\]+")
_NO_URL = "must be an http or https address"
