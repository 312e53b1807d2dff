"""Uploads that send only their head."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

LENGTH = 20_000_000
"""Bytes that the head of an upload declares, unless another length is given."""


def opened(
    address: str,
    path: str = "/media/add",
    *,
    cookie: str | None = None,
    length: int | None = LENGTH,
    more: str = "",
) -> socket.socket:
    """Return a connection on which the head of an upload was sent, and no byte of its body.

    Without ``length``, the head announces a chunked body.
    """
    place = urlsplit(address)
    head = f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n{more}"
    head += f"Cookie: refreshToken={cookie}\r\n" if cookie else ""
    head += "Transfer-Encoding: chunked\r\n\r\n" if length is None else f"Content-Length: {length}\r\n\r\n"
    connection = socket.create_connection((place.hostname, place.port), timeout=30)
    connection.sendall(head.encode())
    return connection


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and document of the answer on a connection."""
    head, body = read_head(connection)
    lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += _received(connection)
    return int(lines[0].split()[1]), headers, json.loads(body)


def read_head(connection: socket.socket) -> tuple[str, bytes]:
    """Return status line and headers of the answer on a connection, and the bytes after them."""
    came = b""
    while b"\r\n\r\n" not in came:
        came += _received(connection)
    head, _, rest = came.partition(b"\r\n\r\n")
    return head.decode(), rest


def _received(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    assert piece, "the connection ended before the answer did"
    return piece
