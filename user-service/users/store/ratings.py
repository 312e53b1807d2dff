"""Queries of series ratings. A user has at most one for a series."""

from sqlalchemy import ColumnElement, Connection, and_, insert, select
from sqlalchemy import delete as deletion
from sqlalchemy import update as change

from users.presenters import Rating
from users.store.cards import series_card, visible
from users.store.tables import series_ratings as ratings


def rating(db: Connection, user_id: int, series_id: int) -> Rating | None:
    """Return a user's rating of a series."""
    row = db.execute(select(ratings).where(_of(user_id, series_id))).one_or_none()
    if row is None:
        return None
    return {"rating": float(row.rating), "user_id": row.user_id, "series_id": row.series_id}


def add(db: Connection, user_id: int, series_id: int, stars: float, *, hidden_too: bool) -> bool:
    """Add a rating; False if there is no such series that the user may see.

    Constraints of the table reject a second rating and a user or series deleted meanwhile.
    """
    known = select(series_card.c.id).where(series_card.c.id == series_id, visible(series_card.c))
    if db.execute(known, {"hidden_too": hidden_too}).first() is None:
        return False
    db.execute(insert(ratings).values(user_id=user_id, series_id=series_id, rating=stars))
    return True


def update(db: Connection, user_id: int, series_id: int, stars: float) -> bool:
    """Change a rating; False if there is none."""
    return db.execute(change(ratings).where(_of(user_id, series_id)).values(rating=stars)).rowcount > 0


def delete(db: Connection, user_id: int, series_id: int) -> bool:
    """Delete a rating; False if there is none."""
    return db.execute(deletion(ratings).where(_of(user_id, series_id))).rowcount > 0


def _of(user_id: int, series_id: int) -> ColumnElement[bool]:
    return and_(ratings.c.user_id == user_id, ratings.c.series_id == series_id)
