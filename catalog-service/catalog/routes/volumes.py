"""Volumes, as readers see them."""

from urllib.parse import quote

from sqlalchemy import Connection

from catalog.presenters import VolumeDocument, volume_document
from catalog.refusals import MOVED, VOLUME_NOT_FOUND
from catalog.store import attachments, reading_order, slugs, volumes
from catalog.store.tables import volumes as volumes_table
from shared.api import Api
from shared.tokens import Identity
from shared.values import Name

api = Api("/volumes", tag="Volumes")


@api.get("/slug/<slug>", needs=None, may_lag=True, refuses=[MOVED, VOLUME_NOT_FOUND])
def volume_by_slug(slug: Name, identity: Identity, db: Connection) -> VolumeDocument:
    """Show a public volume; `navigation` holds slugs.

    Who has `view-volumes` sees the others too. An old slug leads to the present one.
    """
    sees_all = identity.caller is not None and identity.caller.may("view-volumes")
    found = slugs.lookup(db, slug)
    if found is None or not (found.public or sees_all):
        raise VOLUME_NOT_FOUND
    if found.slug != slug:
        raise MOVED.with_headers({"Location": f"{api.prefix}/slug/{quote(found.slug)}"})
    row = volumes.one(db, found.id)
    navigation = reading_order.navigation(db, row, volumes_table.c.slug, public_only=not sees_all)
    return volume_document(
        row, navigation, attachments.links_of(db, row.id), attachments.media_of(db, row.id)
    )


api.on_file_service("GET", "/cover/<id>/<type>/<res>", needs=None)
