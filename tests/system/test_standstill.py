"""A node that was suspended for too long does nothing when it resumes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.waiting import wait_until

SECONDS = 1.0
STORING = f"""
import sys, time
from pathlib import Path
from files.watchdog import start_watchdog
start_watchdog({SECONDS})
for number in range(10**9):
    Path(sys.argv[1], str(number)).touch()
    time.sleep(0.01)
"""


def test_who_stood_still_for_too_long_writes_nothing_more(tmp_path: Path) -> None:
    node = subprocess.Popen([sys.executable, "-c", STORING, str(tmp_path)])
    try:
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 3 * SECONDS and any(tmp_path.iterdir()))
        assert node.poll() is None, "it ended though it never stood still"
        os.kill(node.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, node.pid, os.WSTOPPED)
        written = set(tmp_path.iterdir())
        time.sleep(2 * SECONDS)  # the alarm counts this time
        os.kill(node.pid, signal.SIGCONT)
        assert node.wait(30) == -signal.SIGALRM
        assert set(tmp_path.iterdir()) == written
    finally:
        node.kill()
        node.wait()
