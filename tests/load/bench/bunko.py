"""Bunko as ``make up`` runs it, on a filled database."""

import shutil
from contextlib import ExitStack

import requests

from deploy.stack.stack import Stack
from tests.load.bench import places
from tests.load.bench.filling.fill import fill
from tests.load.bench.filling.readers import PASSWORD, username
from tests.load.bench.sizes import Size

ADMINISTRATOR, ADMINISTRATORS_PASSWORD = "admin", "the password of the bench"


class Bunko:
    """One running stack, as the bench uses it."""

    def __init__(self, size: Size, held: ExitStack) -> None:
        """Start the stack, filled if it is not yet; ``held`` stops it."""
        self.size = size
        state = places.state(size)
        filled = state / "filled"
        if not filled.exists():
            shutil.rmtree(state, ignore_errors=True)  # left by an interrupted filling
        self.stack = Stack(
            {
                "STATE_DIR": str(state),
                "GATEWAY_PORT": "0",
                "CONNECTIONS_PER_ADDRESS": "0",  # all clients have one address here
                "ADMIN_USERNAME": ADMINISTRATOR,
                "ADMIN_PASSWORD": ADMINISTRATORS_PASSWORD,
            }
        )
        held.enter_context(self.stack)
        if not filled.exists():
            fill(self.stack.admin_database_url, size)
            filled.touch()
        self._cookies: dict[str, str] = {}

    @property
    def address(self) -> str:
        """The gateway's address."""
        return self.stack.address

    def cookie(self, reader: int | None = None) -> str:
        """Return the ``Cookie`` header of a reader, or of the administrator."""
        name, password = (
            (ADMINISTRATOR, ADMINISTRATORS_PASSWORD) if reader is None else (username(reader), PASSWORD)
        )
        if name not in self._cookies:
            body = {"username": name, "password": password}
            answer = requests.post(f"{self.address}/auth/login", json=body, timeout=30)
            answer.raise_for_status()
            self._cookies[name] = f"refreshToken={answer.cookies['refreshToken']}"
        return self._cookies[name]

    def pids(self, *programs: str) -> list[int]:
        """Return the process ids of programs; by default of all except PostgreSQL."""
        chosen = programs or tuple(name for name in self.stack.pids if name != "postgres")
        return [pid for name, pid in self.stack.pids.items() if name in chosen and pid]
