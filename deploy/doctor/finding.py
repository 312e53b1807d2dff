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
        """Return an error as a finding."""
        return cls(error.what, error.remedy or "fix that, then run bunko doctor again.")


Findings = Iterator[Finding]
