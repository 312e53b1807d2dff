"""Runs everything in the foreground until Ctrl-C: ``make up``."""

import contextlib
import os
import signal
import threading

from deploy.configuration import from_file
from deploy.logs import Log
from deploy.stack import Stack


def main() -> None:
    """Start, say where, wait to be stopped, stop."""
    stack = Stack(from_file() | os.environ, log=Log())
    started, stopping = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        if stopping.is_set():
            stack.hurry()
            return
        stopping.set()
        if not started.is_set():
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with stack:
        started.set()
        stack.log.open()
        _say(welcome(stack))
        stack.administrator.seen()
        stopping.wait()
        _say("Stopping; Ctrl-C again to hurry.")


def welcome(stack: Stack) -> str:
    """Return what somebody who has just started a stack wants to know."""
    first = stack.administrator
    if first.password:
        sign_in = f"{first.username} with the password {first.password} (shown only this once)"
    elif first.created:
        sign_in = f"{first.username} with the password in ADMIN_PASSWORD"
    else:
        sign_in = f"{first.username} with the password it was made with"
    return (
        "\nBunko is running.\n"
        f"  Address        {stack.address}\n"
        f"  Documentation  {stack.address}/docs\n"
        f"  Sign in        {sign_in}\n"
        "Ctrl-C stops everything.\n"
    )


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # Nobody reads: the programs run all the same.
        print(text, flush=True)
