"""The error whose text is meant for the operator."""


class UserError(Exception):
    """One sentence with a fault and its remedy; commands print it and exit with status 1."""

    def __init__(self, what: str, remedy: str = "") -> None:
        """``what`` is wrong, without a full stop, and its ``remedy``; without one, ``what`` is a full sentence."""
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{self.what}: {self.remedy}" if self.remedy else self.what
