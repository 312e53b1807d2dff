"""What a decoding child does: one picture, under limits, then it ends.

It talks through one pipe, in JSON and plain bytes. The parent never unpickles what it says: a hostile picture
that takes over a decoder has won a process that can write no file, for a few seconds.
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

_LONGEST_REASON = 200
_PR_SET_PDEATHSIG = 1
"""Which signal a process gets when its parent ends (prctl(2))."""
_BACKGROUND = 10
"""How much more a child gives way that nobody waits for."""

for _codec in ("jpg", "zlib", "webp", "avif", "littlecms2"):
    if not features.check(_codec):
        raise ImportError(f"this Pillow comes without {_codec}")
Image.init()


class _UnusableError(Exception):
    """The picture is to blame; the text says why."""


def decode(pipe: Connection, limits: Limits) -> None:
    """Take one picture from ``pipe`` and give it back in both sizes, step by step as the parent asks."""
    _restrict(limits)
    _say(pipe, {"is": "ready"})
    try:
        _decode(pipe, limits)
    except _UnusableError as error:
        _say(pipe, {"is": "unusable", "why": str(error)})
    except MemoryError:
        _say(pipe, {"is": "unusable", "why": "takes too much memory to decode"})
    except (EOFError, ConnectionError):
        sys.exit(1)  # the parent needs no answer any more
    except Exception:  # whatever it is, the parent logs it
        _say(pipe, {"is": "fault", "why": traceback.format_exc()})


def _decode(pipe: Connection, limits: Limits) -> None:
    kind = json.loads(pipe.recv_bytes())["kind"]
    data = pipe.recv_bytes()
    opened = _blaming_the_picture(lambda: pixels.open_picture(data, kind, limits), kind, limits)
    _say(pipe, {"is": "opened", "size": opened.size})
    plan = json.loads(pipe.recv_bytes())
    box = tuple(plan["box"])
    part, size = opened.wanted(box)
    cut = _blaming_the_picture(lambda: pixels.cut(opened, part, size), kind, limits)
    rendered = pixels.render(opened, cut, opaque=plan["opaque"])
    if plan["avif"]:
        os.nice(_BACKGROUND)
        files, facts = rendered.as_avif(), {}
    else:
        files, facts = rendered.as_webp(), preview(rendered.scaled)
        files |= _blaming_the_picture(lambda: pixels.original_of(opened), kind, limits)
    _say(pipe, {"is": "rendered", "size": rendered.high.size, "files": list(files), "facts": facts})
    for file in files.values():
        pipe.send_bytes(file)


def _blaming_the_picture(step: Callable[[], Result], kind: str, limits: Limits) -> Result:
    """Run a step in which decoders look at hostile input: they raise much more than they document."""
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
        reason = str(error)[:_LONGEST_REASON] or type(error).__name__
        raise _UnusableError(f"cannot be decoded: {reason}") from None


def _restrict(limits: Limits) -> None:
    """Take from this process what a picture does not need."""
    born_with = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for what, most in (
        (resource.RLIMIT_AS, born_with + limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # It is in no process group of the node's; see ``priority``.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    keep_one_arena()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = limits.pixels


def _say(pipe: Connection, message: dict[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())
