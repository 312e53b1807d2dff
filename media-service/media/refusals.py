"""What the media service refuses, in the contract's words."""

from shared.errors import Refusal

MEDIA_NOT_FOUND = Refusal(404, "Media not found")
