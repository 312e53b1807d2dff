"""How Bunko is, in the gateway's eyes: each service, its nodes, and since when they are as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.web.health import Health

State = Literal["ready", "partly", "not ready", "no answer", "none"]
"""Of a node: ready, not ready, no answer. A service may also be partly ready, or have none at all."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """What one node answered, or that it did not."""

    node: str
    """What it is remembered by: its address."""
    state: State
    about: Health | None = None
    """What it says itself; the database, and what does not answer, says nothing."""


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """One process that does a service's work."""

    state: State
    since: datetime
    """When this gateway first saw it like that."""
    about: Health | None


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """A service and its nodes, in the order in which they are configured."""

    name: str
    state: State
    since: datetime
    nodes: Sequence[NodeHealth]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found at one moment."""

    at: datetime
    services: Sequence[ServiceHealth]

    @property
    def well(self) -> bool:
        """Whether everything works."""
        return all(service.state == "ready" for service in self.services)


class StateHistory:
    """Remembers since when services and nodes are as they are."""

    def __init__(self) -> None:
        self._states: Mapping[str, tuple[State, datetime]] = {}

    def snapshot(self, at: datetime, found: Mapping[str, Sequence[NodeState]]) -> Snapshot:
        """Return what was ``found`` of each service, with what is remembered; what is not found is forgotten."""
        states: dict[str, tuple[State, datetime]] = {}

        def since(what: str, state: State) -> datetime:
            known = self._states.get(what)
            states[what] = known if known and known[0] == state else (state, at)
            return states[what][1]

        services = []
        for name, answers in found.items():
            nodes = [NodeHealth(it.state, since(f"{name} {it.node}", it.state), it.about) for it in answers]
            state = service_state([node.state for node in nodes])
            services.append(ServiceHealth(name, state, since(name, state), nodes))
        self._states = states
        return Snapshot(at, services)


def service_state(nodes: Sequence[State]) -> State:
    """Return the state of a service whose nodes have these."""
    if not nodes:
        return "none"
    if len(set(nodes)) == 1:
        return nodes[0]
    return "partly" if "ready" in nodes else "not ready"
