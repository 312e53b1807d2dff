"""Gunicorn's gevent worker, with the contract's manners at the edges that no application sees.

CPU per request, 10 KB and 16 connections: this worker with a bare function 0.09 ms, gevent's own ``pywsgi`` behind
gunicorn 0.07, this worker with a bare Flask application 0.19. ``pywsgi`` would spare 0.02 ms of the gateway's 0.5 and
with it gunicorn's strictness about headers, which all programs share. gunicorn's C parser (``gunicorn[fast]``) would
spare 0.01 ms of a browser's request; but for Linux it comes as source only, and who tries Bunko needs no compiler.
"""

import socket
import time
from contextlib import closing, suppress
from functools import partial
from typing import Any

import gevent
from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.workers.ggevent import GeventWorker
from psycogreen.gevent import gevent_wait_callback

from gateway.http.body import IN_MEMORY
from shared import shutdown
from shared.serving.orphaned import OrphanDetector

IDLE_SECONDS = 60
"""How long a client may neither send nor take anything in the middle of a request."""
LINGER_BYTES = 64 * 1024 * 1024
LINGER_SECONDS = 30.0
"""How much of a refused body is still taken, and dropped, so that its sender gets to read the refusal."""
SILENCE_SECONDS = 5.0
"""How long it may stop coming meanwhile."""
LINGER_PAUSE = 0.05
"""Seconds between two reads of a refused body: 20 MiB/s. Read at full speed, many of them delay all other requests."""
DATABASE_SECONDS = 2
"""How long PostgreSQL may stay silent."""

_DROPPED = bytearray(1024 * 1024)
"""Where the kernel would write what it drops."""


class Response(wsgi.Response):  # type: ignore[misc]  # gunicorn has no types
    """An answer that does not name the server."""

    def default_headers(self) -> list[str]:
        """Return the status line and what every answer carries."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Patches what the application needs patched, and bounds what a client may do to a connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._orphan_detector = OrphanDetector()
        self._connections: set[Any] = set()
        self._busy: set[Any] = set()

    def patch(self) -> None:
        """Make the standard library and psycopg2 cooperative, before any of our code is imported."""
        super().patch()
        # These must see the patched library.
        import psycopg2.extensions  # noqa: PLC0415

        from gateway.admission import request_reader  # noqa: PLC0415

        request_reader.install()
        wsgi.Response = Response
        self._answer_to = request_reader.answer_to

        # A timeout on each wait is the only one that holds against a server that has stopped answering.
        psycopg2.extensions.set_wait_callback(partial(gevent_wait_callback, timeout=DATABASE_SECONDS))

    def notify(self) -> None:
        """Show the master a sign of life; drain when it is gone and nobody will start another.

        The original leaves at once, in the middle of whatever it answers.
        """
        self.tmp.notify()
        if self._orphan_detector.should_exit(self.ppid) and not shutdown.started.is_set():
            self.handle_exit(None, None)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection, unless its address has too many."""
        limit = self.wsgi.connections
        key = limit.admit(addr)
        if key is None:
            limit.refuse(client)
            return
        self._connections.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._connections.discard(client)
            limit.release(key)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Take no more connections, and finish those that are open."""
        super().handle_exit(sig, frame)
        shutdown.started.set()
        gevent.spawn(self._close_idle)

    def _close_idle(self) -> None:
        """Let go of connections that nothing happens on, or a browser that keeps one open would hold up the exit.

        Not at once: a client that was not told of the end may be sending its next request.
        """
        idle: set[Any] = set()
        while self._connections:
            gevent.sleep(shutdown.GRACE_SECONDS)
            still_idle = self._connections - self._busy
            for connection in idle & still_idle:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
            idle = still_idle

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Answer one request; its connection ends with it where a part of its body may be left unread."""
        if self.wsgi.load_shedding.should_shed(req):
            self.wsgi.load_shedding.shed(sock)
            return None
        if _may_leave_body(req) or _waits_for_leave(req):
            req.force_close()
        if _waits_for_leave(req):
            # gunicorn (26.2) would give it at once, and a body would come that is refused by its head.
            req._expected_100_continue = False  # noqa: SLF001
            req.body.reader = Awaited(req.body.reader, sock)
        self._busy.add(sock)
        sock.settimeout(IDLE_SECONDS)
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except StopIteration:
            if req.must_close:
                # Closing with bytes unread would reset the connection under the answer.
                _linger(sock)
            raise
        except TimeoutError:  # a client that does not take its answer
            raise StopIteration from None
        finally:
            self._busy.discard(sock)
            if sock.fileno() >= 0:
                sock.settimeout(None)

    def handle_error(self, _req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that gunicorn could not read, in the contract's shape."""
        status, answer = self._answer_to(exc)
        if status >= 500:
            self.log.error("Error handling request", exc_info=exc)
        else:
            # Its kind alone: the rest of the error may quote a cookie.
            self.log.warning("Invalid request from %s: %s", addr[0] if addr else "?", type(exc).__name__)
        try:
            util.write_nonblock(client, answer)
            _linger(client)
        except OSError:
            self.log.debug("Failed to send error message.")


class Awaited:
    """A body whose sender waits for leave to send it (``Expect: 100-continue``), which the first read gives."""

    def __init__(self, reader: Any, sock: Any) -> None:
        self._reader = reader
        self._sock = sock
        self._waits = True

    def read(self, size: int) -> bytes:
        """Return what comes, at most ``size`` bytes."""
        if self._waits:
            self._waits = False
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return bytes(self._reader.read(size))


def _linger(sock: Any) -> None:
    """End a connection, and drop what still comes of a request's body.

    Closing with bytes unread would reset the connection under the answer, and most clients read it only when they have
    sent all. As gunicorn's ``close_graceful``, but the kernel drops the bytes (``MSG_TRUNC``): 64 of the largest bodies
    are a gigabyte.
    """
    deadline, left = time.monotonic() + LINGER_SECONDS, LINGER_BYTES
    with suppress(OSError), closing(sock):
        sock.shutdown(socket.SHUT_WR)
        while left > 0 and (seconds := deadline - time.monotonic()) > 0 and not shutdown.started.is_set():
            sock.settimeout(min(seconds, SILENCE_SECONDS))
            dropped = sock.recv_into(_DROPPED, len(_DROPPED), socket.MSG_TRUNC)
            if not dropped:
                return
            left -= dropped
            gevent.sleep(LINGER_PAUSE)


def _may_leave_body(req: Any) -> bool:
    """Whether the application may leave more of the body unread than gunicorn had better read, and drop, after it."""
    sent = dict(req.headers)
    declared = sent.get("CONTENT-LENGTH", "0")
    return "TRANSFER-ENCODING" in sent or int(declared) > IN_MEMORY


def _waits_for_leave(req: Any) -> bool:
    """Whether the client sends the body only when it is told to."""
    return bool(req._expected_100_continue)  # noqa: SLF001  # gunicorn's only note of it
