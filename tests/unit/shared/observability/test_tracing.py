"""Without tracing, nothing of it is imported or sent."""

import subprocess
import sys

import pytest

from shared.observability import tracing

PROGRAMS = "import gateway.app, catalog.app, media.app, users.app, files.app, sys"
IMPORTED = "print([name for name in sys.modules if name.startswith(('opentelemetry', 'google'))])"


def test_programs_import_nothing_of_it() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", f"{PROGRAMS}; {IMPORTED}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    assert printed.stdout == "[]\n"


def test_nothing_is_recorded_and_nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing.start("catalog")
    headers: dict[str, str] = {}
    with tracing.step("nothing"):
        tracing.pass_on(headers)
        tracing.statement("SELECT 1", 0.1)
    assert (tracing.is_on(), tracing.begin(""), tracing.trace_id(), headers) == (False, None, None, {})
    tracing.stop()
