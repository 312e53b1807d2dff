"""Routes for the volumes the caller owns, and their prices."""

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

    A volume that has been hidden since (see `/volumes/slug/`) shows only `id`, `hidden: true` and the caller's own
    `collection`, except to callers with `view-volumes`. Searches do not match it. It sorts after all series, with
    `name-desc` before them.
    """
    return items.page(
        database,
        caller.id,
        query,
        client=query.client,
        language=language_name(query.user_lang),
        descending=query.order == "name-desc",
        hidden_too=caller.may("view-volumes"),
    )


@api.get("/collection/stats/general", permission=LOGIN, replica_ok=True)
def collection_stats(query: StatsQuery, caller: Caller, db: Connection) -> Json[CollectionStats]:
    """Return the size of the caller's collection and its total price, exact to the cent, with hidden volumes."""
    return Json(items.stats(db, caller.id, query.client))


@api.post(
    "/collection/update/<id>",
    permission=LOGIN,
    done="Collection item updated successfully",
    refuses=[ITEM_NOT_FOUND],
)
def update_collection_item(id: Id, body: Purchase, caller: Caller, db: Connection) -> None:
    """Change price and date of an item in the caller's collection."""
    if not items.update(db, caller.id, id, body.price, body.date):
        raise ITEM_NOT_FOUND


@api.post(
    "/collection/add/<volumeId>",
    permission=LOGIN,
    done="Volume added to collection",
    refuses=[VOLUME_NOT_FOUND, IN_COLLECTION],
)
def add_to_collection(volumeId: Id, body: NewItem, caller: Caller, db: Connection) -> CreatedItem:  # noqa: N803
    """Add a volume to the caller's collection; `id` is the id of the new item.

    A hidden volume is a 404, except for callers with `view-volumes`.
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
    """Remove an item from the caller's collection."""
    if not items.delete(db, caller.id, id):
        raise ITEM_NOT_FOUND
