"""The sweeper of a file node in its own process: ``python -m tests.load.soak.sweeping.process``.

Each line on standard input starts a sweep: ``go``, or ``before`` or ``after`` for one in
which the process stops itself (``SIGSTOP``) before or after the first keys are deleted. It prints ``still`` when it is
about to stop, and ``done`` after the sweep.
"""

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from files.pictures.sweeper import Sweeper
from files.store.folder import Folder
from shared import settings
from shared.rpc import endpoints
from shared.rpc.client import ServiceClients


class Pausing(Folder):
    """Storage in a folder whose next deletion may be paused."""

    pause = ""

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete; stop once before or after it."""
        pause, self.pause = self.pause, ""
        if pause == "before":
            _stand_still()
        deleted = super().delete(keys)
        if pause == "after":
            _stand_still()
        return deleted


def _stand_still() -> None:
    print("still", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)


def main() -> None:
    """Sweep at every line, to the end of the input."""
    storage = Pausing(Path(urlsplit(settings.text("STORAGE_URL")).path))
    peers = ServiceClients("files", endpoints.from_environment(), settings.mapping("CALL_KEYS"))
    sweeper = Sweeper(storage, peers, seconds=3600)
    for line in sys.stdin:
        storage.pause = line.strip().removeprefix("go")
        sweeper.sweep()
        print("done", flush=True)


if __name__ == "__main__":
    main()
