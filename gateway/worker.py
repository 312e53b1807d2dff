"""Gunicorn gevent worker that also follows the contract where requests never reach the application.

CPU per request with 10 KB and 16 connections: 0.09 ms for this worker with a bare function, 0.07 for gevent's
``pywsgi`` behind gunicorn, 0.19 for this worker with a bare Flask application. ``pywsgi`` would save 0.02 ms of the
gateway's 0.5, but also drop gunicorn's strict header parsing, which all programs share. Gunicorn's C parser
(``gunicorn[fast]``) would save 0.01 ms of a browser's request, but has no binary wheels for Linux: installing Bunko
would need a compiler.
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

from gateway.admission.worker_hooks import worker_hooks
from gateway.http.body import IN_MEMORY
from shared import shutdown
from shared.serving.orphaned import OrphanDetector

IDLE_SECONDS = 60
"""Seconds without progress, in either direction, after which a request's connection is closed."""
LINGER_BYTES = 64 * 1024 * 1024
LINGER_SECONDS = 30.0
"""Bytes, and seconds, of a refused body that are still received and dropped, so that the client reads the refusal."""
SILENCE_SECONDS = 5.0
"""Seconds without data after which that ends."""
LINGER_PAUSE = 0.05
"""Seconds between two reads of a refused body: at most 20 MiB/s. Unthrottled, many of them delay all other requests."""
DATABASE_SECONDS = 2
"""Time-out of each wait for PostgreSQL, in seconds."""

_DROPPED = bytearray(1024 * 1024)
"""The buffer of receives that drop their data (``MSG_TRUNC``)."""


class Response(wsgi.Response):  # type: ignore[misc]  # gunicorn has no types
    """A response without the ``Server`` header."""

    def default_headers(self) -> list[str]:
        """Return the status line and the default headers."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Patches the standard library, and limits what a client may do with a connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._orphan_detector = OrphanDetector()
        self._connections: set[Any] = set()
        self._busy: set[Any] = set()

    def patch(self) -> None:
        """Make the standard library and psycopg2 cooperative, before the application is imported."""
        super().patch()
        # These imports need the patched standard library.
        import psycopg2.extensions  # noqa: PLC0415

        from gateway.admission import request_reader  # noqa: PLC0415

        request_reader.install()
        wsgi.Response = Response
        self._answer_to = request_reader.answer_to

        # Only a timeout on each wait also covers a server that no longer responds.
        psycopg2.extensions.set_wait_callback(partial(gevent_wait_callback, timeout=DATABASE_SECONDS))

    def load_wsgi(self) -> None:
        """Load the application, and its hooks that run before WSGI."""
        super().load_wsgi()
        self._hooks = worker_hooks(self.wsgi)

    def notify(self) -> None:
        """Send the master a heartbeat; shut down gracefully where the master is gone for good.

        The original method exits at once, in the middle of responses.
        """
        self.tmp.notify()
        if self._orphan_detector.should_exit(self.ppid) and not shutdown.started.is_set():
            self.handle_exit(None, None)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection, unless its address is at the connection limit."""
        limit = self._hooks.connection_limit
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
        """Accept no more connections, and finish the open ones."""
        super().handle_exit(sig, frame)
        shutdown.started.set()
        gevent.spawn(self._close_idle)

    def _close_idle(self) -> None:
        """Close connections without a request, as a browser's keep-alive connections would delay the exit.

        A connection is closed after ``GRACE_SECONDS`` at the earliest, since its client may be sending a request.
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
        """Answer one request. Closes the connection after it where a part of the body may be left unread."""
        shedding = self._hooks.load_shedding
        if shedding.should_shed(req):
            shedding.shed(sock)
            return None
        if _may_leave_body(req) or _expects_continue(req):
            req.force_close()
        if _expects_continue(req):
            # gunicorn (26.2) would send 100 Continue at once, also for a body that is refused by its head.
            req._expected_100_continue = False  # noqa: SLF001
            req.body.reader = ContinueReader(req.body.reader, sock)
        self._busy.add(sock)
        sock.settimeout(IDLE_SECONDS)
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except StopIteration:
            if req.must_close:
                # Closing with unread bytes would reset the connection before the client has read the response.
                _linger(sock)
            raise
        except TimeoutError:  # the client does not read the response
            raise StopIteration from None
        finally:
            self._busy.discard(sock)
            if sock.fileno() >= 0:
                sock.settimeout(None)

    def handle_error(self, _req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that gunicorn could not parse, with an error of the contract."""
        status, answer = self._answer_to(exc)
        if status >= 500:
            self.log.error("Error handling request", exc_info=exc)
        else:
            # Only the type: the error's text may quote a cookie.
            self.log.warning("Invalid request from %s: %s", addr[0] if addr else "?", type(exc).__name__)
        try:
            util.write_nonblock(client, answer)
            _linger(client)
        except OSError:
            self.log.debug("Failed to send error message.")


class ContinueReader:
    """The body of a request with ``Expect: 100-continue``: the first read sends 100 Continue."""

    def __init__(self, reader: Any, sock: Any) -> None:
        self._reader = reader
        self._sock = sock
        self._must_continue = True

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes."""
        if self._must_continue:
            self._must_continue = False
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return bytes(self._reader.read(size))


def _linger(sock: Any) -> None:
    """Close a connection after receiving and dropping the rest of the request's body.

    Closing with unread bytes would reset the connection before the client has read the response, as most clients read
    it only after sending everything. Like gunicorn's ``close_graceful``, but the kernel drops the bytes
    (``MSG_TRUNC``): 64 of the largest bodies are two gigabytes.
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
    """Return whether the application may leave so much of the body unread that gunicorn must not read it afterwards."""
    headers = dict(req.headers)
    declared = headers.get("CONTENT-LENGTH", "0")
    return "TRANSFER-ENCODING" in headers or int(declared) > IN_MEMORY


def _expects_continue(req: Any) -> bool:
    """Return whether the client sends the body only after 100 Continue."""
    return bool(req._expected_100_continue)  # noqa: SLF001  # gunicorn has no public attribute
