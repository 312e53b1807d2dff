"""Memory of this process: large blocks go back to the system as soon as they are free.

glibc stops doing that by itself after the first large block it sees freed: it then keeps such blocks, for each
thread apart, and a node that has answered a few large uploads would hold hundreds of megabytes for nothing.
"""

import ctypes

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 256 * 1024
"""Bytes; setting it at all is what ends glibc's own adjusting."""


def give_back_large_blocks() -> None:
    """Ask the C library for it; one that has no such setting does so, or not, as it likes."""
    _set(_M_MMAP_THRESHOLD, _LARGE)


def keep_one_arena() -> None:
    """Let all threads of this process share one heap: each of their own takes 64 MiB of address space for nothing."""
    _set(_M_ARENA_MAX, 1)


def _set(setting: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(setting, value)
