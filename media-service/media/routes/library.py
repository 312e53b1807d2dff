"""Media management, as the documentation describes it."""

from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from media.presenters import MediaPage, SimilarMediaPage
from media.refusals import MEDIA_NOT_FOUND
from media.store import library, likeness
from shared.api import Api
from shared.database import Database
from shared.listing import Listing
from shared.pages import PageQuery
from shared.tags import Tags
from shared.values import Id, Name

api = Api("/media", tag="Media")


class MediaQuery(PageQuery):
    """Which entries to list, in which order."""

    order: Literal["added-asc", "added-desc"] = Field(default="added-desc", description="By time of upload.")


class MediaChanges(BaseModel):
    """What an entry is called and filed under."""

    name: Name
    tags: Tags


@api.get("", needs="view-media", may_lag=True)
def list_media(query: MediaQuery, database: Database) -> Listing[MediaPage]:
    """List the media library.

    `search` looks through names and tags. `path` is served under `/files/`; `volume_count` says how many
    volumes show the picture, and so what a deletion would touch.
    """
    return library.page(database, query, newest_first=query.order == "added-desc")


@api.get("/similar/<id>", needs="view-media", may_lag=True, refuses=[MEDIA_NOT_FOUND])
def similar_media(id: Id, query: PageQuery, database: Database) -> Listing[SimilarMediaPage]:
    """List the entries that show the same picture, re-encoded or resized copies included, the nearest first.

    At most 100. `distance` tells in how many of 64 bits the pictures' perceptual hashes differ: 0 for the same
    picture, 7 at most. Pictures that were added before hashes were kept are similar to none.
    """
    with database.asking() as db:
        found = likeness.similar(id, likeness.print_of(db, id))
    return library.similar(database, query, found)


@api.post(
    "/edit/<id>",
    needs="edit-media",
    done="Media updated successfully",
    refuses=[MEDIA_NOT_FOUND],
    failed="Error updating media",
)
def edit_media(id: Id, body: MediaChanges, db: Connection) -> None:
    """Rename an entry and set its tags.

    `tags` replaces all of them; an empty array removes them.
    """
    library.edit(db, id, body.name, body.tags)


api.on_file_service("POST", "/add", needs="add-media")
api.on_file_service("DELETE", "/delete/<id>", needs="delete-media")
api.on_file_service("GET", "/image/<id>/<res>", needs=None)
