"""What it takes a decoding child to open a picture, or to refuse it."""

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
"""What makes the kernel forget the most memory that a process has had, written to ``clear_refs`` (proc(5))."""


@dataclass(frozen=True, slots=True)
class DecodingCost:
    """Of one picture, by a child as a file node has them."""

    answer: str
    """Why it is refused; empty where it is taken."""
    seconds: float
    memory: int
    """Bytes that the child took more at most than when it began; the file and the code that it ran among them."""


def decoding_cost(data: bytes) -> DecodingCost:
    """Let a child open a picture, and no more."""
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
    """Run in the child: decode as it would, and tell how much memory that took."""
    from files.decoding.child import decode  # noqa: PLC0415  # which the fork server has loaded

    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    before = _status("VmRSS")
    with pipe, suppress(SystemExit):  # it ends itself where nobody asks for more
        decode(pipe, Limits(pixels=_MOST_PIXELS))
    telling.send(_status("VmHWM") - before)


def _status(name: str) -> int:
    """Return what the kernel says about this process, in bytes."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) * 1024
