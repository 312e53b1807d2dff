"""The memory that a decoding child needs to open or refuse a picture."""

import json
import multiprocessing
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from files.decoding.limits import Limits
from files.rules.formats import format_of

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["files.decoding.child"])
_MOST_PIXELS = 24_000_000
_RESET_PEAK = "5"
"""Resets the peak memory of a process when written to its ``clear_refs`` (proc(5))."""


@dataclass(frozen=True, slots=True)
class DecodingCost:
    """The cost of one picture in a decoding child of a file node."""

    answer: str
    """The reason for the refusal; empty if it is accepted."""
    seconds: float
    memory: int
    """Bytes by which the child's memory grew at most, including the file and the code that it ran."""


def decoding_cost(data: bytes) -> DecodingCost:
    """Open a picture in a child, and stop there."""
    ours, theirs = _CONTEXT.Pipe()
    told, telling = _CONTEXT.Pipe(duplex=False)
    child = _CONTEXT.Process(target=_open, args=(theirs, telling))
    child.start()
    theirs.close()
    with ours, told:
        assert json.loads(ours.recv_bytes())["is"] == "ready"
        began = time.perf_counter()
        ours.send_bytes(json.dumps({"kind": format_of(data)}).encode())
        ours.send_bytes(data)
        answer = json.loads(ours.recv_bytes())
        seconds = time.perf_counter() - began
        ours.close()
        memory = told.recv()
    child.join()
    return DecodingCost(str(answer.get("why", "")), seconds, memory)


def _open(pipe: Connection, telling: Connection) -> None:
    """Decode in the child and return how much memory that took."""
    from files.decoding.child import decode  # noqa: PLC0415  # which the fork server has loaded

    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    before = _status("VmRSS")
    with pipe, suppress(SystemExit):  # it ends itself without further requests
        decode(pipe, Limits(pixels=_MOST_PIXELS))
    telling.send(_status("VmHWM") - before)


def _status(name: str) -> int:
    """Return a memory figure of this process from the kernel, in bytes."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) * 1024
