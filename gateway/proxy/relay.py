"""Long answers on their way to clients: taken from a program at its speed, sent to the client at the client's.

A greenlet reads the answer into a spool, which lies in memory and from 1 MiB in a temporary file, as bodies do. A
client that reads slowly then ties up a socket here and no thread of a service. The spools are bounded, each and
together.
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
"""Bytes of answers that a gateway process holds at once unless ``MAX_ANSWERS`` says otherwise."""
SHARE = 4
"""One spool takes at most this part of them: a quarter."""
STEP = 1024 * 1024
"""Bytes of an answer that a client has to take in time."""
SLOW_SECONDS = 3
"""A client that takes longer for ``STEP`` is slow: it is disconnected where its room is needed."""
PATIENT_SECONDS = 120
"""A client that takes longer for ``STEP`` is disconnected in any case."""
_PIECE = 64 * 1024
_LOOK_SECONDS = 0.1
"""Between two looks for room."""
_RESET = struct.pack("ii", 1, 0)
"""Makes closing a socket reset its connection, and drop what the kernel still holds for the client."""

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
    """The long answers of this process; their spools have ``most`` bytes together.

    Where there is no room, the answer of the slowest client is broken off, if that client is slow. One piece of each
    answer always has room, so that no client waits for another.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.largest = most // SHARE
        """Bytes in the spool of one answer."""
        self._held = 0
        self._relays: set[Relay] = set()

    def begin(self, response: UpstreamResponse, client: socket.socket) -> "Relay":
        """Send the answer of ``exchange`` on to ``client``."""
        relay = Relay(response, client, self)
        self._relays.add(relay)
        return relay

    def end(self, relay: "Relay") -> None:
        """Forget an answer."""
        self._relays.discard(relay)

    def change(self, by: int) -> None:
        """Note that there are so many bytes more in the spools."""
        self._held += by
        _HELD.change(by)

    def have_room(self, more: int) -> bool:
        """Whether there is room for so many bytes more; slow clients are disconnected to make it."""
        while self._held + more > self._most:
            slowest = max(self._relays, key=Relay.lag)
            if slowest.lag() <= SLOW_SECONDS:
                return False
            slowest.cut(_ROOM_NEEDED)
        return True


class Relay:
    """One answer: read from its program by a greenlet of its own, sent by the caller of ``pieces``; to be closed."""

    def __init__(self, response: UpstreamResponse, client: socket.socket, relays: Relays) -> None:
        self._exchange = response
        self._client = client
        self._relays = relays
        self._spool = Body(max_size=IN_MEMORY)
        self._written = self._sent = 0
        """Bytes in the spool, and how many of them were taken out; both are 0 where all were."""
        self._step = 0
        self._step_began = 0.0
        self._ended = self._closed = False
        self._failure: OSError | None = ConnectionResetError(errno.ECONNRESET, "the answer broke off")
        """What there is until all of the answer has come."""
        self._filled, self._emptied = Event(), Event()
        self._filling = gevent.spawn(self._fill)

    def pieces(self) -> Iterator[bytes]:
        """Yield the answer as far as it has come.

        A failure on the way breaks the client's connection too, so that half an answer is not taken for a whole one.
        """
        while piece := self._take():
            yield piece
        if self._failure is not None:
            _reset_when_closed(self._client)
            raise self._failure

    def lag(self) -> float:
        """Return for how many seconds the client has been taking the present ``STEP``.

        It is 0 where nothing waits for the client, or where it waits for us: its socket takes more.
        """
        return time.monotonic() - self._step_began if self._written and not _takes_more(self._client) else 0.0

    def cut(self, reason: Counter) -> None:
        """Disconnect the client."""
        reason.inc()
        _log.info("the answer to a slow client was broken off")
        _reset_when_closed(self._client)
        _shut_down(self._client)
        self.close()

    def close(self) -> None:
        """Let go of the answer; what the program has not sent yet, it need not make."""
        if self._closed:
            return
        self._closed = self._ended = True
        self._relays.end(self)
        self._empty()
        self._spool.close()
        self._filled.set()
        self._filling.kill(block=False)
        self._exchange.close()

    def _fill(self) -> None:
        """Read the answer into the spool."""
        try:
            for piece in self._exchange.pieces():
                if not self._wait_for_room(len(piece)):
                    return
                self._put(piece)
                # A program that is quick leaves nothing to wait for, and others have to get their turn.
                gevent.sleep(0)
            self._failure = None
        except OSError as error:
            self._failure = error
        finally:
            self._exchange.close()
            self._ended = True
            self._filled.set()

    def _wait_for_room(self, more: int) -> bool:
        """Wait until there is room for so many bytes more; False where the answer ends before."""
        while self._written and not self._has_room(more):
            # The program waits for this client meanwhile.
            if self.lag() > SLOW_SECONDS:
                self.cut(_TOO_SLOW)
            else:
                self._emptied.clear()
                self._emptied.wait(_LOOK_SECONDS)
        return not self._closed

    def _has_room(self, more: int) -> bool:
        return self._written + more <= self._relays.largest and self._relays.have_room(more)

    def _put(self, piece: bytes) -> None:
        if not self._written:
            self._begin_step()
        try:
            self._spool.seek(self._written)
            self._spool.write(piece)
        except OSError as error:
            _log.error("an answer cannot be kept in the temporary folder: %s", error)
            raise
        self._written += len(piece)
        self._relays.change(len(piece))
        self._filled.set()

    def _take(self) -> bytes:
        """Return what comes next, nothing at the end."""
        while not self._written:
            if self._ended:
                return b""
            self._filled.clear()
            self._filled.wait()
        if self.lag() > PATIENT_SECONDS:
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
    """Return what the environment allows."""
    return Relays(settings.whole("MAX_ANSWERS", MAX_ANSWERS))


def _takes_more(client: socket.socket) -> bool:
    """Whether the kernel takes more for the client at once."""
    waiting = _poll()
    waiting.register(client.fileno(), select.POLLOUT)
    return bool(waiting.poll(0))


def _shut_down(client: socket.socket) -> None:
    """End a connection, so that the greenlet that sends over it finds it broken, as if the client had done it.

    gevent's own way would tell that greenlet that its socket had been closed, which is an error of ours.
    """
    with suppress(OSError), closing(_socket(fileno=os.dup(client.fileno()))) as same:
        same.shutdown(socket.SHUT_RDWR)


def _reset_when_closed(client: socket.socket) -> None:
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
