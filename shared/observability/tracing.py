"""Traces: what a request does in one program after the other, step by step, for a collector that speaks OTLP.

Off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` says where the collector is. Off, nothing of OpenTelemetry is imported, and
each function here is one look at ``_state``. The gateway begins traces; everybody else only goes on with one, so that
what no client asked for, such as sweeping and health checks, leaves none.
"""

from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from shared import settings

if TYPE_CHECKING:
    from shared.observability.spans import Fact, Recorder, RequestSpan

PARENT = "traceparent"
"""The header that says which span of which trace a request belongs to (W3C Trace Context)."""


class _State:
    recorder: "Recorder | None" = None


_state = _State()
_NOTHING = nullcontext()


def start(program: str) -> None:
    """Record from now on, if the environment says so. Ends the program with a sentence where it says nonsense.

    To be called in the process that answers requests: what sends spans is a thread, which no fork takes along.
    """
    endpoint = settings.text("OTEL_EXPORTER_OTLP_ENDPOINT", "none")
    if endpoint == "none":
        return
    if not endpoint.startswith(("http://", "https://")):
        raise settings.Unusable(
            f"OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://, not {endpoint!r}."
        )
    from shared.observability.spans import Recorder  # noqa: PLC0415  # where it is off it must cost nothing

    _state.recorder = Recorder(program, endpoint, settings.text("OTEL_EXPORTER_OTLP_HEADERS", ""))


def stop() -> None:
    """Send what has not been sent yet, within a few seconds or not at all."""
    if _state.recorder:
        _state.recorder.stop()


def is_on() -> bool:
    """Whether anything is recorded."""
    return _state.recorder is not None


def begin(parent: str, **facts: "Fact") -> "RequestSpan | None":
    """Begin this program's part of a trace, of a new one without ``parent``; None where tracing is off.

    Whoever begins it ends it, in the same thread.
    """
    return _state.recorder.begin(parent, facts) if _state.recorder else None


def step(name: str, *, asks: bool = False, **facts: "Fact") -> AbstractContextManager[None]:
    """Record a ``with`` block as a step of the trace; ``asks`` says that another program does the work."""
    return _state.recorder.step(name, facts, asks=asks) if _state.recorder else _NOTHING


def statement(text: str, seconds: float) -> None:
    """Record a statement that the database has just been given, by its text without its parameters' values."""
    if _state.recorder:
        _state.recorder.statement(text, seconds)


def pass_on(headers: MutableMapping[str, str]) -> None:
    """Tell the program that gets a request with these headers which step it belongs to."""
    if _state.recorder:
        _state.recorder.pass_on(headers)


def trace_id() -> str | None:
    """Return the id of the present trace, in 32 hex digits."""
    return _state.recorder.trace_id() if _state.recorder else None
