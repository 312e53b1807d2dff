"""Executes a program after setting its parent-death signal, user and inherited sockets.

Run as ``python launch.py '{"parent": ..., ...}' command ...``. It is a process of its own because a process with
threads can safely do nothing between fork and exec.
"""

import ctypes
import fcntl
import json
import os
import pwd
import sys

_SET_PARENT_DEATH_SIGNAL = 1
_LISTENER, _METRICS = 3, 4
"""File descriptors of the inherited sockets. The first follows systemd's socket activation."""


def main() -> None:
    """Replace this process with the command in the arguments."""
    encoded, *command = sys.argv[1:]
    way = json.loads(encoded)
    if way["user"]:
        _become(way["user"])
    if sys.platform == "linux":
        # Set after the change of user, which clears it.
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, way["parting_signal"])
    if os.getppid() != way["parent"]:
        sys.exit("the runner ended before its program began")
    # Duplicated out of the way first: one may occupy the descriptor that the other needs.
    aside = {
        name: fcntl.fcntl(way[name], fcntl.F_DUPFD_CLOEXEC, _METRICS + 1)
        for name in ("listener", "metrics")
        if way[name] is not None
    }
    if "listener" in aside:
        os.dup2(aside["listener"], _LISTENER)
        os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    if "metrics" in aside:
        os.dup2(aside["metrics"], _METRICS)
        os.environ["METRICS_BIND"] = f"fd://{_METRICS}"
    os.execv(command[0], command)


def _become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ |= {"HOME": "/", "USER": user}


if __name__ == "__main__":
    main()
