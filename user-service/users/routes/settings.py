"""Settings: what a front end keeps for a user."""

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)

from shared.api import LOGIN, Api
from shared.database import Database
from shared.parsing import REQUIRED, Deferred
from shared.refusals import FORBIDDEN, INVALID, MISSING
from shared.text import clean
from shared.tokens import Caller
from shared.values import Flag, Id
from users.refusals import USER_NOT_FOUND
from users.rules.preferences import MOST_BYTES, setting, unwrapped
from users.store import preferences

api = Api("/users", tag="Settings", gone=USER_NOT_FOUND)

Setting = Annotated[str | int | float | bool | None, BeforeValidator(setting)]
SettingText = Annotated[str, AfterValidator(lambda value: clean(value, MOST_BYTES))]


class Settings(BaseModel):
    """Settings to save; also accepted as `{"settings": {...}}`.

    Besides these any key will do whose value is a text, number, boolean or null.
    """

    model_config = ConfigDict(extra="allow", serialize_by_alias=True)
    __pydantic_extra__: dict[str, Setting]

    theme_accent_color: SettingText | None = Field(
        default=None, alias="theme-accent-color", examples=["#6394c6"]
    )
    prefered_content_language: SettingText | None = Field(
        default=None, alias="prefered-content-language", examples=["interface"]
    )
    theme: SettingText | None = Field(default=None, examples=["light"])
    nsfw_mode: SettingText | None = Field(
        default=None, alias="nsfw-mode", examples=["settings.nsfw.show-nsfw-18"]
    )
    view_mode: SettingText | None = Field(default=None, alias="view-mode", examples=["column"])
    show_drag_indicator: Flag | None = Field(default=None, alias="show-drag-indicator", examples=[False])

    _sent: frozenset[str] = PrivateAttr(frozenset())

    @model_validator(mode="wrap")
    @classmethod
    def _unwrap(cls, body: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        body = unwrapped(body)
        settings = read(body)
        settings._sent = frozenset(body)  # noqa: SLF001 - its own
        return settings

    def changes(self) -> dict[str, Any]:
        """Return what was sent, key by key; refuses (400) nothing at all."""
        if not self._sent:
            raise MISSING.with_errors({"settings": REQUIRED})
        return {key: value for key, value in self.model_dump().items() if key in self._sent}


@api.post(
    "/<id>/save-settings",
    needs=LOGIN,
    done="Settings saved successfully",
    refuses=[FORBIDDEN, USER_NOT_FOUND, INVALID],
)
def save_settings(id: Id, body: Deferred[Settings], caller: Caller, database: Database) -> None:
    """Merge settings into those of a user; `null` removes a key.

    Another user's need the permission `edit-users`. At most 64 keys are sent at once, and 64 keys and 16 KiB stored.
    """
    if id != caller.id and not caller.may("edit-users"):
        raise FORBIDDEN
    changes = body.read().changes()
    database.write(lambda db: preferences.save(db, id, changes))
