"""glibc malloc settings: large blocks return to the system when they are freed.

By default glibc raises its mmap threshold when the first large block is freed, and then keeps such blocks in
a heap for each thread. A node would hold hundreds of unused megabytes after a few large uploads.
"""

import ctypes

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 256 * 1024
"""mmap threshold in bytes. Setting it also turns off glibc's dynamic adjustment."""


def give_back_large_blocks() -> None:
    """Fix the mmap threshold. Has no effect with a C library without ``mallopt``."""
    _set(_M_MMAP_THRESHOLD, _LARGE)


def keep_one_arena() -> None:
    """Make all threads share one heap. Each further heap would take 64 MiB of address space."""
    _set(_M_ARENA_MAX, 1)


def _set(setting: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(setting, value)
