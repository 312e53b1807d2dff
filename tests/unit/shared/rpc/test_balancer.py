"""The load balancer: choice of the next node, ejection, and return."""

from functools import partial
from pathlib import Path

import pytest

from gateway.proxy.upstream import Upstream
from gateway.proxy.upstreams import of_files
from shared.rpc import dns_discovery as discovery_module
from shared.rpc.balancer import EJECT_AFTER, Balancer
from shared.rpc.dns_discovery import DnsDiscovery
from tests.support.waiting import wait_until

A, B, C = "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"


@pytest.fixture(autouse=True)
def _only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No probes: the tests trigger them."""
    monkeypatch.setattr(Balancer, "_start_probing", lambda _: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "nodes"


@pytest.fixture
def nodes(file: Path) -> Balancer[Upstream]:
    file.write_text(f"{A}\n{B}/\n\n{C}\n{A}\n")
    return of_files(file)


def picked(nodes: Balancer[Upstream]) -> str | None:
    upstream = nodes.choose()
    return upstream.url if upstream else None


def miss(nodes: Balancer[Upstream], url: str, times: int = EJECT_AFTER) -> None:
    for _ in range(times):
        nodes.record_failure(next(node for node in nodes.current() if node.url == url))


def test_the_file_names_each_node_once(nodes: Balancer[Upstream]) -> None:
    assert [node.url for node in nodes.current()] == [A, B, C]


def test_idle_nodes_take_turns(nodes: Balancer[Upstream]) -> None:
    assert sorted(str(picked(nodes)) for _ in range(9)) == [A] * 3 + [B] * 3 + [C] * 3


def test_the_node_with_the_fewest_requests_under_way_is_next(nodes: Balancer[Upstream]) -> None:
    for node, outstanding in zip(nodes.current(), (2, 1, 3), strict=True):
        node.outstanding = outstanding
    assert {picked(nodes) for _ in range(4)} == {B}


def test_a_node_is_out_after_three_failures_in_a_row_and_no_sooner(nodes: Balancer[Upstream]) -> None:
    miss(nodes, A, 2)
    nodes.current()[0].failures = 0
    miss(nodes, A, 2)
    assert A in {picked(nodes) for _ in range(9)}
    miss(nodes, A, 1)
    assert {picked(nodes) for _ in range(9)} == {B, C}


def test_a_node_that_was_tried_is_not_picked_again(nodes: Balancer[Upstream]) -> None:
    first = nodes.choose()
    assert first is not None
    assert {getattr(nodes.choose((first,)), "url", None) for _ in range(9)} == {A, B, C} - {first.url}


def test_with_every_node_out_none_is_picked(nodes: Balancer[Upstream]) -> None:
    for url in (A, B, C):
        miss(nodes, url)
    assert picked(nodes) is None


def test_with_every_node_out_one_is_picked_all_the_same_where_there_is_nobody_else(
    nodes: Balancer[Upstream],
) -> None:
    for url in (A, B, C):
        miss(nodes, url)
    found = {node.url for _ in range(9) if (node := nodes.choose(allow_ejected=True))}
    assert found == {A, B, C}
    assert nodes.choose(nodes.current(), allow_ejected=True) is None
    nodes.current()[1].failures = 0
    assert {nodes.choose(allow_ejected=True) for _ in range(9)} == {nodes.current()[1]}


def test_a_probe_brings_back_those_that_answer(
    nodes: Balancer[Upstream], monkeypatch: pytest.MonkeyPatch
) -> None:
    miss(nodes, A)
    miss(nodes, B)
    monkeypatch.setattr(Upstream, "is_alive", lambda node: node.url == A)
    assert nodes.probe()
    assert {picked(nodes) for _ in range(9)} == {A, C}
    monkeypatch.setattr(Upstream, "is_alive", lambda _: True)
    assert not nodes.probe()
    assert {picked(nodes) for _ in range(9)} == {A, B, C}


def test_a_changed_file_counts_at_once_and_known_nodes_keep_their_record(
    nodes: Balancer[Upstream], file: Path
) -> None:
    miss(nodes, A)
    file.write_text(f"{A}\n{B}\n")
    assert {picked(nodes) for _ in range(4)} == {B}
    replacement = file.with_suffix(".new")
    replacement.write_text(f"{C}\n{A}\n")
    replacement.replace(file)
    assert {picked(nodes) for _ in range(4)} == {C}


def test_nodes_that_are_discovered_come_and_go_beside_those_in_the_file(tmp_path: Path) -> None:
    found = ["127.0.0.1"]
    discovery = DnsDiscovery("files:2", lookup=lambda _name, _port: found)
    discovery.refresh()
    nodes = of_files(tmp_path / "none", discovery)
    assert picked(nodes) == B
    (tmp_path / "none").write_text(f"{A}\n{B}\n")
    assert {picked(nodes) for _ in range(4)} == {A, B}
    found[:] = ["127.0.0.7"]
    discovery.refresh()
    (tmp_path / "none").unlink()
    assert picked(nodes) == "http://127.0.0.7:2"


def test_every_address_of_a_name_is_a_node() -> None:
    answers = [["10.0.0.2", "10.0.0.1", "10.0.0.2", "fd00::1"], ["10.0.0.3"]]
    discovery = DnsDiscovery("files.bunko:8010", lookup=lambda _name, _port: answers.pop(0))
    discovery.refresh()
    assert list(discovery.urls) == ["http://10.0.0.1:8010", "http://10.0.0.2:8010", "http://[fd00::1]:8010"]
    discovery.refresh()
    assert list(discovery.urls) == ["http://10.0.0.3:8010"]


def test_a_name_that_cannot_be_resolved_changes_nothing() -> None:
    discovery = DnsDiscovery("localhost:8010")
    discovery.refresh()
    before = discovery.urls
    assert any(url in before for url in ("http://127.0.0.1:8010", "http://[::1]:8010"))

    def fails(name: str, port: int) -> list[str]:
        raise OSError("no such name")

    discovery._lookup = fails
    discovery.refresh()
    assert discovery.urls == before


@pytest.mark.parametrize("place", ["", "files", "files:", ":80", "files:http"])
def test_a_place_is_a_name_and_a_port(place: str) -> None:
    with pytest.raises(ValueError, match=place or "^$"):
        DnsDiscovery(place)


def test_no_file_is_no_nodes_until_there_is_one(tmp_path: Path) -> None:
    nodes = of_files(tmp_path / "later")
    assert picked(nodes) is None
    (tmp_path / "later").write_text(A)
    assert picked(nodes) == A
    (tmp_path / "later").unlink()
    assert picked(nodes) is None


def test_a_miss_has_the_name_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery_module, "REFRESH_SECONDS", 3600.0)
    found = ["127.0.0.1"]
    discovery = DnsDiscovery("files:2", lookup=lambda _name, _port: list(found))
    discovery.start()
    nodes = Balancer(
        partial(Upstream, "files", seconds=1), lambda: discovery.urls, discovery.refresh_soon, service="files"
    )
    found[:] = ["127.0.0.7"]
    assert picked(nodes) == "http://127.0.0.1:2"
    nodes.record_failure(nodes.current()[0])
    wait_until(lambda: picked(nodes) == "http://127.0.0.7:2")
