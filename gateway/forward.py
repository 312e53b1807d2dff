"""Forwarding: which program gets a request, what it is told, and when it is asked a second time.

A connection that could not be made is made to another node once, for any method. A lost answer is asked for again only
where asking changes nothing. An answer that does not come in time is never asked for again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gateway.body import Body
from gateway.nodes import Nodes
from gateway.paths import Address
from gateway.prefixes import Place
from gateway.upstream import Exchange, Lost, NotReached, TooSlow, Unanswered, Upstream
from shared import logs, tokens
from shared.refusals import UNAVAILABLE, Refusal
from shared.tokens import Identity, Target

SERVICE_SECONDS = 15
"""How long a service may stay silent, unless ``SERVICE_SECONDS`` says otherwise; its own statements end after 10."""
TIMED_OUT = Refusal(504, "Gateway timeout", headers={"Retry-After": "1"})
_REPEATABLE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Call:
    """One client's request, ready to be sent to any program."""

    method: str
    address: Address
    headers: Mapping[str, str]
    body: Body | None
    identity: Identity
    request_id: str


class Forwarder:
    """The programs behind the gateway, and the keys shared with each."""

    def __init__(
        self, urls: Mapping[str, str], keys: Mapping[str, str], nodes: Nodes, *, seconds: float
    ) -> None:
        self.services = {name: Upstream(name, url, seconds=seconds) for name, url in urls.items()}
        self.nodes = nodes
        self._keys = dict(keys)

    def forward(self, call: Call, place: Place) -> Exchange:
        """Return the answer to ``call`` from whom ``place`` names.

        Raises 503 when nobody could be reached or the answer was lost, 504 when it took too long.
        """
        try:
            return self._try_twice(call, place)
        except TooSlow:
            raise TIMED_OUT from None
        except Unanswered:
            raise UNAVAILABLE from None

    def _try_twice(self, call: Call, place: Place) -> Exchange:
        first = self._pick(place)
        assert first is not None  # the owner is always there
        try:
            return self._send(call, first)
        except NotReached:
            second = self._pick(place, (first,))
            if second is None:
                raise
        except Lost:
            if call.method not in _REPEATABLE:
                raise
            other_node = self.nodes.pick((first,)) if first.service == "files" else None
            second = other_node or first
        return self._send(call, second)

    def _pick(self, place: Place, tried: Collection[Upstream] = ()) -> Upstream | None:
        """Return whom to ask: a file node where they come first and one is in, else the owner."""
        node = self.nodes.pick(tried) if place.on_file_nodes else None
        owner = self.services[place.owner]
        return node or (None if owner in tried else owner)

    def _send(self, call: Call, upstream: Upstream) -> Exchange:
        target = Target(upstream.service, call.method, call.address.path)
        headers = {
            **call.headers,
            "Accept-Encoding": "identity",
            logs.REQUEST_ID: call.request_id,
            tokens.HEADER: tokens.sign(
                call.identity, target, issuer="gateway", key=self._keys[upstream.service]
            ),
        }
        if call.body is not None:
            headers["Content-Length"] = str(call.body.seek(0, 2))
            call.body.seek(0)
        try:
            exchange = upstream.send(call.method, call.address.target, headers, call.body)
        except NotReached:
            self.nodes.missed(upstream)
            raise
        except (Lost, TooSlow):
            self.nodes.reached(upstream)
            raise
        self.nodes.reached(upstream)
        return exchange
