"""A finding of ``bunko doctor``: a fault of an installation and its remedy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from deploy.user_error import UserError


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault and its remedy."""

    what: str
    remedy: str

    @classmethod
    def of(cls, error: UserError) -> Self:
        """Return what a Problem says: its sentence ends in what to do."""
        what, _, cure = str(error).rpartition(": ")
        return cls(what or str(error), cure if what else "see to that, then ask the doctor again.")


Findings = Iterator[Finding]
