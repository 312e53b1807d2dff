"""Decoding in child processes: the side of the file node.

A fork server with Pillow preloaded forks one process for each picture, so a hostile picture cannot affect the
decoding of the next one. The file node itself never loads a decoder.
"""

import hashlib
import json
import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from files.decoding.limits import Limits
from files.refusals import unusable
from files.rules.formats import PictureFormat
from files.rules.geometry import Box, Size
from files.rules.stored_picture import StoredPicture
from shared.errors import UNAVAILABLE, Refusal
from shared.observability import tracing

_log = logging.getLogger("bunko.files")

_CHILD = "files.decoding.child"
_PRIORITY = "files.decoding.priority"
"""Lowers the priority of the fork server when imported."""
_MAX_MESSAGE = 64 * 1024
"""Maximum size of a JSON message from a child, in bytes."""
_MAX_FILE = 128 * 1024 * 1024
"""Maximum size of a file from a child, in bytes. Only a lossless original comes near it."""
_FACTS = ("placeholder", "color", "phash")

DIED = unusable("cannot be decoded within the limits of time and memory")


class DecodingError(Exception):
    """Decoding failed for a reason other than the picture."""


class Decoders:
    """Starts a decoding child for each picture."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._master = os.getppid()
        self._context = multiprocessing.get_context("forkserver")
        # Without ``__main__`` every child would import gunicorn's script again.
        self._context.set_forkserver_preload(["__main__", __name__, _CHILD, _PRIORITY])
        # Starting a process also joins finished ones, which is not thread-safe.
        self._process_lock = threading.Lock()

    def check(self) -> None:
        """Start and end a child. Raises 503 if it does not start."""
        with self._child() as pipe:
            _await_child(pipe)

    @contextmanager
    def decoding(self, data: bytes, kind: PictureFormat) -> Iterator["Decoding"]:
        """Open the file ``data`` in a child, which ends with the ``with`` block.

        Raises 400 for a picture with a broken header or too many pixels.
        """
        with self._child() as pipe:
            with tracing.step("open picture", kind=kind, bytes=len(data)):
                _await_child(pipe)
                opened = Decoding(pipe, data, kind)
            yield opened

    @contextmanager
    def _child(self) -> Iterator["_Pipe"]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_decode, args=(theirs, self._limits), daemon=True)
        timeout = threading.Timer(self._limits.seconds, self._kill, [process])
        with closing(ours):
            with closing(theirs), self._process_lock:
                _start(process)
            timeout.start()
            try:
                yield _Pipe(ours)
            except Refusal as refusal:
                if refusal is DIED and os.getppid() != self._master:
                    raise UNAVAILABLE from None  # the node is being killed, its children first
                raise
            finally:
                timeout.cancel()
                self._kill(process)
                with self._process_lock:
                    process.join()
                    process.close()

    def _kill(self, process: BaseProcess) -> None:
        # ValueError: the timer fired just when the process had been closed.
        with self._process_lock, suppress(ValueError):
            process.kill()


def _start(process: BaseProcess) -> None:
    """Start a child. Raises 503 if the fork server was killed; the next start launches it again."""
    try:
        process.start()
    except (OSError, EOFError):
        raise UNAVAILABLE from None


class Decoding:
    """One picture, opened in its child process."""

    def __init__(self, pipe: "_Pipe", data: bytes, kind: PictureFormat) -> None:
        self._pipe = pipe
        pipe.send_message({"kind": kind})
        pipe.send(data)
        self.size = _size(pipe.receive_message("opened"))
        """Width and height of the upright picture."""
        self._sha256 = hashlib.sha256(data).hexdigest()

    def render(self, box: Box, *, opaque: bool) -> StoredPicture:
        """Return the part ``box`` of the upright picture, on a white background if ``opaque``.

        Raises 400 for a picture with broken pixel data.
        """
        answer, files = self._rendered({"box": box, "opaque": opaque, "avif": False})
        width, height = _size(answer)
        return StoredPicture(
            files=files,
            width=width,
            height=height,
            aspect_ratio=(box[2] - box[0]) / (box[3] - box[1]),
            sha256=self._sha256,
            **{fact: str(answer["facts"][fact]) for fact in _FACTS},
        )

    def avif(self, box: Box, *, opaque: bool) -> dict[str, bytes]:
        """Return both sizes of the part ``box`` as AVIF files (name -> bytes).

        Slower than ``render``, but smaller.
        """
        return self._rendered({"box": box, "opaque": opaque, "avif": True})[1]

    def _rendered(self, plan: dict[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
        with tracing.step("render picture", avif=plan["avif"]):
            self._pipe.send_message(plan)
            answer = self._pipe.receive_message("rendered")
            files = {str(name): self._pipe.receive(_MAX_FILE) for name in answer["files"]}
            self._pipe.await_end()
        return answer, files


class _Pipe:
    """Message pipe to one child. A child that dies early is answered as an unusable picture (``DIED``)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send_message(self, message: dict[str, Any]) -> None:
        self.send(json.dumps(message).encode())

    def send(self, data: bytes) -> None:
        try:
            self._connection.send_bytes(data)
        except OSError:
            raise DIED from None

    def receive(self, max_length: int) -> bytes:
        try:
            return self._connection.recv_bytes(max_length)
        except (EOFError, OSError):
            raise DIED from None

    def await_end(self) -> None:
        """Wait until the child has ended and its memory is free."""
        with suppress(EOFError, OSError):
            self._connection.recv_bytes(1)

    def receive_message(self, expected: str) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.receive(_MAX_MESSAGE))
        if message["is"] == "unusable":
            raise unusable(message["why"])
        if message["is"] != expected:
            raise DecodingError(message.get("why"))
        return message


def _size(message: dict[str, Any]) -> Size:
    width, height = message["size"]
    return int(width), int(height)


def _await_child(pipe: _Pipe) -> None:
    try:
        pipe.receive_message("ready")
    except Refusal:
        _log.error("a decoding process died before it saw a picture")
        raise UNAVAILABLE from None


def _decode(pipe: Connection, limits: Limits) -> None:
    """Entry point of the child process, forked from the fork server that has Pillow loaded."""
    from files.decoding.child import decode  # noqa: PLC0415

    decode(pipe, limits)
