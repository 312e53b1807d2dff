"""Routes for the caller's ratings of series."""

from sqlalchemy import Connection

from shared.fields.values import Id
from shared.identity.tokens import Caller
from shared.web.routes import LOGIN, Api
from users.presenters import Rating
from users.refusals import NO_RATING, RATING_EXISTS, SERIES_NOT_FOUND, USER_NOT_FOUND
from users.schemas.ratings import SeriesRating
from users.store import ratings

api = Api("/user", tag="Rating", gone=USER_NOT_FOUND)


@api.get("/series-rating/<id>", permission=LOGIN)
def series_rating(id: Id, caller: Caller, db: Connection) -> Rating | None:
    """Return the caller's rating of a series, `null` if there is none."""
    return ratings.rating(db, caller.id, id)


@api.get("/series-rating/id/<id>", permission=LOGIN)
def series_rating_by_id(id: Id, caller: Caller, db: Connection) -> Rating | None:
    """Return the caller's rating of a series, like `/user/series-rating/:id`."""
    return ratings.rating(db, caller.id, id)


@api.post(
    "/series-rating/add/<id>",
    permission="rate-series",
    done="Rating added successfully",
    refuses=[SERIES_NOT_FOUND, RATING_EXISTS],
)
def add_series_rating(id: Id, body: SeriesRating, caller: Caller, db: Connection) -> None:
    """Add the caller's rating of a series.

    A series that is not public is a 404, except for callers with `view-series`.
    """
    if not ratings.add(db, caller.id, id, body.rating, hidden_too=caller.may("view-series")):
        raise SERIES_NOT_FOUND


@api.post(
    "/series-rating/update/<id>",
    permission="rate-series",
    done="Rating updated successfully",
    refuses=[NO_RATING],
)
def update_series_rating(id: Id, body: SeriesRating, caller: Caller, db: Connection) -> None:
    """Change the caller's rating of a series."""
    if not ratings.update(db, caller.id, id, body.rating):
        raise NO_RATING


@api.delete(
    "/series-rating/delete/<id>",
    permission="rate-series",
    done="Rating deleted successfully",
    refuses=[NO_RATING],
)
def delete_series_rating(id: Id, caller: Caller, db: Connection) -> None:
    """Delete the caller's rating of a series."""
    if not ratings.delete(db, caller.id, id):
        raise NO_RATING
