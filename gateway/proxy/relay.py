"""Relays large responses: read from the upstream at its speed, sent to the client at the client's.

A greenlet reads the response into a spool, which is in memory and from 1 MiB in a temporary file, as for request
bodies. A slow client thus occupies a socket of the gateway and no thread of a service. The spools are limited in size,
each and in total.
"""

import errno
import logging
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import gevent
from gevent.event import Event
from gevent.monkey import get_original

from gateway.http.body import IN_MEMORY, Body
from gateway.proxy.upstream import UpstreamResponse
from shared import settings
from shared.observability.metrics import Counter, counter, gauge

MAX_ANSWERS = 128 * 1024 * 1024
"""Default of ``MAX_ANSWERS``, the maximum bytes in the spools of a gateway process."""
SHARE = 4
"""One spool holds at most 1/SHARE of these bytes."""
STEP = 1024 * 1024
"""Bytes of a response in which a client's speed is measured."""
SLOW_SECONDS = 3
"""A client that takes longer for ``STEP`` bytes is slow: it is disconnected when its spool's room is needed."""
MAX_STEP_SECONDS = 120
"""A client that takes longer for ``STEP`` bytes is disconnected in any case."""
_PIECE = 64 * 1024
_POLL_SECONDS = 0.1
"""Interval of checks for room in the spools."""
_RESET = struct.pack("ii", 1, 0)
"""``SO_LINGER`` value with which closing a socket resets its connection and drops unsent data."""

_HELD = gauge("bunko_gateway_answers_held_bytes", "Bytes of answers that clients have not taken yet.").of()
_CUT = counter(
    "bunko_gateway_answers_cut", "Answers broken off as their clients took them too slowly.", "reason"
)
_ROOM_NEEDED = _CUT.of("room needed")
_TOO_SLOW = _CUT.of("too slow")

_log = logging.getLogger("bunko.gateway")
_poll = get_original("select", "poll")
_socket = get_original("socket", "socket")


class Relays:
    """All relays of this process. Their spools hold at most ``max_bytes`` in total.

    When the spools are full, the slowest client is disconnected, if it is slow. An empty spool always has room for one
    piece, so that no client waits for another.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.max_spool = max_bytes // SHARE
        """Maximum bytes in one spool."""
        self._held = 0
        self._relays: set[Relay] = set()

    def begin(self, response: UpstreamResponse, client: socket.socket) -> "Relay":
        """Start to relay ``response`` to ``client``; the caller sends ``pieces`` and closes the relay."""
        relay = Relay(response, client, self)
        self._relays.add(relay)
        return relay

    def end(self, relay: "Relay") -> None:
        """Remove a relay."""
        self._relays.discard(relay)

    def change(self, by: int) -> None:
        """Count ``by`` more bytes in the spools."""
        self._held += by
        _HELD.change(by)

    def have_room(self, more: int) -> bool:
        """Return whether the spools have room for ``more`` bytes, after disconnecting slow clients where needed."""
        while self._held + more > self._max_bytes:
            slowest = max(self._relays, key=Relay.lag)
            if slowest.lag() <= SLOW_SECONDS:
                return False
            slowest.cut(_ROOM_NEEDED)
        return True


class Relay:
    """Relays one response: a greenlet reads it into the spool, and the caller sends ``pieces`` and closes the relay."""

    def __init__(self, response: UpstreamResponse, client: socket.socket, relays: Relays) -> None:
        self._response = response
        self._client = client
        self._relays = relays
        self._spool = Body(max_size=IN_MEMORY)
        self._written = self._sent = 0
        """Bytes written to the spool and read from it; both are reset to 0 once all were read."""
        self._step = 0
        self._step_began = 0.0
        self._ended = self._closed = False
        self._failure: OSError | None = ConnectionResetError(errno.ECONNRESET, "the response broke off")
        """The error to raise after the last piece; None once the response is complete."""
        self._filled, self._emptied = Event(), Event()
        self._filling = gevent.spawn(self._fill)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives.

        Raises ``OSError`` where the response breaks off, and resets the client's connection, so that the client does
        not take a partial response for a complete one.
        """
        while piece := self._take():
            yield piece
        if self._failure is not None:
            _reset_when_closed(self._client)
            raise self._failure

    def lag(self) -> float:
        """Return the seconds that the client has taken for the current ``STEP``.

        It is 0 where the spool is empty, or the client's socket accepts more data: then the gateway is the slow side.
        """
        if not self._written or _is_writable(self._client):
            return 0.0
        return time.monotonic() - self._step_began

    def cut(self, reason: Counter) -> None:
        """Disconnect the client."""
        reason.inc()
        _log.info("the response to a slow client was broken off")
        _reset_when_closed(self._client)
        _shut_down(self._client)
        self.close()

    def close(self) -> None:
        """Free the spool, and close the upstream's response, which stops it where it is incomplete."""
        if self._closed:
            return
        self._closed = self._ended = True
        self._relays.end(self)
        self._empty()
        self._spool.close()
        self._filled.set()
        self._filling.kill(block=False)
        self._response.close()

    def _fill(self) -> None:
        """Read the response into the spool."""
        try:
            for piece in self._response.pieces():
                if not self._wait_for_room(len(piece)):
                    return
                self._put(piece)
                # A fast upstream never makes this greenlet wait: yield to the others.
                gevent.sleep(0)
            self._failure = None
        except OSError as error:
            self._failure = error
        finally:
            self._response.close()
            self._ended = True
            self._filled.set()

    def _wait_for_room(self, more: int) -> bool:
        """Wait until the spool has room for ``more`` bytes; False where the relay was closed meanwhile."""
        while self._written and not self._has_room(more):
            # Meanwhile the upstream is blocked.
            if self.lag() > SLOW_SECONDS:
                self.cut(_TOO_SLOW)
            else:
                self._emptied.clear()
                self._emptied.wait(_POLL_SECONDS)
        return not self._closed

    def _has_room(self, more: int) -> bool:
        return self._written + more <= self._relays.max_spool and self._relays.have_room(more)

    def _put(self, piece: bytes) -> None:
        if not self._written:
            self._begin_step()
        try:
            self._spool.seek(self._written)
            self._spool.write(piece)
        except OSError as error:
            _log.error("a response cannot be kept in the temporary folder: %s", error)
            raise
        self._written += len(piece)
        self._relays.change(len(piece))
        self._filled.set()

    def _take(self) -> bytes:
        """Return the next piece, empty at the end."""
        while not self._written:
            if self._ended:
                return b""
            self._filled.clear()
            self._filled.wait()
        if self.lag() > MAX_STEP_SECONDS:
            self.cut(_TOO_SLOW)
            return b""
        self._spool.seek(self._sent)
        piece = self._spool.read(_PIECE)
        self._sent += len(piece)
        self._step += len(piece)
        if self._step >= STEP:
            self._begin_step()
        if self._sent == self._written:
            self._empty()
        return piece

    def _begin_step(self) -> None:
        self._step, self._step_began = 0, time.monotonic()

    def _empty(self) -> None:
        self._relays.change(-self._written)
        if self._written > IN_MEMORY:
            self._spool.close()
            self._spool = Body(max_size=IN_MEMORY)
        else:
            self._spool.seek(0)
            self._spool.truncate()
        self._written = self._sent = 0
        self._emptied.set()


def from_environment() -> Relays:
    """Return relays limited by ``MAX_ANSWERS``."""
    return Relays(settings.whole("MAX_ANSWERS", MAX_ANSWERS))


def _is_writable(client: socket.socket) -> bool:
    """Return whether the kernel accepts more data for the client without blocking."""
    poll = _poll()
    poll.register(client.fileno(), select.POLLOUT)
    return bool(poll.poll(0))


def _shut_down(client: socket.socket) -> None:
    """Shut a connection down, so that the greenlet that sends over it sees it broken as by the client.

    Closing gevent's socket object would raise an error in that greenlet as for a bug of ours.
    """
    with suppress(OSError), closing(_socket(fileno=os.dup(client.fileno()))) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)


def _reset_when_closed(client: socket.socket) -> None:
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
