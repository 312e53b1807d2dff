"""Routes for settings that front ends store for a user."""

from shared.errors import FORBIDDEN, INVALID
from shared.fields.values import Id
from shared.identity.tokens import Caller
from shared.postgres.engine import Database
from shared.web.parsing import Deferred
from shared.web.routes import LOGIN, Api
from users.refusals import USER_NOT_FOUND
from users.schemas.settings import Settings
from users.store import preferences

api = Api("/users", tag="Settings", gone=USER_NOT_FOUND)


@api.post(
    "/<id>/save-settings",
    permission=LOGIN,
    done="Settings saved successfully",
    refuses=[FORBIDDEN, USER_NOT_FOUND, INVALID],
)
def save_settings(id: Id, body: Deferred[Settings], caller: Caller, database: Database) -> None:
    """Merge settings into those of a user; `null` removes a key.

    Another user's settings need the permission `edit-users`. Limits: 64 keys in a request, 64 keys and 16 KiB stored.
    """
    if id != caller.id and not caller.may("edit-users"):
        raise FORBIDDEN
    changes = body.read().changes()
    database.write(lambda db: preferences.save(db, id, changes))
