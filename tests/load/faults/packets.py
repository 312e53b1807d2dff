"""Packets lost on the way to and from a port of this machine, which a proxy cannot simulate."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest


def _unusable() -> str:
    """Return why packets cannot be dropped here; empty if they can."""
    if shutil.which("iptables") is None:
        return "iptables is not installed"
    listed = subprocess.run(["iptables", "-n", "-L", "INPUT"], capture_output=True, text=True, check=False)
    return "" if listed.returncode == 0 else f"iptables may not be used: {listed.stderr.strip()}"


UNUSABLE = _unusable()
needs_iptables = pytest.mark.skipif(bool(UNUSABLE), reason=f"no packet can be lost: {UNUSABLE}")


@contextmanager
def lost(port: int, share: float = 1.0) -> Iterator[None]:
    """Drop this share of the TCP packets to and from a port during the ``with`` block; all by default."""
    chosen = ["-m", "statistic", "--mode", "random", "--probability", str(share)] if share < 1 else []
    with ExitStack() as held:
        for side in ("--dport", "--sport"):
            rule = ["INPUT", "-i", "lo", "-p", "tcp", side, str(port), *chosen, "-j", "DROP"]
            subprocess.run(["iptables", "-w", "-I", *rule], check=True)
            held.callback(subprocess.run, ["iptables", "-w", "-D", *rule], check=True)
        yield
