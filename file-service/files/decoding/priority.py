"""Lowers the CPU priority of decoding. Importing this module in the fork server affects it and its children.

Where Linux groups processes by session (``sched_autogroup_enabled``, set on most machines), a nice value
counts within a session only. The fork server therefore starts a session and sets the nice value of its group.
In containers the CPU shares of the containers decide, and this module has no effect.
"""

import os
from contextlib import suppress
from pathlib import Path

_NICE = 10

os.nice(_NICE)
os.setsid()
with suppress(OSError):  # no autogroups: the nice value counts among all processes
    Path("/proc/self/autogroup").write_text(str(_NICE))
