"""Records spans with OpenTelemetry and exports them to the collector. Imported only if tracing is on.

Spans are created by hand. The available instrumentations hook into Flask, SQLAlchemy and urllib3, which the gateway's
forwarding and the services' prepared queries bypass. Spans never contain error texts: those of the database quote the
values that were to be written.
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
"""Maximum number of spans in the queue; further ones are dropped."""
_BATCH = 128
"""Spans per export. Encoding them blocks the gateway's event loop for some milliseconds."""
_DELAY_MILLISECONDS = 1000.0
_EXPORT_SECONDS = 5.0
"""Timeout of one export."""
_FLUSH_SECONDS = 3.0
"""Timeout of the last export at shutdown."""

Fact = str | int | bool | None

_w3c = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class RequestSpan:
    """The span of one request in this program."""

    span: Span
    before: Token[Context]

    def set_response(self, method: str, route: str | None, status: int, **facts: Fact) -> None:
        """Record the route and status of the response, and further attributes."""
        self.span.update_name(f"{method} {route}" if route else method)
        self.span.set_attributes(
            _attributes({"http.route": route, "http.response.status_code": status} | facts)
        )
        if status >= 500:
            self.span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """End the span. Must be called in the thread that began it."""
        detach(self.before)
        self.span.end()


class Recorder:
    """Records the spans of ``program``; a thread exports them to ``endpoint``."""

    def __init__(self, program: str, endpoint: str, headers: str) -> None:
        """``headers`` are added to each export, as ``name=value,name=value``, such as a collector's API key."""
        exporter = OTLPSpanExporter(
            endpoint=endpoint.rstrip("/") + "/v1/traces",
            headers=parse_env_headers(headers, liberal=True),
            timeout=_EXPORT_SECONDS,
        )
        self._processor = BatchSpanProcessor(
            exporter,
            max_queue_size=_QUEUE,
            max_export_batch_size=_BATCH,
            schedule_delay_millis=_DELAY_MILLISECONDS,
        )
        resource = {"service.namespace": "bunko", "service.name": program, "service.version": version()}
        # Sampling is set by the standard variables OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG.
        provider = TracerProvider(resource=Resource.create(resource), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("bunko")

    def begin(self, parent: str, facts: Mapping[str, Fact]) -> RequestSpan:
        """Start the span of a request and make it the current span."""
        context = _w3c.extract({"traceparent": parent}, Context())
        span = self._tracer.start_span(
            "request", context, kind=SpanKind.SERVER, attributes=_attributes(facts)
        )
        return RequestSpan(span, attach(set_span_in_context(span)))

    def step(self, name: str, facts: Mapping[str, Fact], *, asks: bool) -> AbstractContextManager[None]:
        """Record a ``with`` block as a span, if the current trace is recorded."""
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
        """Record a statement that took ``seconds`` and has just ended."""
        if not get_current_span().is_recording():
            return
        ended = time.time_ns()
        verb = text.lstrip(" \n(").partition(" ")[0].partition("\n")[0].upper()
        facts = {"db.system.name": "postgresql", "db.operation.name": verb, "db.query.text": text}
        began = ended - int(seconds * 1e9)
        self._tracer.start_span(verb, kind=SpanKind.CLIENT, attributes=facts, start_time=began).end(ended)

    def pass_on(self, headers: MutableMapping[str, str]) -> None:
        """Add the current span to the headers of a request."""
        _w3c.inject(headers)

    def trace_id(self) -> str | None:
        """Return the id of the current trace, None outside of a trace."""
        context = get_current_span().get_span_context()
        return format_trace_id(context.trace_id) if context.is_valid else None

    def stop(self) -> None:
        """Export the queued spans, within ``_FLUSH_SECONDS``."""
        # In a thread: the library's own shutdown can wait for half a minute.
        flush = threading.Thread(target=self._processor.shutdown, daemon=True, name="span flush")
        flush.start()
        flush.join(_FLUSH_SECONDS)


def _attributes(facts: Mapping[str, Fact]) -> dict[str, str | int | bool]:
    return {name: value for name, value in facts.items() if value is not None}
