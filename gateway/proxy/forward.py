"""Sends requests to upstreams: chooses the node, signs the identity token, and retries once where that is safe."""

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
"""A 503 of its own: ``refusal_metrics`` counts refusals by identity."""

_REQUESTS = counter(
    "bunko_gateway_asked", "Requests sent on to a program, by what became of them.", "service", "outcome"
)
_OUTCOMES = ("answered", "not reached", "lost", "too slow")


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A client's request as it is sent to an upstream."""

    method: str
    target: RequestTarget
    headers: Mapping[str, str]
    body: Body | None
    identity: Identity
    request_id: str
    node: Upstream | None = None
    """The node to try first; None to choose one."""


class Forwarder:
    """Sends requests to the nodes of services and to file nodes; ``keys`` maps a service to the key of its tokens."""

    def __init__(
        self, services: Mapping[str, Balancer[Upstream]], nodes: Balancer[Upstream], keys: Mapping[str, str]
    ) -> None:
        self.services = services
        self.file_nodes = nodes
        self._keys = dict(keys)
        self._outcomes = {
            (service, outcome): _REQUESTS.of(service, outcome) for service in keys for outcome in _OUTCOMES
        }

    def token(self, identity: Identity, target: TokenTarget) -> str:
        """Return the signed token with the caller's identity for the service that ``target`` names."""
        return tokens.sign(identity, target, issuer="gateway", key=self._keys[target.audience])

    def forward(self, call: UpstreamRequest, route: Route) -> UpstreamResponse:
        """Return the response of a node of ``route`` to ``call``.

        Raises ``NO_RESPONSE`` where no node could be reached or the response was lost, and ``TIMED_OUT``.
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
        """Return a node: a file node where ``route`` has them and one is available, else one of the owner."""
        node = self.file_nodes.choose(tried) if route.on_file_nodes else None
        return node or self.services[route.owner].choose(tried, allow_ejected=True)

    def _balancer_of(self, upstream: Upstream) -> Balancer[Upstream]:
        """Return the balancer of an upstream."""
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
