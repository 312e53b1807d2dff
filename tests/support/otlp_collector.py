"""A collector of traces that receives OTLP over HTTP and decodes it."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.waiting import wait_until

ROOT = b""
"""The parent of a span that has none."""


@dataclass(frozen=True)
class Span:
    """One span as it arrived."""

    program: str
    name: str
    trace: str
    id: bytes
    parent: bytes
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Trace:
    """The spans of one trace."""

    spans: list[Span]

    def tree(self) -> list[str]:
        """Return the spans in order of their start, each as program and name, indented below its parent."""
        return list(self._below(ROOT, ""))

    def _below(self, parent: bytes, indent: str) -> Iterator[str]:
        for span in self.spans:
            if span.parent == parent:
                yield f"{indent}{span.program}: {span.name}"
                yield from self._below(span.id, indent + "  ")


class Collector(ThreadingHTTPServer):
    """A collector that keeps what it receives."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[int, Span]] = []
        """The start of each span in nanoseconds, and the span."""
        self.raw: list[bytes] = []
        self.keys: list[str | None] = []
        """The header ``x-key`` of each request."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """The value for ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
        return f"http://127.0.0.1:{self.server_port}"

    def trace(self, request_id: str) -> Trace:
        """Wait for the first span of a request, which is sent last, and return the trace."""
        wait_until(lambda: self._trace_id(request_id))
        return self.trace_of(self._trace_id(request_id) or "")

    def trace_of(self, trace_id: str) -> Trace:
        """Return the received spans of a trace."""
        received = sorted(self.received, key=lambda one: one[0])
        return Trace([span for _, span in received if span.trace == trace_id])

    def _trace_id(self, request_id: str) -> str | None:
        found = [span.trace for _, span in self.received if span.facts.get("bunko.request_id") == request_id]
        return found[0] if found else None

    def take(self, body: bytes) -> None:
        """Store one batch."""
        self.raw.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            program = _facts(group.resource.attributes)["service.name"]
            for span in (span for scope in group.scope_spans for span in scope.spans):
                kept = Span(
                    program,
                    span.name,
                    span.trace_id.hex(),
                    span.span_id,
                    span.parent_span_id,
                    _facts(span.attributes),
                )
                self.received.append((span.start_time_unix_nano, kept))


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.keys.append(self.headers["x-key"])
        self.server.take(self.rfile.read(int(self.headers["Content-Length"])))
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def _facts(attributes: Any) -> dict[str, Any]:
    return {fact.key: getattr(fact.value, str(fact.value.WhichOneof("value"))) for fact in attributes}
