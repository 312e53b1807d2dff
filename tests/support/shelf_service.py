"""A small service with a route of each kind that ``shared.web.routes`` declares."""

from typing import Literal

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from shared.errors import Refusal
from shared.fields.values import Flag, Id, Name, OptionalLongText
from shared.identity.tokens import Caller
from shared.web.pagination import PageQuery
from shared.web.parsing import Deferred
from shared.web.routes import LOGIN, Api

KEY = "k" * 64
NO_USER = Refusal(404, "User not found")


class Shelf(BaseModel):
    name: Name
    order: list[Id] = Field(min_length=1)
    heavy: Flag = False
    note: OptionalLongText = None


class ShelfQuery(PageQuery):
    client: Id
    order: Literal["name-asc", "name-desc"] = "name-asc"


class Seen(TypedDict):
    seen: str


api = Api("/shelves", tag="Shelves", gone=NO_USER)


@api.get("", permission="view-shelves")
def list_shelves(query: ShelfQuery) -> Seen:
    return {"seen": f"{query.client} {query.limit} {query.offset} {query.search!r} {query.order}"}


@api.post("/edit/<id>", permission="edit-shelves", done="Shelf updated", refuses=[NO_USER])
def edit_shelf(id: Id, body: Shelf, caller: Caller) -> Seen:
    return {"seen": f"{caller.name} {id} {body.name} {body.order} {body.heavy} {body.note}"}


@api.post("/<id>/notes", permission=LOGIN, done="Saved")
def save_notes(id: Id, body: Shelf) -> None:
    pass


@api.get("/picture/<id>/<side>/<size>", permission=None)
def picture(id: Id, side: Literal["front", "back"], size: Literal["big", "small"] = "small") -> Seen:
    return {"seen": f"{id} {side} {size}"}


@api.get("/broken", permission=None, failed="Could not mend shelf")
def broken() -> Seen:
    raise ZeroDivisionError


@api.post("/late", permission=None, done="Done")
def late(upload: Deferred[Shelf]) -> Seen:
    return {"seen": upload.read().name}


api.on_file_service("POST", "/update-image/<id>", permission="edit-shelves")
inner = Api("/internal", tag="Files", caller="files")


@inner.get("/doomed", permission=None)
def doomed() -> Seen:
    return {"seen": "inside"}
