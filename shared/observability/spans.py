"""What is recorded of a trace, and how it gets to the collector. Imported only where tracing is on.

Spans are written by hand: the instrumentations there are look at Flask, SQLAlchemy and urllib3, and the gateway's way
of forwarding and the services' compiled questions pass all of these by. Spans never hold an error's text: the
database's quote what was to be written.
"""

import threading
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Token
from dataclasses import dataclass

from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.re import parse_env_headers

from shared.build_info import version

_QUEUE = 2048
"""Spans that wait at most; what comes beyond is dropped."""
_BATCH = 128
"""Spans sent at once. To encode them takes some milliseconds, in which the gateway answers nobody."""
_DELAY_MILLISECONDS = 1000.0
_PATIENCE = 5.0
"""Seconds the collector has for a batch."""
_PARTING_SECONDS = 3.0
"""How long a program that ends waits for the collector to take the rest."""

Fact = str | int | bool | None

_w3c = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class RequestSpan:
    """A program's part of a trace, from its request to its answer."""

    span: Span
    before: Token[Context]

    def set_response(self, method: str, route: str | None, status: int, **facts: Fact) -> None:
        """Say what became of the request."""
        self.span.update_name(f"{method} {route}" if route else method)
        self.span.set_attributes(
            _attributes({"http.route": route, "http.response.status_code": status} | facts)
        )
        if status >= 500:
            self.span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """End it."""
        detach(self.before)
        self.span.end()


class Recorder:
    """Records spans of ``program`` and sends them to ``endpoint``, from a thread of its own."""

    def __init__(self, program: str, endpoint: str, headers: str) -> None:
        """``headers`` are sent along, as ``name=value,name=value``: a collector may want a key."""
        exporter = OTLPSpanExporter(
            endpoint=endpoint.rstrip("/") + "/v1/traces",
            headers=parse_env_headers(headers, liberal=True),
            timeout=_PATIENCE,
        )
        self._processor = BatchSpanProcessor(
            exporter,
            max_queue_size=_QUEUE,
            max_export_batch_size=_BATCH,
            schedule_delay_millis=_DELAY_MILLISECONDS,
        )
        about = {"service.namespace": "bunko", "service.name": program, "service.version": version()}
        # What is sampled is left to the standard variables: OTEL_TRACES_SAMPLER and its argument.
        provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("bunko")

    def begin(self, parent: str, facts: Mapping[str, Fact]) -> RequestSpan:
        """Begin this program's part, and make it the present span."""
        context = _w3c.extract({"traceparent": parent}, Context())
        span = self._tracer.start_span(
            "request", context, kind=SpanKind.SERVER, attributes=_attributes(facts)
        )
        return RequestSpan(span, attach(set_span_in_context(span)))

    def step(self, name: str, facts: Mapping[str, Fact], *, asks: bool) -> AbstractContextManager[None]:
        """Record a ``with`` block, if it is within a trace that is recorded."""
        if not get_current_span().is_recording():
            return nullcontext()
        return self._step(name, facts, SpanKind.CLIENT if asks else SpanKind.INTERNAL)

    @contextmanager
    def _step(self, name: str, facts: Mapping[str, Fact], kind: SpanKind) -> Iterator[None]:
        span = self._tracer.start_span(name, kind=kind, attributes=_attributes(facts))
        before = attach(set_span_in_context(span))
        try:
            yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            detach(before)
            span.end()

    def statement(self, text: str, seconds: float) -> None:
        """Record a statement that has taken so many ``seconds``, until now."""
        if not get_current_span().is_recording():
            return
        ended = time.time_ns()
        verb = text.lstrip(" \n(").partition(" ")[0].partition("\n")[0].upper()
        facts = {"db.system.name": "postgresql", "db.operation.name": verb, "db.query.text": text}
        began = ended - int(seconds * 1e9)
        self._tracer.start_span(verb, kind=SpanKind.CLIENT, attributes=facts, start_time=began).end(ended)

    def pass_on(self, headers: MutableMapping[str, str]) -> None:
        """Put the present span into a request's headers."""
        _w3c.inject(headers)

    def trace_id(self) -> str | None:
        """Return the present trace's id; None outside of any."""
        context = get_current_span().get_span_context()
        return format_trace_id(context.trace_id) if context.is_valid else None

    def stop(self) -> None:
        """Send what waits, unless the collector takes too long."""
        # In a thread, as the library itself would wait for half a minute.
        parting = threading.Thread(target=self._processor.shutdown, daemon=True, name="last spans")
        parting.start()
        parting.join(_PARTING_SECONDS)


def _attributes(facts: Mapping[str, Fact]) -> dict[str, str | int | bool]:
    return {name: value for name, value in facts.items() if value is not None}
