"""A user's settings as a request body."""

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

from shared.errors import MISSING
from shared.fields.text import clean
from shared.fields.values import Flag
from shared.web.parsing import REQUIRED
from users.rules.preferences import MAX_BYTES, setting, unwrapped

Setting = Annotated[str | int | float | bool | None, BeforeValidator(setting)]
SettingText = Annotated[str, AfterValidator(lambda value: clean(value, MAX_BYTES))]


class Settings(BaseModel):
    """Settings to save; also accepted as `{"settings": {...}}`.

    Other keys are accepted as well if their value is a text, number, boolean or null.
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
        """Return the settings that were sent, by key; refuses (400) an empty body."""
        if not self._sent:
            raise MISSING.with_errors({"settings": REQUIRED})
        return {key: value for key, value in self.model_dump().items() if key in self._sent}
