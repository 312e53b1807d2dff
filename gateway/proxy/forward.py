"""Forwarding: which program gets a request, and what it is told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gateway.http.body import Body
from gateway.http.request_target import RequestTarget
from gateway.http.route_table import Route
from gateway.proxy.upstream import Upstream, UpstreamResponse
from gateway.proxy.upstreams import FILES
from shared.errors import UNAVAILABLE, Refusal
from shared.identity import tokens
from shared.identity.tokens import Identity, TokenTarget
from shared.observability import logs, tracing
from shared.observability.metrics import counter
from shared.rpc.balancer import Balancer
from shared.rpc.retry import (
    ConnectFailed,
    NoResponse,
    ResponseLost,
    ResponseTimeout,
    TokenRejected,
    retry_once,
)

TIMED_OUT = Refusal(504, "Gateway timeout", headers={"Retry-After": "1"})

NO_RESPONSE = UNAVAILABLE.with_headers({})
"""A 503 of its own, by which ``refusing`` counts it."""

_REQUESTS = counter(
    "bunko_gateway_asked", "Requests sent on to a program, by what became of them.", "service", "outcome"
)
_OUTCOMES = ("answered", "not reached", "lost", "too slow")


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """One client's request, ready to be sent to any program."""

    method: str
    target: RequestTarget
    headers: Mapping[str, str]
    body: Body | None
    identity: Identity
    request_id: str
    node: Upstream | None = None
    """Whom to ask first, where that is known already."""


class Forwarder:
    """The programs behind the gateway, and the keys shared with each."""

    def __init__(
        self, services: Mapping[str, Balancer[Upstream]], nodes: Balancer[Upstream], keys: Mapping[str, str]
    ) -> None:
        self.services = services
        self.file_nodes = nodes
        """The file nodes."""
        self._keys = dict(keys)
        self._outcomes = {
            (service, outcome): _REQUESTS.of(service, outcome) for service in keys for outcome in _OUTCOMES
        }

    def token(self, identity: Identity, target: TokenTarget) -> str:
        """Return the token that tells the program which ``target`` names who is calling."""
        return tokens.sign(identity, target, issuer="gateway", key=self._keys[target.audience])

    def forward(self, call: UpstreamRequest, route: Route) -> UpstreamResponse:
        """Return the answer to ``call`` from whom ``place`` names.

        Raises ``NO_RESPONSE`` when no node could be reached or the answer was lost, ``TIMED_OUT`` when it took too
        long.
        """
        try:
            return retry_once(
                call.method,
                lambda tried: (call.node if not tried else None) or self._choose(route, tried),
                lambda upstream: self._send(call, upstream),
                lambda first: self._balancer_of(first).choose((first,)),
            )
        except ResponseTimeout:
            raise TIMED_OUT from None
        except NoResponse:
            raise NO_RESPONSE from None

    def _choose(self, route: Route, tried: Collection[Upstream] = ()) -> Upstream | None:
        """Return whom to ask: a file node where they come first and one is in, else the owner."""
        node = self.file_nodes.choose(tried) if route.on_file_nodes else None
        return node or self.services[route.owner].choose(tried, allow_ejected=True)

    def _balancer_of(self, upstream: Upstream) -> Balancer[Upstream]:
        """Return the nodes that one is of."""
        return self.file_nodes if upstream.service == FILES else self.services[upstream.service]

    def _send(self, call: UpstreamRequest, upstream: Upstream) -> UpstreamResponse:
        target = TokenTarget(upstream.service, call.method, call.target.path)
        headers = {
            **call.headers,
            "Accept-Encoding": "identity",
            logs.REQUEST_ID: call.request_id,
            tokens.HEADER: self.token(call.identity, target),
        }
        if call.body is not None:
            headers["Content-Length"] = str(call.body.seek(0, 2))
            call.body.seek(0)
        try:
            with tracing.step(f"ask {upstream.service}", asks=True):
                tracing.pass_on(headers)
                response = upstream.send(call.method, call.target.raw, headers, call.body)
        except ConnectFailed:
            self._balancer_of(upstream).record_failure(upstream)
            self._outcomes[upstream.service, "not reached"].inc()
            raise
        except (ResponseLost, ResponseTimeout) as error:
            upstream.failures = 0
            self._outcomes[upstream.service, "lost" if isinstance(error, ResponseLost) else "too slow"].inc()
            raise
        upstream.failures = 0
        self._outcomes[upstream.service, "answered"].inc()
        if tokens.is_rejection(response.status, (name for name, _ in response.headers)):
            response.close()
            raise TokenRejected(upstream.url)
        return response
