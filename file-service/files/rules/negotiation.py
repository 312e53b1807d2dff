"""Which kind of picture a client is best served with, by its ``Accept``."""

import re

AVIF, WEBP = "image/avif", "image/webp"
_LONGEST = 1024
"""Characters of ``Accept`` that are read. Browsers send some 150."""

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def accepts_avif(accept: str) -> bool:
    """Whether a client names AVIF, and does not like WebP better.

    ``*/*`` and ``image/*`` do not count: clients that cannot show AVIF send them too. Read in linear time, which
    Werkzeug's parser of the header does not.
    """
    named = dict(map(_weighed, accept[:_LONGEST].lower().split(",")))
    return named.get(AVIF, 0) > 0 and named[AVIF] >= named.get(WEBP, 0)


def _weighed(entry: str) -> tuple[str, float]:
    """Return a media type and its quality (RFC 9110, section 12.4.2): 1 where none is given, 0 where it is none."""
    kind, *parameters = (part.strip() for part in entry.split(";"))
    quality = next((text for text in parameters if text.startswith("q=")), "q=1").removeprefix("q=")
    return kind, float(quality) if _QUALITY.fullmatch(quality) else 0
