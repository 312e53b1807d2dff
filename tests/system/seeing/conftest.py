"""A system for tests of its monitoring while parts of it are stopped."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import psutil
import pytest

from deploy.stack.stack import Stack
from tests.support.otlp_collector import Collector

Stopping = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """The collector of the system's traces."""
    with Collector() as running:
        yield running
        running.shutdown()


@pytest.fixture(scope="session")
def seen(collector: Collector) -> Iterator[Stack]:
    """A running system with two file nodes and tracing, whose gateway polls all programs every second."""
    with tempfile.TemporaryDirectory(prefix="bunko-seen-") as folder:
        environment = {
            "STATE_DIR": folder,
            "GATEWAY_PORT": "0",
            "FILE_NODES": "2",
            "STATUS_SECONDS": "1",
            "RATE_LIMITS": "off",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=opens it",
        }
        with Stack(environment) as running:
            yield running


@pytest.fixture
def stopping(seen: Stack) -> Stopping:
    """Suspends programs during a ``with`` block, as if their machine hung."""

    @contextmanager
    def stopped(*names: str) -> Iterator[None]:
        processes = [process for name in names for process in _processes(seen, name)]
        try:
            for process in processes:
                os.kill(process, signal.SIGSTOP)
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    return stopped


def _processes(stack: Stack, name: str) -> list[int]:
    first = psutil.Process(stack.pids[name])
    return [first.pid, *(child.pid for child in first.children(recursive=True))]
