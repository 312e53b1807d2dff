"""Management of volume groups and volumes."""

from sqlalchemy import Connection

from catalog.presenters import (
    CreatedGroup,
    CreatedVolume,
    EditedVolume,
    Group,
    GroupNamesPage,
    GroupPage,
    volume_document,
)
from catalog.refusals import GROUP_EXISTS, GROUP_NOT_FOUND, SERIES_NOT_FOUND, VOLUME_NOT_FOUND
from catalog.schemas.groups import GroupFields, GroupNamesQuery, GroupQuery
from catalog.schemas.ordering import NewOrder
from catalog.schemas.volumes import NewVolume, VolumeChanges
from catalog.store import attachments, group_lists, groups, reading_order, volumes
from catalog.store.tables import volumes as volumes_table
from shared.errors import INVALID
from shared.fields.values import Id
from shared.postgres.engine import Database
from shared.web.answers import Json
from shared.web.listing import Listing
from shared.web.routes import Api

api = Api("/admin-volumes", tag="Volume management")


@api.get("", permission="view-volumes", replica_ok=True)
def volume_groups(query: GroupQuery, database: Database) -> Listing[GroupPage]:
    """List volume groups with their volumes, or those in the trash.

    The trash also shows the default group `-1` of every series that has volumes without a group, before the
    series' other groups; its `series_order` is -1. It contains the volumes of trashed groups.
    """
    with_volumes = not query.without_volumes
    return group_lists.groups(database, query, with_volumes=with_volumes, trashed=query.trash_bin)


@api.get("/names", permission="view-volumes", replica_ok=True)
def volume_group_names(query: GroupNamesQuery, database: Database) -> Listing[GroupNamesPage]:
    """List volume groups without their volumes."""
    return group_lists.groups(database, query, with_volumes=False)


@api.get("/groups/<id>", permission="view-volumes", replica_ok=True, refuses=[SERIES_NOT_FOUND])
def groups_of_series(id: Id, db: Connection) -> Json[list[Group]]:
    """List all volume groups of a series, in the order of the series."""
    return Json(group_lists.of_series(db, id))


@api.post(
    "/reorder-groups",
    permission="edit-volumes",
    done="Groups reordered",
    failed="Could not reorder groups",
    refuses=[INVALID],
)
def reorder_groups(body: NewOrder, db: Connection) -> None:
    """Put volume groups into a new order.

    The array may span series. In each series the listed groups take the first positions; the others follow.
    """
    groups.reorder(db, body.order)


@api.get("/id/<id>", permission="view-volumes", refuses=[VOLUME_NOT_FOUND])
def volume(id: Id, db: Connection) -> EditedVolume:
    """Show a volume with its neighbours, links and media.

    `navigation` contains ids as strings. `last_copyright` is the newest copyright of another volume of the
    series.
    """
    row = volumes.one(db, id)
    navigation = reading_order.navigation(db, row, volumes_table.c.id)
    document = volume_document(row, navigation, attachments.links_of(db, id), attachments.media_of(db, id))
    return {**document, "last_copyright": reading_order.last_copyright(db, row)}


@api.post(
    "/regen-slug/<id>",
    permission="edit-volumes",
    done="Slug regenerated",
    failed="Could not regenerate slug",
    refuses=[VOLUME_NOT_FOUND],
)
def regenerate_slug(id: Id, db: Connection) -> None:
    """Give a volume the best free slug. Its old slugs keep redirecting to it."""
    volumes.regenerate_slug(db, id)


@api.post(
    "/edit-volume/<id>",
    permission="edit-volumes",
    done="Volume updated",
    failed="Could not update volume",
    refuses=[VOLUME_NOT_FOUND, GROUP_NOT_FOUND, INVALID],
)
def edit_volume(id: Id, body: VolumeChanges, db: Connection) -> None:
    """Update a volume, its links and its media, and move it between groups or series.

    The change is atomic. A move to another series clears the edition, unless a new one is sent.
    """
    volumes.edit(db, id, body)


@api.post(
    "/update-order",
    permission="edit-volumes",
    done="Volumes reordered",
    failed="Could not reorder volumes",
    refuses=[INVALID],
)
def update_order(body: NewOrder, db: Connection) -> None:
    """Put volumes into a new order within their groups.

    The array may span groups. In each group the listed volumes take the first positions; the others follow.
    """
    volumes.reorder(db, body.order)


@api.post(
    "/add-group",
    permission="edit-volumes",
    done="Added volume group",
    failed="Could not add volume group",
    refuses=[SERIES_NOT_FOUND, GROUP_EXISTS],
)
def add_group(body: GroupFields, db: Connection) -> CreatedGroup:
    """Add a volume group at the end of a series."""
    return {"id": groups.add(db, body)}


@api.delete(
    "/delete-group/<id>",
    permission="delete-volumes",
    done="Deleted volume group",
    failed="Could not delete volume group",
    refuses=[GROUP_NOT_FOUND],
)
def delete_group(id: Id, db: Connection) -> None:
    """Put a volume group into the trash; its volumes move to the default group `-1`."""
    groups.trash(db, id)


@api.post(
    "/restore-group/<id>",
    permission="edit-volumes",
    done="Restored volume group",
    failed="Could not restore volume group",
    refuses=[GROUP_NOT_FOUND, GROUP_EXISTS],
)
def restore_group(id: Id, db: Connection) -> None:
    """Restore a trashed volume group, and its volumes that are still in the default group `-1`."""
    groups.restore(db, id)


@api.delete(
    "/purge-group/<id>",
    permission="delete-volumes",
    done="Purged volume group",
    failed="Could not purge volume group",
    refuses=[GROUP_NOT_FOUND],
)
def purge_group(id: Id, db: Connection) -> None:
    """Delete a trashed volume group permanently; its volumes stay in the default group `-1`."""
    groups.purge(db, id)


@api.post(
    "/edit-group/<id>",
    permission="edit-volumes",
    done="Edited volume group",
    failed="Could not edit volume group",
    refuses=[GROUP_NOT_FOUND, SERIES_NOT_FOUND, GROUP_EXISTS],
)
def edit_group(id: Id, body: GroupFields, db: Connection) -> None:
    """Rename a volume group, or move it with its volumes to the end of another series.

    A move clears the volumes' editions, because editions belong to a series.
    """
    groups.edit(db, id, body)


@api.post(
    "/add-volume",
    permission="edit-volumes",
    done="Added volume",
    failed="Could not add volume",
    refuses=[GROUP_NOT_FOUND, INVALID],
)
def add_volume(body: NewVolume, db: Connection) -> CreatedVolume:
    """Add a volume at the end of a volume group; its slug is derived from its names and language.

    The volume is hidden unless `public` is true, here or later in `/admin-volumes/edit-volume/`.
    """
    id = volumes.add(db, body)
    return {"id": id, "slug": volumes.one(db, id).slug}


@api.delete(
    "/delete-volume/<id>",
    permission="delete-volumes",
    done="Deleted volume",
    failed="Could not delete volume",
    refuses=[VOLUME_NOT_FOUND],
)
def delete_volume(id: Id, db: Connection) -> None:
    """Delete a volume with its links, collection entries, media associations and covers."""
    volumes.remove(db, id)


api.on_file_service("POST", "/update-image/<id>/<type>", permission="edit-volumes")
api.on_file_service("POST", "/recrop-image/<id>/<type>", permission="edit-volumes")
api.on_file_service("GET", "/original-image/<id>/<type>", permission="edit-volumes")
api.on_file_service("DELETE", "/delete-image/<id>/<type>", permission="edit-volumes")
