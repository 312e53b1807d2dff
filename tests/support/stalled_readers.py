"""Readers that ask for a long answer, read the beginning of it, and then stop."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

LITTLE = 4096
"""Bytes that the kernel keeps for such a reader, about."""


class Stalled:
    """One of them."""

    def __init__(self, gateway: str, path: str, headers: Mapping[str, str]) -> None:
        place = urlsplit(gateway)
        self.connection = socket.socket()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
        self.connection.settimeout(120)
        self.connection.connect((place.hostname, place.port))
        lines = [f"GET {path} HTTP/1.1", f"Host: {place.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.connection.sendall("\r\n".join((*lines, "", "")).encode())

    def begin(self) -> bytes:
        """Return the beginning of the answer."""
        return self.connection.recv(1024)

    def rest(self) -> bytes:
        """Return all that comes until the other side closes; raises where it breaks the connection off."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        pieces = []
        while piece := self.connection.recv(1 << 20):
            pieces.append(piece)
        return b"".join(pieces)


@contextmanager
def stalled(
    gateway: str, path: str, number: int, headers: Mapping[str, str] | None = None
) -> Iterator[list[Stalled]]:
    """Give so many readers whose answers have begun, one after the other."""
    with ExitStack() as held:
        readers = []
        for _ in range(number):
            reader = Stalled(gateway, path, headers or {})
            held.enter_context(reader.connection)
            beginning = reader.begin()
            assert beginning.startswith(b"HTTP/1.1 200 "), f"not a long answer: {beginning!r}"
            readers.append(reader)
        yield readers
