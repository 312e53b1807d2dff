"""Queries of profile images: the storage key of each user's. A trigger dooms keys without a reference."""

from sqlalchemy import Connection, select, update
from typing_extensions import TypedDict

from shared.fields.picture_preview import PicturePreview
from shared.files.ledger import Ledger
from users.refusals import NO_PICTURE, USER_NOT_FOUND
from users.store.tables import files, users

ledger = Ledger(files)


class Avatar(TypedDict):
    """Location of a user's picture: a storage ``key``, or an external ``url``, or neither."""

    key: str | None
    url: str | None
    image_version: int


def avatar(db: Connection, user_id: int) -> Avatar:
    """Return a user's picture; refuses (404) an unknown user."""
    columns = (users.c.profile_key, users.c.profile_url, users.c.image_version)
    row = db.execute(select(*columns).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise USER_NOT_FOUND
    return {"key": row.profile_key, "url": row.profile_url, "image_version": row.image_version}


def reserve(db: Connection, user_id: int) -> str:
    """Return a fresh key for a user's new picture; refuses (404) an unknown user."""
    avatar(db, user_id)
    return ledger.reserve(db)


def attach(db: Connection, user_id: int, key: str, preview: PicturePreview) -> None:
    """Make the picture under ``key`` the user's profile image; refuses (404) an unknown user."""
    ledger.attach(db, key)
    if not _refer(db, user_id, key, preview):
        raise USER_NOT_FOUND


def remove(db: Connection, user_id: int) -> None:
    """Remove a user's picture, stored or external; refuses (404) an unknown user and a user without a picture."""
    one = select(users.c.profile_key, users.c.profile_url).where(users.c.id == user_id).with_for_update()
    row = db.execute(one).one_or_none()
    if row is None:
        raise USER_NOT_FOUND
    if row.profile_key is None and row.profile_url is None:
        raise NO_PICTURE
    _refer(db, user_id, None, PicturePreview())


def _refer(db: Connection, user_id: int, key: str | None, preview: PicturePreview) -> bool:
    values = {
        "profile_key": key,
        "profile_url": None,
        "profile_placeholder": preview.placeholder,
        "profile_color": preview.color,
        "image_version": users.c.image_version + 1,
    }
    return bool(db.execute(update(users).where(users.c.id == user_id).values(values)).rowcount)
