"""What every keeper of a ledger lets the file service do: name keys, and sweep up doomed ones."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from shared.api import Api
from shared.ledger import Ledger
from shared.values import Id

MOST_KEYS = 1000
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


class Sweep(BaseModel):
    """How many keys a sweeper can take on."""

    limit: Annotated[Id, Field(le=MOST_KEYS)]


class Taken(TypedDict):
    """Whether the caller, and nobody else, is to do it."""

    taken: bool


class Finished(TypedDict):
    """Whether the picture is still in use; if not, what was made of it is to be deleted."""

    live: bool


class Work(BaseModel):
    """The picture that more is to be made of."""

    key: Key


class Swept(BaseModel):
    """Keys whose bytes are deleted."""

    keys: Annotated[list[Key], Field(max_length=MOST_KEYS)]


def sweep_routes(api: Api, ledger: Ledger) -> None:
    """Declare what file nodes do with ``ledger`` by themselves: these routes name no client."""

    @api.post("/doomed", needs=None)
    def doomed(body: Sweep, db: Connection) -> Doomed:
        """Hand out keys whose bytes are to be deleted; uploads given up on become such keys first."""
        keys, oldest_seconds = ledger.hand_out(db, body.limit)
        return {"keys": keys, "oldest_seconds": oldest_seconds}

    @api.post("/forget", needs=None)
    def forget(body: Swept, db: Connection) -> Nothing:
        """Strike keys whose bytes are deleted off the ledger."""
        ledger.forget(db, body.keys)
        return {}

    @api.post("/take-on", needs=None)
    def take_on(body: Work, db: Connection) -> Taken:
        """Let one file node, of all that may want to, make more of a stored picture."""
        return {"taken": ledger.take_on(db, body.key)}

    @api.post("/finish", needs=None)
    def finish(body: Work, db: Connection) -> Finished:
        """Note that no more is to be made of a stored picture."""
        return {"live": ledger.finish(db, body.key)}
