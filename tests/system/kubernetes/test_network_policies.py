"""Network policies of a cluster: exactly the programs that call each other may connect."""

from collections.abc import Sequence

from deploy.installation.keys import CALLS
from deploy.running.programs import FOLDERS
from tests.system.kubernetes.conftest import Resource, of_kind, pods, selects

PORT = 8000
_DATABASE, _S3, _DNS, _METRICS = 5432, 443, 53, 9100


def _policies(resources: Sequence[Resource], labels: dict[str, str], direction: str) -> list[Resource]:
    """Return the policies that apply to a pod in a direction."""
    return [
        policy["spec"]
        for policy in of_kind(resources, "NetworkPolicy")
        if selects(policy["spec"]["podSelector"], labels) and direction in policy["spec"]["policyTypes"]
    ]


def _may(
    resources: Sequence[Resource], one: dict[str, str], other: dict[str, str], port: int, *, direction: str
) -> bool:
    """Return whether the policies of ``one`` allow traffic with a pod of the same namespace."""
    side = "from" if direction == "Ingress" else "to"
    return any(
        port in [each["port"] for each in rule.get("ports", ())]
        and any(
            "podSelector" in peer and "namespaceSelector" not in peer and selects(peer["podSelector"], other)
            for peer in rule[side]
        )
        for policy in _policies(resources, one, direction)
        for rule in policy.get(direction.lower(), ())
    )


def test_every_pod_is_shut_off_unless_something_is_said(resources: Sequence[Resource]) -> None:
    for pod in pods(resources).values():
        for direction in ("Ingress", "Egress"):
            assert _policies(resources, pod["metadata"]["labels"], direction)
    (nobody,) = [each for each in of_kind(resources, "NetworkPolicy") if each["metadata"]["name"] == "nobody"]
    assert nobody["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_those_who_hold_a_key_for_a_call_may_make_it_and_nobody_else(resources: Sequence[Resource]) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(resources).items()}
    calls = {(FOLDERS[caller], FOLDERS[callee]) for caller, callee in CALLS}
    pairs = [(caller, callee) for caller in labels for callee in labels]
    may_ask = {
        (caller, callee)
        for caller, callee in pairs
        if _may(resources, labels[caller], labels[callee], PORT, direction="Egress")
    }
    may_be_asked = {
        (caller, callee)
        for caller, callee in pairs
        if _may(resources, labels[callee], labels[caller], PORT, direction="Ingress")
    }
    assert may_ask == may_be_asked == calls


def test_only_the_ingress_controller_and_prometheus_come_in_from_elsewhere(
    resources: Sequence[Resource],
) -> None:
    found = set()
    for name, pod in pods(resources).items():
        for policy in _policies(resources, pod["metadata"]["labels"], "Ingress"):
            for rule in policy.get("ingress", ()):
                for peer in rule["from"]:
                    if "namespaceSelector" in peer:
                        (who,) = peer["namespaceSelector"]["matchLabels"].values()
                        found |= {(name, who, each["port"]) for each in rule["ports"]}
    everybody = {(name, "monitoring", _METRICS) for name in pods(resources) if name in FOLDERS.values()}
    assert found - everybody == {("gateway", "ingress-nginx", PORT)}
    assert everybody <= found


def test_what_lies_outside_is_reached_by_those_who_need_it(resources: Sequence[Resource]) -> None:
    found = set()
    for name, pod in pods(resources).items():
        for policy in _policies(resources, pod["metadata"]["labels"], "Egress"):
            for rule in policy.get("egress", ()):
                outside = [peer for peer in rule["to"] if "ipBlock" in peer or "namespaceSelector" in peer]
                found |= {(name, each["port"]) for _ in outside for each in rule["ports"]}
    with_database = {"gateway", "catalog-service", "media-service", "user-service", "prepare"}
    assert found == {
        *((name, _DNS) for name in pods(resources)),
        *((name, _DATABASE) for name in with_database),
        ("file-service", _S3),
    }
