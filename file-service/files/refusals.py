"""What the file service refuses, in the contract's words."""

import logging

from shared.errors import Refusal, invalid
from shared.files import upload_announcement

_log = logging.getLogger("bunko.storage")

VOLUME_NOT_FOUND = Refusal(404, "Volume not found")
COVER_NOT_FOUND = Refusal(404, "Cover not found")
COVER_REPLACED = Refusal(409, "Conflict")
"""A new cover came while the old one was being cut anew."""
NO_ORIGINAL = Refusal(409, "Original not kept")
"""The cover was uploaded before originals were kept: to cut it anew, it has to be uploaded anew."""
ORIGINAL_NOT_FOUND = Refusal(404, "Original not found")
"""The same, of somebody who only wants to see it."""
MEDIA_NOT_FOUND = Refusal(404, "Media not found")
USER_NOT_FOUND = Refusal(404, "User not found")
PROFILE_IMAGE_NOT_FOUND = Refusal(404, "Profile image not found")

NO_PROFILE_IMAGE = Refusal(500, "Internal server error")
"""What the documentation wants of a user who removes a profile image that is not there."""

EXPECTED = Refusal(upload_announcement.EXPECTED, "Accepted")
"""No refusal, but raised like one: the answer to an announcement of an upload that there is a place for."""
BUSY = Refusal(503, "Service unavailable", headers={"Retry-After": "2"})
"""Every decoding slot is taken, and so is every place in the queue before them."""
STORAGE_FULL = Refusal(507, "Insufficient storage")
"""There is no room for the picture; nothing of it is kept."""
RANGE_NOT_SATISFIABLE = Refusal(416, "Range not satisfiable")


def unusable(reason: str) -> Refusal:
    """A 400 for a picture that nothing can be made of."""
    return invalid("image", reason)
