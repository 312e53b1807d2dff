"""The last step before a program runs: ties its life to the runner's and hands it its listening socket.

Run as ``python launch.py '{"parent": ..., ...}' command ...``. A step of its own because nothing but plain exec is
safe between fork and exec of a process that has threads.
"""

import ctypes
import fcntl
import json
import os
import pwd
import sys

_SET_PARENT_DEATH_SIGNAL = 1
_LISTENER, _METRICS = 3, 4
"""Where a program finds the sockets that it is handed: the first as systemd hands one over."""


def main() -> None:
    """Become the command in the arguments."""
    told, *command = sys.argv[1:]
    way = json.loads(told)
    if way["user"]:
        _become(way["user"])
    if sys.platform == "linux":
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, way["parting_signal"])
    if os.getppid() != way["parent"]:
        sys.exit("the runner ended before its program began")
    # Aside first: either may stand where the other is to be.
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
