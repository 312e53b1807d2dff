"""Upload, deletion and display of media library pictures."""

from flask import Response
from pydantic import BaseModel
from typing_extensions import TypedDict

from files.owners.client import MEDIA
from files.pictures.serving import Version, respond_with_picture
from files.pictures.upload import Upload, delete_picture, store_picture
from files.pictures.upload_admission import uploaded
from files.refusals import BUSY, MEDIA_NOT_FOUND, RANGE_NOT_SATISFIABLE, STORAGE_FULL
from files.rules.encoding import Encoded
from files.rules.object_names import Resolution
from shared.fields.tags import Tags
from shared.fields.values import Id, Name
from shared.identity.tokens import Identity
from shared.web.parsing import Deferred
from shared.web.routes import Api

api = Api("/media", tag="Media")


class NewMedia(BaseModel):
    """A picture for the media library."""

    name: Name
    tags: Tags
    image: Encoded


class Created(TypedDict):
    """The id of the new entry, and the ids of similar entries, nearest first."""

    id: int
    similar: list[int]


@api.post(
    "/add",
    permission="add-media",
    done="Media added successfully",
    refuses=[BUSY, STORAGE_FULL],
    failed="Error adding media",
)
def add_media(upload: Deferred[NewMedia], identity: Identity) -> Created:
    """Add a picture to the media library.

    It is turned upright, converted to sRGB and stored as WebP in two sizes (at most 2000 and 400 pixels a
    side), without metadata. Transparency is kept. `similar` lists at most 100 entries that show the same
    picture, including re-encoded or resized copies, nearest first.
    """
    with uploaded(upload) as body:
        created = store_picture(Upload(MEDIA, identity, {"name": body.name, "tags": body.tags}, body.image))
    return {"id": created["id"], "similar": created["similar"]}


@api.delete(
    "/delete/<id>",
    permission="delete-media",
    done="Media deleted successfully",
    refuses=[MEDIA_NOT_FOUND],
    failed="Error deleting media",
)
def delete_media(id: Id, identity: Identity) -> None:
    """Delete a media library entry and its files, and remove it from its volumes."""
    delete_picture(MEDIA, identity, {"id": id})


@api.get("/image/<id>/<res>", permission=None, refuses=[MEDIA_NOT_FOUND, RANGE_NOT_SATISFIABLE])
def media_image(id: Id, query: Version, identity: Identity, res: Resolution = "scaled") -> Response:
    """Show a picture of the media library.

    The format is AVIF if the client accepts it and it is encoded already, otherwise WebP. `res` defaults to
    `scaled`. Without the current `hash` the response may be some seconds behind a change.
    """
    return respond_with_picture(MEDIA, identity, {"id": id}, res, query, MEDIA_NOT_FOUND)
