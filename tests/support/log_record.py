"""The complete log of a stack."""

from deploy.running.logs import Log


class LogRecord(Log):
    """Every line that a program wrote, with the program's name."""

    def __init__(self) -> None:
        super().__init__(silent=True)
        self.lines: list[tuple[str, str]] = []

    def write(self, program: str, line: str) -> None:
        """Store a line."""
        self.lines.append((program, line))
        super().write(program, line)

    def count(self, program: str, text: str) -> int:
        """Return how many lines of a program contain ``text``."""
        return sum(name == program and text in line for name, line in self.lines)
