"""Error answers of the user service, with the texts of the API contract."""

from shared.errors import UNAVAILABLE, Refusal, invalid

USER_NOT_FOUND = Refusal(404, "User not found")
NO_PICTURE = Refusal(404, "Profile image not found")
SERIES_NOT_FOUND = Refusal(404, "Series not found")
VOLUME_NOT_FOUND = Refusal(404, "Volume not found")
SESSION_NOT_FOUND = Refusal(404, "Session not found")

INVALID_CREDENTIALS = Refusal(401, "Invalid credentials")
WRONG_PASSWORD = Refusal(403, "Wrong password")
INVALID_USERNAME = Refusal(422, "Invalid username")
INVALID_PASSWORD = Refusal(422, "Invalid password")
USERNAME_TAKEN = Refusal(409, "Username already taken")
LAST_ADMINISTRATOR = Refusal(409, "Last administrator")
UNKNOWN_ROLE = invalid("added_roles", "must be ids of roles that exist")

STATUS_EXISTS = Refusal(409, "Reading status already exists for this series")
NO_STATUS = Refusal(404, "Reading status does not exist for this series")
RATING_EXISTS = Refusal(409, "Rating already exists for this series")
NO_RATING = Refusal(404, "Rating does not exist for this series")
IN_COLLECTION = Refusal(409, "Volume already in collection")
ITEM_NOT_FOUND = Refusal(404, "Collection item not found")

CONSTRAINTS = {
    "users_slug_unique": USERNAME_TAKEN,
    "user_roles_user_fkey": USER_NOT_FOUND,
    "user_roles_role_fkey": UNKNOWN_ROLE,
    "sessions_user_fkey": INVALID_CREDENTIALS,
    "reading_statuses_pkey": STATUS_EXISTS,
    "reading_statuses_user_fkey": USER_NOT_FOUND,
    "reading_statuses_series_fkey": SERIES_NOT_FOUND,
    "reading_statuses_dates_check": invalid("end", "must not be before start"),
    "series_ratings_pkey": RATING_EXISTS,
    "series_ratings_user_fkey": USER_NOT_FOUND,
    "series_ratings_series_fkey": SERIES_NOT_FOUND,
    "collection_items_user_volume_unique": IN_COLLECTION,
    "collection_items_user_fkey": USER_NOT_FOUND,
    "collection_items_volume_fkey": VOLUME_NOT_FOUND,
    "collection_items_series_fkey": VOLUME_NOT_FOUND,
    "collection_items_place_fkey": UNAVAILABLE,  # the volume was moved to another series meanwhile
}
"""Constraint -> the answer when it is violated."""
