"""Management of the media library."""

from sqlalchemy import Connection

from media.presenters import MediaPage, SimilarMediaPage
from media.refusals import MEDIA_NOT_FOUND
from media.schemas.library import MediaChanges, MediaQuery
from media.store import library, similarity
from shared.fields.values import Id
from shared.postgres.engine import Database
from shared.web.listing import Listing
from shared.web.pagination import PageQuery
from shared.web.routes import Api

api = Api("/media", tag="Media")


@api.get("", permission="view-media", replica_ok=True)
def list_media(query: MediaQuery, database: Database) -> Listing[MediaPage]:
    """List the media library.

    `search` matches names and tags. `path` is served under `/files/`. `volume_count` is the number of volumes
    that use the picture, and that a deletion would affect.
    """
    return library.page(database, query, newest_first=query.order == "added-desc")


@api.get("/similar/<id>", permission="view-media", replica_ok=True, refuses=[MEDIA_NOT_FOUND])
def similar_media(id: Id, query: PageQuery, database: Database) -> Listing[SimilarMediaPage]:
    """List entries that show the same picture, including re-encoded or resized copies, nearest first.

    The list has at most 100 entries. `distance` is the number of different bits between the 64-bit perceptual
    hashes, from 0 (identical) to 7. Pictures that were added before hashes were stored match no others.
    """
    with database.autocommit() as db:
        found = similarity.similar(id, similarity.fingerprint_of(db, id))
    return library.similar(database, query, found)


@api.post(
    "/edit/<id>",
    permission="edit-media",
    done="Media updated successfully",
    refuses=[MEDIA_NOT_FOUND],
    failed="Error updating media",
)
def edit_media(id: Id, body: MediaChanges, db: Connection) -> None:
    """Rename an entry and set its tags.

    `tags` replaces all tags; an empty array removes them.
    """
    library.edit(db, id, body.name, body.tags)


api.on_file_service("POST", "/add", permission="add-media")
api.on_file_service("DELETE", "/delete/<id>", permission="delete-media")
api.on_file_service("GET", "/image/<id>/<res>", permission=None)
