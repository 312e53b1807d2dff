"""Queries and bodies about reading."""

from datetime import date
from typing import Any

from pydantic import AliasChoices, BaseModel, Field, ValidationInfo, field_validator

from shared.fields.values import Clearable, Id, IsoDate, OptionalLongText, Whole
from shared.web.pagination import PageQuery
from users.presenters import Priority, ProgressType, Status, Visibility
from users.rules.reading import Rereads, Score, in_order
from users.store.reading import HistoryOrder


class HistoryQuery(PageQuery):
    """Filter and order of a reading history. ``search`` covers names and aliases."""

    order: HistoryOrder = Field(
        default="update-desc",
        description="Missing values come last in both directions; `priority-desc` is high, mid, low.",
    )
    user_lang: str = Field(default="", description="Language of titles and descriptions, by name or code.")
    client: Id | None = Field(default=None, description="Only series of this client.")


class ReadingStatus(BaseModel):
    """The caller's reading status of a series."""

    visibility: Visibility
    progress_type: ProgressType = Field(validation_alias=AliasChoices("progressType", "progress_type"))
    progress: Whole
    status: Status
    priority: Priority
    client: Id = Field(description="The series' own client.")
    reread: Rereads = 0
    score: Clearable[Score] = None
    start_date: Clearable[IsoDate] = Field(default=None, validation_alias="start")
    end_date: Clearable[IsoDate] = Field(
        default=None, validation_alias="end", description="Not before `start`, sent now or earlier."
    )
    notes: OptionalLongText = None

    @field_validator("end_date")
    @classmethod
    def _not_before_start(cls, end: date | None, others: ValidationInfo) -> date | None:
        return in_order(others.data.get("start_date"), end)

    def written(self) -> dict[str, Any]:
        """Return the status fields that were sent, by column name."""
        return self.model_dump(exclude_unset=True, exclude={"client"})
