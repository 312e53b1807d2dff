"""Collection: the volumes the caller owns, and what they cost."""

from sqlalchemy import Connection

from shared.fields.languages import language_name
from shared.fields.values import Id
from shared.identity.tokens import Caller
from shared.postgres.engine import Database
from shared.web.answers import Json
from shared.web.listing import Listing
from shared.web.routes import LOGIN, Api
from users.presenters import Collection, CollectionStats, CreatedItem
from users.refusals import IN_COLLECTION, ITEM_NOT_FOUND, USER_NOT_FOUND, VOLUME_NOT_FOUND
from users.schemas.collection import CollectionQuery, NewItem, Purchase, StatsQuery
from users.store import collection as items

api = Api("/user", tag="Collection", gone=USER_NOT_FOUND)


@api.get("/collection", permission=LOGIN, replica_ok=True)
def collection(query: CollectionQuery, caller: Caller, database: Database) -> Listing[Collection]:
    """List the volumes in the caller's collection.

    Of a volume that is hidden by now (see `/volumes/slug/`) only `id`, `hidden: true` and the caller's own `collection`
    are shown, except to those with `view-volumes`. No search finds it, and it stands behind all series, in `name-desc`
    before them.
    """
    return items.page(
        database,
        caller.id,
        query,
        client=query.client,
        language=language_name(query.user_lang),
        turned=query.order == "name-desc",
        hidden_too=caller.may("view-volumes"),
    )


@api.get("/collection/stats/general", permission=LOGIN, replica_ok=True)
def collection_stats(query: StatsQuery, caller: Caller, db: Connection) -> Json[CollectionStats]:
    """Count the caller's collection and what it has cost, exact to the cent, hidden volumes included."""
    return Json(items.stats(db, caller.id, query.client))


@api.post(
    "/collection/update/<id>",
    permission=LOGIN,
    done="Collection item updated successfully",
    refuses=[ITEM_NOT_FOUND],
)
def update_collection_item(id: Id, body: Purchase, caller: Caller, db: Connection) -> None:
    """Change price and date of an item of the caller's collection."""
    if not items.update(db, caller.id, id, body.price, body.date):
        raise ITEM_NOT_FOUND


@api.post(
    "/collection/add/<volumeId>",
    permission=LOGIN,
    done="Volume added to collection",
    refuses=[VOLUME_NOT_FOUND, IN_COLLECTION],
)
def add_to_collection(volumeId: Id, body: NewItem, caller: Caller, db: Connection) -> CreatedItem:  # noqa: N803
    """Put a volume into the caller's collection; `id` is the new item's.

    A hidden volume is not found, except for those with `view-volumes`.
    """
    item_id = items.add(
        db,
        caller.id,
        volumeId,
        client=body.client,
        price=body.price,
        bought=body.date,
        hidden_too=caller.may("view-volumes"),
    )
    if item_id is None:
        raise VOLUME_NOT_FOUND
    return {"id": item_id}


@api.delete(
    "/collection/delete/<id>",
    permission=LOGIN,
    done="Volume removed from collection",
    refuses=[ITEM_NOT_FOUND],
)
def delete_from_collection(id: Id, caller: Caller, db: Connection) -> None:
    """Take an item out of the caller's collection."""
    if not items.delete(db, caller.id, id):
        raise ITEM_NOT_FOUND
