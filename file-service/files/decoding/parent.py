"""Decoding pictures in child processes, seen from the file node.

A fork server with Pillow in its memory gives every picture a process of its own, which dies with it: whatever
a hostile picture does to its decoder, the next one gets a fresh one. This process never loads a decoder.
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
"""Which gives way by being loaded."""
_LONGEST_MESSAGE = 64 * 1024
_LARGEST_PICTURE = 128 * 1024 * 1024
"""Bytes of a file that a child may answer; only a lossless original comes near it."""
_FACTS = ("placeholder", "color", "phash")

DIED = unusable("cannot be decoded within the limits of time and memory")


class DecodingError(Exception):
    """Decoding failed, and no picture is to blame."""


class Decoders:
    """Starts a decoding child for each picture."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._master = os.getppid()
        self._context = multiprocessing.get_context("forkserver")
        # ``__main__`` too: else every child would run gunicorn's script again.
        self._context.set_forkserver_preload(["__main__", __name__, _CHILD, _PRIORITY])
        # Starting a process looks after all others that were started: that is not made for threads.
        self._bookkeeping = threading.Lock()

    def check(self) -> None:
        """Start a child and let it go; refuses (503) where none comes up."""
        with self._child() as pipe:
            _await_child(pipe)

    @contextmanager
    def decoding(self, data: bytes, kind: PictureFormat) -> Iterator["Decoding"]:
        """Open ``data`` in a child that lives as long as the ``with`` block.

        Refuses (400) a picture whose header is broken or promises too many pixels.
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
        watch = threading.Timer(self._limits.seconds, self._kill, [process])
        with closing(ours):
            with closing(theirs), self._bookkeeping:
                _start(process)
            watch.start()
            try:
                yield _Pipe(ours)
            except Refusal as refusal:
                if refusal is DIED and os.getppid() != self._master:
                    raise UNAVAILABLE from None  # the whole node is being killed, its children first
                raise
            finally:
                watch.cancel()
                self._kill(process)
                with self._bookkeeping:
                    process.join()
                    process.close()

    def _kill(self, process: BaseProcess) -> None:
        # Closed: the watch went off just when the picture was done.
        with self._bookkeeping, suppress(ValueError):
            process.kill()


def _start(process: BaseProcess) -> None:
    """Start a child. No picture is to blame where the fork server has been killed: the next child brings it back."""
    try:
        process.start()
    except (OSError, EOFError):
        raise UNAVAILABLE from None


class Decoding:
    """One picture in its child."""

    def __init__(self, pipe: "_Pipe", data: bytes, kind: PictureFormat) -> None:
        self._pipe = pipe
        pipe.tell({"kind": kind})
        pipe.send(data)
        self.size = _size(pipe.hear("opened"))
        """Width and height of the upright picture."""
        self._sha256 = hashlib.sha256(data).hexdigest()

    def render(self, box: Box, *, opaque: bool) -> StoredPicture:
        """Return what ``box`` of the upright picture holds, with white behind it if ``opaque``.

        Refuses (400) a picture that turns out to be broken.
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
        """Return both sizes of what ``render`` returns as AVIF, which is smaller and takes longer: name -> bytes."""
        return self._rendered({"box": box, "opaque": opaque, "avif": True})[1]

    def _rendered(self, plan: dict[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
        with tracing.step("render picture", avif=plan["avif"]):
            self._pipe.tell(plan)
            answer = self._pipe.hear("rendered")
            files = {str(name): self._pipe.receive(_LARGEST_PICTURE) for name in answer["files"]}
            self._pipe.await_end()
        return answer, files


class _Pipe:
    """Talks with one child, and knows whom to blame when it says nothing any more: the picture."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, message: dict[str, Any]) -> None:
        self.send(json.dumps(message).encode())

    def send(self, data: bytes) -> None:
        try:
            self._connection.send_bytes(data)
        except OSError:
            raise DIED from None

    def receive(self, longest: int) -> bytes:
        try:
            return self._connection.recv_bytes(longest)
        except (EOFError, OSError):
            raise DIED from None

    def await_end(self) -> None:
        """Wait until the child has ended, and its memory is free for the next one."""
        with suppress(EOFError, OSError):
            self._connection.recv_bytes(1)

    def hear(self, expected: str) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.receive(_LONGEST_MESSAGE))
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
        pipe.hear("ready")
    except Refusal:
        _log.error("a decoding process died before it saw a picture")
        raise UNAVAILABLE from None


def _decode(pipe: Connection, limits: Limits) -> None:
    """Run in the child, where the fork server has Pillow in memory already."""
    from files.decoding.child import decode  # noqa: PLC0415

    decode(pipe, limits)
