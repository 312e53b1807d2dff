"""HTTP errors of the catalog service, with the texts of the API contract."""

from shared.errors import Refusal, invalid

VOLUME_NOT_FOUND = Refusal(404, "Volume not found")
GROUP_NOT_FOUND = Refusal(404, "Volume group not found")
SERIES_NOT_FOUND = Refusal(404, "Series not found")
COVER_NOT_FOUND = Refusal(404, "Cover not found")
COVER_REPLACED = Refusal(409, "Conflict")
"""The cover was replaced while it was being recropped."""

GROUP_EXISTS = Refusal(409, "Volume group with the same name already exists in this series")
SERIES_EXISTS = Refusal(409, "Series with this Name and Type exists already.")
EDITION_IN_USE = Refusal(409, "Edition in use")
LOCKED = Refusal(409, "Conflict")

MOVED = Refusal(301, "Moved permanently")
UNKNOWN_EDITION = invalid("edition", "must be an edition of the volume's series")
UNKNOWN_MEDIA = invalid("added_media", "must be ids of media that exist")

CONSTRAINTS = {
    "series_name_type_unique": SERIES_EXISTS,
    "volume_groups_name_unique": GROUP_EXISTS,
    "volume_groups_series_fkey": SERIES_NOT_FOUND,
    "volumes_series_fkey": SERIES_NOT_FOUND,
    "volumes_group_fkey": GROUP_NOT_FOUND,
    "volume_media_media_fkey": UNKNOWN_MEDIA,
}
"""Database constraint -> the error that answers its violation."""
