"""CPU and memory of a program's processes: its master, its workers and their children.

The figures are read from Linux's /proc at each scrape. On other systems these metrics are missing.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from shared import build_info

_PROC = Path("/proc")
_USER_TIME, _SYSTEM_TIME_OF_ENDED_CHILDREN = 11, 15
"""Slice of the four CPU times in /proc/PID/stat, counted from the field after the command."""


def metrics() -> Iterator[Metric]:
    """Return version and start time of the program and, on Linux, CPU and memory of its processes."""
    facts = {"version": build_info.version(), "python": platform.python_version()}
    yield InfoMetricFamily("bunko_program", "Version of the program and of Python.", facts)
    yield GaugeMetricFamily(
        "bunko_program_start_time_seconds",
        "Start time of the program, in seconds since 1970.",
        build_info.started().timestamp(),
    )
    if not _PROC.is_dir():
        return
    pids = list(_tree(os.getppid()))
    yield GaugeMetricFamily("bunko_program_processes", "Processes of the program.", len(pids))
    yield CounterMetricFamily(
        "bunko_program_cpu_seconds",
        "CPU time of the program's processes, including ended ones.",
        sum(map(_cpu_seconds, pids)),
    )
    yield GaugeMetricFamily(
        "bunko_program_memory_bytes",
        "Memory of the program's processes; shared pages are divided among them (PSS).",
        sum(map(_memory, pids)),
    )


def _tree(pid: int) -> Iterator[int]:
    """Return the ids of a process and its descendants."""
    yield pid
    for listed in _PROC.glob(f"{pid}/task/*/children"):
        with suppress(OSError):  # the process has ended
            for child in listed.read_text().split():
                yield from _tree(int(child))


def _stat_fields(pid: int) -> list[str]:
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its ended children; 0 if the process has ended."""
    with suppress(OSError):
        times = _stat_fields(pid)[_USER_TIME:_SYSTEM_TIME_OF_ENDED_CHILDREN]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _memory(pid: int) -> int:
    with suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
