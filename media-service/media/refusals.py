"""HTTP errors of the media service, with the texts of the API contract."""

from shared.errors import Refusal

MEDIA_NOT_FOUND = Refusal(404, "Media not found")
