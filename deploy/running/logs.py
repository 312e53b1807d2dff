"""The one log stream of a stack."""

import json
import threading
from collections import defaultdict, deque
from datetime import UTC, datetime
from pathlib import Path

from deploy.installation.keys import write_private
from deploy.user_error import UserError

_LINES_KEPT = 200


class Log:
    """Everything the programs say, on standard output, one JSON object a line.

    Until ``open`` the lines are held back: a start that fails ends in a sentence, not in six programs' last words.
    """

    def __init__(self, *, silent: bool = False) -> None:
        """Begin, held back; ``silent`` keeps the lines for ``tail`` and prints none."""
        self._silent = silent
        self._held: list[str] | None = []
        self._last: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_LINES_KEPT))
        self._guard = threading.Lock()

    def write(self, program: str, line: str) -> None:
        """Take one line of a program; what is no JSON yet is wrapped."""
        with self._guard:
            self._last[program].append(line)
            entry = line if line.startswith("{") else _entry(program, line)
            if self._held is None:
                self._print(entry)
            else:
                self._held.append(entry)

    def open(self) -> None:
        """Print what was held back, and from now on every line at once."""
        with self._guard:
            for entry in self._held or ():
                self._print(entry)
            self._held = None

    def tail(self, program: str) -> list[str]:
        """Return the last lines that a program wrote, oldest first."""
        with self._guard:
            return list(self._last[program])

    def _print(self, entry: str) -> None:
        if self._silent:
            return
        try:
            print(entry, flush=True)
        except OSError:
            self._silent = True  # The reader has gone; the programs run on.


def _entry(program: str, line: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
    return json.dumps({"time": now, "program": program, "message": line}, ensure_ascii=False)


def failure(log: Log, run: Path, program: str, what: str) -> UserError:
    """Return the Problem that a program ``what``, and why; all it said is kept in the folder ``run``."""
    lines = log.tail(program)
    kept = run / f"{program}.log"
    write_private(kept, "".join(f"{line}\n" for line in lines))
    return UserError(
        f"The program {program} {what} ({last_words(lines).rstrip('.')}): all it said is in {kept}."
    )


def last_words(lines: list[str]) -> str:
    """Return the line that says why a program ended: an exception's own, else the last one that says anything."""
    lines = _without_afterthoughts(lines)
    for line in reversed(lines):
        word = line.split(":")[0].rpartition(".")[2]
        if word.endswith(("Error", "Exception")) and word.isidentifier():
            return line.strip()
    telling = [line.strip() for line in lines if line.strip() and not line.startswith("[")]
    return telling[-1] if telling else "it said nothing"


def _without_afterthoughts(lines: list[str]) -> list[str]:
    """Leave out what an interpreter says while it takes itself apart: that is no reason, but comes after it."""
    kept, in_afterthought = [], False
    for line in lines:
        in_afterthought = in_afterthought or line.startswith("Exception ignored in")
        if not in_afterthought:
            kept.append(line)
        # Its traceback is indented; the exception's own line ends it.
        elif not line.startswith((" ", "Traceback", "Exception ignored in")):
            in_afterthought = False
    return kept
