"""Health of each service and node as the gateway sees it, with the time of the last change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.web.health import Health

State = Literal["ready", "partly", "not ready", "no answer", "none"]
"""A node is ready, not ready or gives no answer. A service may also be partly ready, or have no nodes (none)."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """The result of one health check of a node."""

    node: str
    """The node's base URL, which identifies it in the history."""
    state: State
    about: Health | None = None
    """The node's own report; None for the database, and for a node that does not answer."""


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """Health of one node of a service."""

    state: State
    since: datetime
    """Time at which this gateway first saw the current state."""
    about: Health | None


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """Health of a service and its nodes, in the order of configuration."""

    name: str
    state: State
    since: datetime
    nodes: Sequence[NodeHealth]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Health of all services at one moment."""

    at: datetime
    services: Sequence[ServiceHealth]

    @property
    def well(self) -> bool:
        """True if all services are ready."""
        return all(service.state == "ready" for service in self.services)


class StateHistory:
    """Keeps the time of the last state change of each service and node."""

    def __init__(self) -> None:
        self._states: Mapping[str, tuple[State, datetime]] = {}

    def snapshot(self, at: datetime, found: Mapping[str, Sequence[NodeState]]) -> Snapshot:
        """Return a snapshot of ``found`` (service -> its nodes' states) with the times of the last changes.

        Services and nodes that are not in ``found`` are dropped from the history.
        """
        states: dict[str, tuple[State, datetime]] = {}

        def since(key: str, state: State) -> datetime:
            known = self._states.get(key)
            states[key] = known if known and known[0] == state else (state, at)
            return states[key][1]

        services = []
        for name, results in found.items():
            nodes = [NodeHealth(it.state, since(f"{name} {it.node}", it.state), it.about) for it in results]
            state = service_state([node.state for node in nodes])
            services.append(ServiceHealth(name, state, since(name, state), nodes))
        self._states = states
        return Snapshot(at, services)


def service_state(nodes: Sequence[State]) -> State:
    """Return the state of a service from the states of its nodes."""
    if not nodes:
        return "none"
    if len(set(nodes)) == 1:
        return nodes[0]
    return "partly" if "ready" in nodes else "not ready"
