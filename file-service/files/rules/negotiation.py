"""Content negotiation: AVIF or WebP, by the ``Accept`` header."""

import re

AVIF, WEBP = "image/avif", "image/webp"
_MAX_LENGTH = 1024
"""Characters of ``Accept`` that are parsed. Browsers send about 150."""

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def accepts_avif(accept: str) -> bool:
    """Return whether ``accept`` names AVIF with a quality at least that of WebP.

    ``*/*`` and ``image/*`` do not count, because clients that cannot show AVIF send them too. Takes linear
    time; Werkzeug's parser of the header does not.
    """
    named = dict(map(_weighed, accept[:_MAX_LENGTH].lower().split(",")))
    return named.get(AVIF, 0) > 0 and named[AVIF] >= named.get(WEBP, 0)


def _weighed(entry: str) -> tuple[str, float]:
    """Return a media type and its quality (RFC 9110, section 12.4.2): 1 if missing, 0 if invalid."""
    kind, *parameters = (part.strip() for part in entry.split(";"))
    quality = next((text for text in parameters if text.startswith("q=")), "q=1").removeprefix("q=")
    return kind, float(quality) if _QUALITY.fullmatch(quality) else 0
