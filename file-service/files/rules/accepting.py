"""Which kind of picture a client is best served with, by its ``Accept``."""

from werkzeug.datastructures import MIMEAccept

AVIF, WEBP = "image/avif", "image/webp"


def takes_avif(accept: MIMEAccept) -> bool:
    """Whether a client names AVIF, and does not like WebP better.

    ``*/*`` and ``image/*`` do not count: clients that cannot show AVIF send them too.
    """
    named = {kind.lower(): quality for kind, quality in accept}
    return named.get(AVIF, 0) > 0 and named[AVIF] >= named.get(WEBP, 0)
