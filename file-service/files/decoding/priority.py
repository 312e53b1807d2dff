"""A lower priority for all decoding. The fork server loads this module; what it does holds for the children too.

Where Linux groups processes by session (``sched_autogroup_enabled``), as on most machines, a nice value counts within a
session only. So the fork server gets a session of its own, and the session a nice value. In containers it is the
containers' shares of the processor that count, and nothing that is done here.
"""

import os
from contextlib import suppress
from pathlib import Path

_NICE = 10

os.nice(_NICE)
os.setsid()
with suppress(OSError):  # there are no such groups: the nice value counts among all processes
    Path("/proc/self/autogroup").write_text(str(_NICE))
