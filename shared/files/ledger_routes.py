"""What every keeper of a ledger lets the file service do: name keys, and sweep up doomed ones."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from shared.fields.values import Id
from shared.files.ledger import Ledger
from shared.web.routes import Api

MAX_KEYS = 1000
"""How many keys are handed out or forgotten at once."""

Key = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
"""Under which a picture is stored."""


class Reserved(TypedDict):
    """The key under which a picture is stored."""

    key: str


class Doomed(TypedDict):
    """Keys whose bytes nobody needs, and for how many seconds nobody has needed the first of them."""

    keys: list[str]
    oldest_seconds: float


class Nothing(TypedDict):
    """All there is to say is the status."""


class SweepRequest(BaseModel):
    """How many keys a sweeper can take on."""

    limit: Annotated[Id, Field(le=MAX_KEYS)]


class WorkClaim(TypedDict):
    """Whether the caller, and nobody else, is to do it."""

    taken: bool


class Finished(TypedDict):
    """Whether the picture is still in use; if not, what was made of it is to be deleted."""

    live: bool


class WorkRequest(BaseModel):
    """The picture that more is to be made of."""

    key: Key


class DeletedKeys(BaseModel):
    """Keys whose bytes are deleted."""

    keys: Annotated[list[Key], Field(max_length=MAX_KEYS)]


def ledger_routes(api: Api, ledger: Ledger) -> None:
    """Declare what file nodes do with ``ledger`` by themselves: these routes name no client."""

    @api.post("/doomed", permission=None)
    def doomed(body: SweepRequest, db: Connection) -> Doomed:
        """Hand out keys whose bytes are to be deleted; uploads given up on become such keys first."""
        keys, oldest_seconds = ledger.claim_doomed(db, body.limit)
        return {"keys": keys, "oldest_seconds": oldest_seconds}

    @api.post("/forget", permission=None)
    def forget(body: DeletedKeys, db: Connection) -> Nothing:
        """Strike keys whose bytes are deleted off the ledger."""
        ledger.delete_rows(db, body.keys)
        return {}

    @api.post("/take-on", permission=None)
    def take_on(body: WorkRequest, db: Connection) -> WorkClaim:
        """Let one file node, of all that may want to, make more of a stored picture."""
        return {"taken": ledger.claim_work(db, body.key)}

    @api.post("/finish", permission=None)
    def finish(body: WorkRequest, db: Connection) -> Finished:
        """Note that no more is to be made of a stored picture."""
        return {"live": ledger.finish_work(db, body.key)}
