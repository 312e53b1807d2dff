"""Forwards a request: receives its body, identifies its caller, sends it to an upstream and relays the response."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gateway.admission.concurrency_limit import ConcurrencyLimit
from gateway.http import body
from gateway.http.body import Body, BodyBudget
from gateway.http.headers import request_headers, response_headers
from gateway.http.request_context import RequestContext
from gateway.http.response import WsgiResponse
from gateway.proxy.announced_uploads import Uploads
from gateway.proxy.forward import Forwarder, UpstreamRequest
from gateway.proxy.relay import Relays
from gateway.proxy.upstream import Upstream, UpstreamResponse
from shared.files import upload_announcement
from shared.identity.tokens import Identity
from shared.observability import server_timing

TIMING_PERMISSION = "edit-users"
"""The permission that a caller needs to get ``Server-Timing`` headers. Administrators have it."""

Identify = Callable[[str | None, str], Identity]
"""Session token, client IP -> identity of the caller."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Forwards requests to their upstreams."""

    forwarder: Forwarder
    concurrency_limit: ConcurrencyLimit
    identify: Identify
    body_budget: BodyBudget
    uploads: Uploads
    relays: Relays

    def forward(self, context: RequestContext) -> WsgiResponse:
        """Return the response of the upstream that the request's route names."""
        send = partial(self._send, context)
        if context.route.on_file_nodes and context.method == "POST" and body.is_large(context.environ):
            return self._response(context, self.uploads.send(context, send))
        with self.body_budget.receive(context.environ) as received:
            return self._response(context, send(received, "", None))

    def _send(
        self, context: RequestContext, received: Body | None, step: str, node: Upstream | None
    ) -> UpstreamResponse:
        """Send the request once; ``step`` is the step of an announced upload, ``node`` the node to prefer."""
        with self.concurrency_limit.slot(context.route):
            # Not before the body was received: a logout in the meantime must take effect.
            identity = self.identify(context.session_token, context.client_ip)
            _set_caller(context, identity)
            headers = request_headers(context.environ)
            if step:
                headers[upload_announcement.HEADER] = step
            request = UpstreamRequest(
                context.method, context.target, headers, received, identity, context.request_id, node
            )
            response = self.forwarder.forward(request, context.route)
        context.upstream = response.upstream.url
        context.work = _reported_work(response)
        return response

    def _response(self, context: RequestContext, response: UpstreamResponse) -> WsgiResponse:
        """Return the response to the client; a large body is relayed while it arrives."""
        headers = list(response_headers(response.headers, response.upstream.service))
        if response.content is None:
            relay = self.relays.begin(response, context.environ["gunicorn.socket"])
            return WsgiResponse(response.status, headers, relay.pieces(), [relay.close])
        response.close()
        return WsgiResponse(response.status, headers, [response.content])


def _set_caller(context: RequestContext, identity: Identity) -> None:
    caller = identity.caller
    context.user_id = caller.id if caller else None
    if context.header("HTTP_SERVER_TIMING") and caller and caller.may(TIMING_PERMISSION):
        context.show_timing = True


def _reported_work(response: UpstreamResponse) -> server_timing.ServerTiming | None:
    """Return the upstream's report of its own work, None if it sent none."""
    header = server_timing.SERVICE_HEADER
    reported = next((value for name, value in response.headers if name == header), None)
    return server_timing.ServerTiming.read(reported) if reported else None
