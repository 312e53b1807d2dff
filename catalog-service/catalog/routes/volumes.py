"""Public view of volumes."""

from urllib.parse import quote

from sqlalchemy import Connection

from catalog.presenters import VolumeDocument, volume_document
from catalog.refusals import MOVED, VOLUME_NOT_FOUND
from catalog.store import attachments, reading_order, slugs, volumes
from catalog.store.tables import volumes as volumes_table
from shared.fields.values import Name
from shared.identity.tokens import Identity
from shared.web.routes import Api

api = Api("/volumes", tag="Volumes")


@api.get("/slug/<slug>", permission=None, replica_ok=True, refuses=[MOVED, VOLUME_NOT_FOUND])
def volume_by_slug(slug: Name, identity: Identity, db: Connection) -> VolumeDocument:
    """Show a volume; `navigation` contains slugs. An old slug redirects to the current one.

    A hidden volume answers 404 and is left out of `navigation`, unless the caller has `view-volumes`. A
    volume is hidden if it is not public, if its series is not public, or if it is in no group.
    """
    sees_hidden = identity.may("view-volumes")
    found = slugs.lookup(db, slug)
    if found is None or (found.hidden and not sees_hidden):
        raise VOLUME_NOT_FOUND
    if found.slug != slug:
        raise MOVED.with_headers({"Location": f"{api.prefix}/slug/{quote(found.slug)}"})
    row = volumes.one(db, found.id)
    navigation = reading_order.navigation(db, row, volumes_table.c.slug, hidden_too=sees_hidden)
    return volume_document(
        row, navigation, attachments.links_of(db, row.id), attachments.media_of(db, row.id)
    )


api.on_file_service("GET", "/cover/<id>/<type>/<res>", permission=None)
