"""WSGI middleware in front of the Flask application: forwards requests, and serves the application's own pages.

Forwarded requests do not enter Flask, whose contexts, request and response objects would take a quarter of all CPU time
that the gateway spends on a request.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway.admission import refusal_metrics
from gateway.database import DatabaseUnavailable
from gateway.http import observers
from gateway.http.request_context import RequestContext
from gateway.http.response import StartResponse, WsgiResponse, error_response
from gateway.pipeline import Pipeline
from shared.errors import METHOD_NOT_ALLOWED, NOT_FOUND, UNAVAILABLE, Refusal
from shared.observability import logs, tracing

_log = logging.getLogger("bunko.gateway")

_UNTRACED = ("/health/", "/status")


class Forwarding:
    """Runs the pipeline for each request, and turns errors into responses."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._steps = pipeline.steps()
        self._origins = pipeline.origins
        self._trusts_traceparent = pipeline.trusted_proxies > 0

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        context = self._begin(environ)
        try:
            response = self._run(context)
        except Exception as error:
            response = error_response(_refusal_for(error))
        response.headers += self._origins.response_headers(context.origin).items()
        return observers.send(context, response, start_response)

    def _begin(self, environ: Mapping[str, Any]) -> RequestContext:
        """Return the context of a request, and begin its trace: a caller's only if it comes from a trusted proxy."""
        sent = str(environ["PATH_INFO"]).encode("latin-1").decode(errors="replace")
        context = RequestContext(environ, logs.begin(environ.get("HTTP_X_REQUEST_ID", "")), sent)
        if tracing.is_on() and not sent.startswith(_UNTRACED):
            parent = context.header("HTTP_TRACEPARENT") if self._trusts_traceparent else ""
            context.span = tracing.begin(parent, **{"bunko.request_id": context.request_id})
        return context

    def _run(self, context: RequestContext) -> WsgiResponse:
        for step in self._steps:
            if (response := step(context)) is not None:
                return response
        raise AssertionError("no step returned a response")


def _refusal_for(error: Exception) -> Refusal:
    """Return the refusal that answers an error, and count it; an unexpected error is logged."""
    if isinstance(error, DatabaseUnavailable):
        refusal_metrics.NO_DATABASE.inc()
        return UNAVAILABLE
    if isinstance(error, Refusal):
        refusal = error
    elif isinstance(error, HTTPException):
        refusal = _refusal_for_http_exception(error)
    else:
        _log.exception("a request could not be answered")
        refusal = Refusal(500, "Internal Server Error")
    refusal_metrics.count(refusal)
    return refusal


def _refusal_for_http_exception(error: HTTPException) -> Refusal:
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return METHOD_NOT_ALLOWED.with_headers({"Allow": allowed})
    return NOT_FOUND if error.code == 404 else Refusal(error.code or 500, error.name)
