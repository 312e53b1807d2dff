"""``bunko up``: run an installation in the foreground until Ctrl-C."""

import contextlib
import os
import signal
import threading
from queue import SimpleQueue

import click

from deploy.installation.configuration import from_file
from deploy.running.logs import Log
from deploy.stack.stack import Stack
from deploy.user_error import UserError

RESTART = signal.SIGUSR1
"""The signal on which the runner restarts its programs, one after the other."""


@click.command()
def up() -> None:
    """Run everything in the foreground until Ctrl-C.

    Starts five programs and, unless DATABASE_URL names another, a PostgreSQL. Needed on one server without containers;
    a process manager such as systemd can run it. Ctrl-C or SIGTERM stops it properly.

    \b
    Example:
      GATEWAY_PORT=8080 bunko up      uses another port
    """
    stack = Stack(from_file() | os.environ, log=Log())
    started, stopping = threading.Event(), threading.Event()
    commands: SimpleQueue[str] = SimpleQueue()

    def stop(*_: object) -> None:
        if stopping.is_set():
            stack.hurry()
            return
        stopping.set()
        commands.put("stop")
        if not started.is_set():
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(RESTART, lambda *_: commands.put("restart"))
    with stack:
        started.set()
        stack.log.open()
        _say(welcome(stack))
        stack.administrator.seen()
        for _ in iter(commands.get, "stop"):
            _restart(stack, stopping)
        _say("Stopping; Ctrl-C again to hurry.")


def _restart(stack: Stack, stopping: threading.Event) -> None:
    try:
        stack.restart(wanted=lambda: not stopping.is_set())
    except UserError as error:
        stack.log.write("runner", str(error))


def welcome(stack: Stack) -> str:
    """Return the text for the operator who has just started an installation: addresses and how to sign in."""
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
        f"  Metrics        {os.path.relpath(stack.targets)} lists the addresses for Prometheus\n"
        "Ctrl-C stops everything.\n"
    )


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # The terminal is gone; the programs keep running.
        print(text, flush=True)
