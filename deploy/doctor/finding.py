"""What is wrong with an installation, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from deploy.problem import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    what: str
    cure: str

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Return what a Problem says: its sentence ends in what to do."""
        what, _, cure = str(problem).rpartition(": ")
        return cls(what or str(problem), cure if what else "see to that, then ask the doctor again.")


Findings = Iterator[Finding]
