"""Routes on a ledger, for the file service: sweep doomed keys and lease encodings."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from shared.fields.values import Id
from shared.files.ledger import Ledger
from shared.web.routes import Api

MAX_KEYS = 1000
"""Maximum keys in one request or response."""

Key = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
"""The storage key of a picture."""


class Reserved(TypedDict):
    """The key reserved for an upload."""

    key: str


class Doomed(TypedDict):
    """Doomed keys, oldest first, and the seconds since the first was doomed."""

    keys: list[str]
    oldest_seconds: float


class Nothing(TypedDict):
    """An empty document."""


class SweepRequest(BaseModel):
    """The maximum number of keys to return."""

    limit: Annotated[Id, Field(le=MAX_KEYS)]


class WorkClaim(TypedDict):
    """Result of a request for a lease: true if the caller has it."""

    taken: bool


class Finished(TypedDict):
    """State of the picture after its encoding: if it is not live, the caller deletes the encoded files."""

    live: bool


class WorkRequest(BaseModel):
    """The picture to encode."""

    key: Key


class DeletedKeys(BaseModel):
    """Keys whose bytes have been deleted."""

    keys: Annotated[list[Key], Field(max_length=MAX_KEYS)]


def ledger_routes(api: Api, ledger: Ledger) -> None:
    """Declare the routes on ``ledger`` that file nodes call on their own, without a signed-in user."""

    @api.post("/doomed", permission=None)
    def doomed(body: SweepRequest, db: Connection) -> Doomed:
        """Return doomed keys. Abandoned uploads are set to doomed first."""
        keys, oldest_seconds = ledger.claim_doomed(db, body.limit)
        return {"keys": keys, "oldest_seconds": oldest_seconds}

    @api.post("/forget", permission=None)
    def forget(body: DeletedKeys, db: Connection) -> Nothing:
        """Delete the rows of keys whose bytes have been deleted."""
        ledger.delete_rows(db, body.keys)
        return {}

    @api.post("/take-on", permission=None)
    def take_on(body: WorkRequest, db: Connection) -> WorkClaim:
        """Lease the encoding of a stored picture to one file node."""
        return {"taken": ledger.claim_work(db, body.key)}

    @api.post("/finish", permission=None)
    def finish(body: WorkRequest, db: Connection) -> Finished:
        """Mark the encoding of a stored picture as finished."""
        return {"live": ledger.finish_work(db, body.key)}
