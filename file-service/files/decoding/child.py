"""The decoding child process: it decodes one picture under resource limits and exits.

It exchanges JSON and plain bytes with the parent over one pipe. The parent never unpickles its messages. A
hostile picture that takes over a decoder gains a process that cannot write files and is killed after some
seconds.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, UnidentifiedImageError, features

from files.decoding import pixels
from files.decoding.limits import Limits
from files.decoding.preview import preview
from files.malloc import keep_one_arena

Result = TypeVar("Result")

_MAX_REASON = 200
"""Maximum length of a decoder's error message in an answer, in characters."""
_PR_SET_PDEATHSIG = 1
"""prctl(2) option: the signal that the process gets when its parent ends."""
_BACKGROUND = 10
"""Added to the nice value of a child that encodes in the background."""

for _codec in ("jpg", "zlib", "webp", "avif", "littlecms2"):
    if not features.check(_codec):
        raise ImportError(f"this Pillow comes without {_codec}")
Image.init()


class _UnusableError(Exception):
    """The picture cannot be used; the message is the reason."""


def decode(pipe: Connection, limits: Limits) -> None:
    """Receive one picture from ``pipe`` and send back its files, following the parent's messages."""
    _restrict(limits)
    _send(pipe, {"is": "ready"})
    try:
        _decode(pipe, limits)
    except _UnusableError as error:
        _send(pipe, {"is": "unusable", "why": str(error)})
    except MemoryError:
        _send(pipe, {"is": "unusable", "why": "takes too much memory to decode"})
    except (EOFError, ConnectionError):
        sys.exit(1)  # the parent has closed the pipe
    except Exception:  # any other error: the parent logs it
        _send(pipe, {"is": "fault", "why": traceback.format_exc()})


def _decode(pipe: Connection, limits: Limits) -> None:
    kind = json.loads(pipe.recv_bytes())["kind"]
    data = pipe.recv_bytes()
    opened = _run_decoder(lambda: pixels.open_picture(data, kind, limits), kind, limits)
    _send(pipe, {"is": "opened", "size": opened.size})
    plan = json.loads(pipe.recv_bytes())
    box = tuple(plan["box"])
    part, size = opened.wanted(box)
    cut = _run_decoder(lambda: pixels.cut(opened, part, size), kind, limits)
    rendered = pixels.render(opened, cut, opaque=plan["opaque"])
    if plan["avif"]:
        os.nice(_BACKGROUND)
        files, facts = rendered.as_avif(), {}
    else:
        files, facts = rendered.as_webp(), preview(rendered.scaled)
        files |= _run_decoder(lambda: pixels.original_of(opened), kind, limits)
    _send(pipe, {"is": "rendered", "size": rendered.high.size, "files": list(files), "facts": facts})
    for file in files.values():
        pipe.send_bytes(file)


def _run_decoder(step: Callable[[], Result], kind: str, limits: Limits) -> Result:
    """Run ``step`` and turn any decoder exception into ``_UnusableError``.

    Decoders raise undocumented types.
    """
    try:
        return step()
    except MemoryError:
        raise
    except Image.DecompressionBombError:
        raise _UnusableError(f"has more than {limits.megapixels}") from None
    except pixels.TooManyFramesError:
        raise _UnusableError(f"is an animation of more than {limits.frames:,} frames") from None
    except pixels.TooManyPartsError:
        raise _UnusableError(f"has more than {limits.parts:,} parts before its pixels") from None
    except UnidentifiedImageError:
        raise _UnusableError(f"begins like a {kind} picture but is none") from None
    except Exception as error:
        reason = str(error)[:_MAX_REASON] or type(error).__name__
        raise _UnusableError(f"cannot be decoded: {reason}") from None


def _restrict(limits: Limits) -> None:
    """Set the resource limits of this process."""
    initial = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for resource_id, limit in (
        (resource.RLIMIT_AS, initial + limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(resource_id, (limit, limit))
    # The child is outside the process group of the node (see ``priority``), so it must be ended explicitly.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    keep_one_arena()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = limits.pixels


def _send(pipe: Connection, message: dict[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())
