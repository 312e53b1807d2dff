"""HTTP errors of the file service, with the texts of the API contract."""

from shared.errors import Refusal, invalid
from shared.files import upload_announcement

VOLUME_NOT_FOUND = Refusal(404, "Volume not found")
COVER_NOT_FOUND = Refusal(404, "Cover not found")
COVER_REPLACED = Refusal(409, "Conflict")
"""The cover was replaced while it was being recropped."""
NO_ORIGINAL = Refusal(409, "Original not kept")
"""The cover was uploaded before originals were stored. It must be uploaded again to be recropped."""
ORIGINAL_NOT_FOUND = Refusal(404, "Original not found")
"""As ``NO_ORIGINAL``, for a request that shows the original."""
MEDIA_NOT_FOUND = Refusal(404, "Media not found")
USER_NOT_FOUND = Refusal(404, "User not found")
PROFILE_IMAGE_NOT_FOUND = Refusal(404, "Profile image not found")

NO_PROFILE_IMAGE = Refusal(500, "Internal server error")
"""The documented answer to a user who deletes a missing profile image of their own."""

EXPECTED = Refusal(upload_announcement.EXPECTED, "Accepted")
"""The positive answer to an upload announcement; raised so that the upload is not processed."""
BUSY = Refusal(503, "Service unavailable", headers={"Retry-After": "2"})
"""All decoding slots and all places in the queue are taken."""
STORAGE_FULL = Refusal(507, "Insufficient storage")
"""Storage is full; nothing of the picture is stored."""
RANGE_NOT_SATISFIABLE = Refusal(416, "Range not satisfiable")


def unusable(reason: str) -> Refusal:
    """Return a 400 for the field ``image`` with ``reason``."""
    return invalid("image", reason)
