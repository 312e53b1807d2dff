"""The combined log of all programs of an installation."""

import json
import threading
from collections import defaultdict, deque
from datetime import UTC, datetime
from pathlib import Path

from deploy.installation.keys import write_private
from deploy.user_error import UserError

_LINES_KEPT = 200


class Log:
    """Writes the output of all programs to standard output, one JSON object to a line.

    Lines are buffered until ``open`` is called, so that a failed start prints one error instead of six programs' logs.
    """

    def __init__(self, *, silent: bool = False) -> None:
        """Start buffering. If ``silent``, lines are kept for ``tail`` and never printed."""
        self._silent = silent
        self._held: list[str] | None = []
        self._last: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_LINES_KEPT))
        self._guard = threading.Lock()

    def write(self, program: str, line: str) -> None:
        """Add one line of a program; a line that is not a JSON object is wrapped in one."""
        with self._guard:
            self._last[program].append(line)
            entry = line if line.startswith("{") else _entry(program, line)
            if self._held is None:
                self._print(entry)
            else:
                self._held.append(entry)

    def open(self) -> None:
        """Print the buffered lines, and each later line at once."""
        with self._guard:
            for entry in self._held or ():
                self._print(entry)
            self._held = None

    def tail(self, program: str) -> list[str]:
        """Return the last 200 lines of a program, oldest first."""
        with self._guard:
            return list(self._last[program])

    def _print(self, entry: str) -> None:
        if self._silent:
            return
        try:
            print(entry, flush=True)
        except OSError:
            self._silent = True  # The reader of the pipe has ended; the programs keep running.


def _entry(program: str, line: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
    return json.dumps({"time": now, "program": program, "message": line}, ensure_ascii=False)


def failure(log: Log, run: Path, program: str, what: str) -> UserError:
    """Return the error that a program ``what``, with the reason; writes its last lines to a file in ``run``."""
    lines = log.tail(program)
    kept = run / f"{program}.log"
    write_private(kept, "".join(f"{line}\n" for line in lines))
    return UserError(
        f"The program {program} {what} ({last_words(lines).rstrip('.')})", f"its output is in {kept}."
    )


def last_words(lines: list[str]) -> str:
    """Return the line with the reason why a program ended: an exception, or else the last line that is not blank."""
    lines = _without_ignored(lines)
    for line in reversed(lines):
        word = line.split(":")[0].rpartition(".")[2]
        if word.endswith(("Error", "Exception")) and word.isidentifier():
            return line.strip()
    messages = [line.strip() for line in lines if line.strip() and not line.startswith("[")]
    return messages[-1] if messages else "it wrote nothing"


def _without_ignored(lines: list[str]) -> list[str]:
    """Return the lines without exceptions ignored at interpreter shutdown, which follow the real reason."""
    kept, in_ignored = [], False
    for line in lines:
        in_ignored = in_ignored or line.startswith("Exception ignored in")
        if not in_ignored:
            kept.append(line)
        # Its traceback is indented; the line of the exception itself ends it.
        elif not line.startswith((" ", "Traceback", "Exception ignored in")):
            in_ignored = False
    return kept
