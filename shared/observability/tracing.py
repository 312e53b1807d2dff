"""Distributed tracing of requests, exported over OTLP.

Tracing is off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` names a collector. While it is off, OpenTelemetry is not imported,
and each function here only checks ``_state``. Only the gateway starts traces; the services continue them. So background
work, such as sweeping and health checks, is not traced.
"""

from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from shared import settings

if TYPE_CHECKING:
    from shared.observability.spans import Fact, Recorder, RequestSpan

PARENT = "traceparent"
"""The request header that carries trace and parent span (W3C Trace Context)."""


class _State:
    recorder: "Recorder | None" = None


_state = _State()
_NOTHING = nullcontext()


def start(program: str) -> None:
    """Turn tracing on for ``program`` if the setting is given. Ends the program with a message if it is invalid.

    Must be called in the process that answers requests: the exporting thread does not survive a fork.
    """
    endpoint = settings.text("OTEL_EXPORTER_OTLP_ENDPOINT", "none")
    if endpoint == "none":
        return
    if not endpoint.startswith(("http://", "https://")):
        raise settings.Unusable(
            f"OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://, not {endpoint!r}."
        )
    from shared.observability.spans import Recorder  # noqa: PLC0415  # not loaded if tracing is off

    _state.recorder = Recorder(program, endpoint, settings.text("OTEL_EXPORTER_OTLP_HEADERS", ""))


def stop() -> None:
    """Export the remaining spans, within a few seconds."""
    if _state.recorder:
        _state.recorder.stop()


def is_on() -> bool:
    """Return whether tracing is on."""
    return _state.recorder is not None


def begin(parent: str, **facts: "Fact") -> "RequestSpan | None":
    """Start the span of a request, in a new trace if ``parent`` is empty; return None if tracing is off.

    The caller ends the span, in the same thread.
    """
    return _state.recorder.begin(parent, facts) if _state.recorder else None


def step(name: str, *, asks: bool = False, **facts: "Fact") -> AbstractContextManager[None]:
    """Record a ``with`` block as a span; ``asks`` marks a call to another program."""
    return _state.recorder.step(name, facts, asks=asks) if _state.recorder else _NOTHING


def statement(text: str, seconds: float) -> None:
    """Record a database statement that has just ended; ``text`` has placeholders, not values."""
    if _state.recorder:
        _state.recorder.statement(text, seconds)


def pass_on(headers: MutableMapping[str, str]) -> None:
    """Add the current span to the headers of a request to another program."""
    if _state.recorder:
        _state.recorder.pass_on(headers)


def trace_id() -> str | None:
    """Return the id of the current trace in 32 hex digits, None outside of a trace."""
    return _state.recorder.trace_id() if _state.recorder else None
