"""Forwarding: which program gets a request, and what it is told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gateway.body import Body
from gateway.nodes import FILES
from gateway.paths import Address
from gateway.prefixes import Place
from gateway.upstream import Exchange, Upstream
from shared import logs, tokens, tracing
from shared.counting import counter
from shared.nodes import Nodes
from shared.refusals import UNAVAILABLE, Refusal
from shared.retrying import Distrusted, Lost, NotReached, TooSlow, Unanswered, ask_twice
from shared.tokens import Identity, Target

TIMED_OUT = Refusal(504, "Gateway timeout", headers={"Retry-After": "1"})

UNANSWERED = UNAVAILABLE.with_headers({})
"""A 503 of its own, by which ``refusing`` counts it."""

_ASKED = counter(
    "bunko_gateway_asked", "Requests sent on to a program, by what became of them.", "service", "outcome"
)
_OUTCOMES = ("answered", "not reached", "lost", "too slow")


@dataclass(frozen=True, slots=True)
class Call:
    """One client's request, ready to be sent to any program."""

    method: str
    address: Address
    headers: Mapping[str, str]
    body: Body | None
    identity: Identity
    request_id: str
    node: Upstream | None = None
    """Whom to ask first, where that is known already."""


class Forwarder:
    """The programs behind the gateway, and the keys shared with each."""

    def __init__(
        self, services: Mapping[str, Nodes[Upstream]], nodes: Nodes[Upstream], keys: Mapping[str, str]
    ) -> None:
        self.services = services
        self.nodes = nodes
        """The file nodes."""
        self._keys = dict(keys)
        self._asked = {
            (service, outcome): _ASKED.of(service, outcome) for service in keys for outcome in _OUTCOMES
        }

    def token(self, identity: Identity, target: Target) -> str:
        """Return the token that tells the program which ``target`` names who is calling."""
        return tokens.sign(identity, target, issuer="gateway", key=self._keys[target.audience])

    def forward(self, call: Call, place: Place) -> Exchange:
        """Return the answer to ``call`` from whom ``place`` names.

        Raises ``UNANSWERED`` when no node could be reached or the answer was lost, ``TIMED_OUT`` when it took too long.
        """
        try:
            return ask_twice(
                call.method,
                lambda tried: (call.node if not tried else None) or self._pick(place, tried),
                lambda upstream: self._send(call, upstream),
                lambda first: self._among(first).pick((first,)),
            )
        except TooSlow:
            raise TIMED_OUT from None
        except Unanswered:
            raise UNANSWERED from None

    def _pick(self, place: Place, tried: Collection[Upstream] = ()) -> Upstream | None:
        """Return whom to ask: a file node where they come first and one is in, else the owner."""
        node = self.nodes.pick(tried) if place.on_file_nodes else None
        return node or self.services[place.owner].pick(tried, even_out=True)

    def _among(self, upstream: Upstream) -> Nodes[Upstream]:
        """Return the nodes that one is of."""
        return self.nodes if upstream.service == FILES else self.services[upstream.service]

    def _send(self, call: Call, upstream: Upstream) -> Exchange:
        target = Target(upstream.service, call.method, call.address.path)
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
                exchange = upstream.send(call.method, call.address.target, headers, call.body)
        except NotReached:
            self._among(upstream).missed(upstream)
            self._asked[upstream.service, "not reached"].inc()
            raise
        except (Lost, TooSlow) as error:
            upstream.failures = 0
            self._asked[upstream.service, "lost" if isinstance(error, Lost) else "too slow"].inc()
            raise
        upstream.failures = 0
        self._asked[upstream.service, "answered"].inc()
        if tokens.is_distrust(exchange.status, (name for name, _ in exchange.headers)):
            exchange.close()
            raise Distrusted(upstream.url)
        return exchange
