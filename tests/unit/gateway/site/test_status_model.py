"""States of services and nodes, the times of their changes, and their presentation."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.site.status import ago
from gateway.site.status_model import NodeState, State, StateHistory, service_state

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nodes", "service"),
    [
        ([], "none"),
        (["ready"], "ready"),
        (["ready", "ready"], "ready"),
        (["ready", "no answer"], "partly"),
        (["not ready", "ready"], "partly"),
        (["no answer", "no answer"], "no answer"),
        (["no answer", "not ready"], "not ready"),
    ],
)
def test_a_service_is_what_its_nodes_are_together(nodes: list[State], service: State) -> None:
    assert service_state(nodes) == service


def test_a_state_lasts_until_it_is_another() -> None:
    memory = StateHistory()

    def look(minute: int, state: State) -> int:
        (service,) = memory.snapshot(
            NOON + timedelta(minutes=minute), {"media": [NodeState("a", state)]}
        ).services
        assert service.since == service.nodes[0].since
        return service.since.minute

    seen = [(0, "ready"), (1, "ready"), (2, "no answer"), (3, "no answer"), (4, "ready")]
    assert [look(minute, state) for minute, state in seen] == [0, 0, 2, 2, 4]  # type: ignore[arg-type]


def test_a_node_of_the_same_service_changes_nothing_for_another() -> None:
    memory = StateHistory()
    memory.snapshot(NOON, {"files": [NodeState("a", "ready"), NodeState("b", "ready")]})
    later = memory.snapshot(
        NOON + timedelta(hours=1), {"files": [NodeState("a", "ready"), NodeState("b", "no answer")]}
    )
    assert [node.since.hour for node in later.services[0].nodes] == [12, 13]
    assert later.services[0].since.hour == 13
    assert not later.well


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min 59 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (90_061, "1 d 1 h"),
        (100 * 86_400, "100 d"),
        (-5, "0 s"),
    ],
)
def test_how_long_ago(seconds: int, text: str) -> None:
    assert ago(NOON - timedelta(seconds=seconds), NOON) == text
    assert ago((NOON - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"), NOON) == text
