"""Two gateways and two nodes of each service behave as one."""

import itertools
import random
import secrets
from collections import Counter
from functools import partial

import pytest

from tests.load.soak import revocation, rotation
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.pictures import base64_of, noise, opened
from tests.support.waiting import wait_until
from tests.system.cluster.conftest import Cluster

pytestmark = pytest.mark.slow

FAILURES = 10
"""Failed logins allowed for a name and an address in a quarter of an hour."""


def test_every_node_of_every_service_is_asked(cluster: Cluster) -> None:
    nodes = [f"{service}{number}" for service in ("catalog", "media", "users") for number in ("", "-2")]
    programs = {*nodes, "file-1", "file-2", "gateway"}
    assert set(cluster.stack.pids) == {*programs, "postgres"}
    assert {path.stem for path in (cluster.stack.configuration.state / "run").glob("*.env")} == programs

    def answered() -> Counter[str]:
        return Counter({node: cluster.log.count(node, '"GET"') for node in nodes})

    before = answered()
    for admin in cluster.admins():
        for path in ("/admin-series?client=1", "/media", "/auth/me") * 2:
            admin.get(path)
    wait_until(lambda: all(answered()[node] >= before[node] + 2 for node in nodes))


def test_what_is_taken_away_counts_at_once_at_both(cluster: Cluster) -> None:
    admin = cluster.admins()[0]
    assert revocation.trials(cluster.gateways, admin, len(revocation.WAYS)) == []


def test_refreshes_at_once_make_one_successor_and_log_nobody_out(cluster: Cluster) -> None:
    assert rotation.rounds(cluster.stack, cluster.gateways, 1) == []


def test_failed_logins_are_counted_exactly_however_they_are_spread(cluster: Cluster) -> None:
    name = Client(cluster.gateways[0]).register(f"member-{secrets.token_hex(6)}").user["username"]
    address = "203.0.113.77"

    def fail(gateway: str) -> int:
        body = {"username": name, "password": "wrong horse"}
        return Client(gateway, address=address).ask("POST", "/auth/login", json=body).status_code

    gateways = itertools.islice(itertools.cycle(cluster.gateways), FAILURES + 4)
    statuses = at_once([partial(fail, gateway) for gateway in gateways])
    assert Counter(statuses) == {401: FAILURES, 429: 4}


def test_of_two_who_ask_for_a_lock_at_once_one_gets_it(cluster: Cluster) -> None:
    first, _ = cluster.admins()
    other = Client(cluster.gateways[1]).register(f"editor-{secrets.token_hex(6)}")
    editor = next(role["id"] for role in first.get("/admin-roles") if role["name"] == "Editor")
    first.post(f"/admin-users/edit/{other.user['id']}", username=other.user["username"], added_roles=[editor])
    for _ in range(5):
        thing = {"route": "volume", "id": secrets.randbelow(2**52) + 1}
        asked = at_once([partial(who.ask, "POST", "/admin/lock", json=thing) for who in (first, other)])
        assert sorted(answer.status_code for answer in asked) == [200, 409]


def test_of_two_orders_at_once_one_holds(cluster: Cluster) -> None:
    admins, catalogue = cluster.admins(), cluster.catalogue()
    series = catalogue.series()
    groups = [catalogue.group(series) for _ in range(8)]
    for seed in range(4):
        orders = [random.Random(seed * 2 + number).sample(groups, len(groups)) for number in range(2)]
        answers = at_once(
            [
                partial(admin.ask, "POST", "/admin-volumes/reorder-groups", json={"order": order})
                for admin, order in zip(admins, orders, strict=True)
            ]
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        shown = admins[0].get(f"/admin-volumes/groups/{series}")
        assert [group["series_order"] for group in shown] == list(range(len(groups)))
        assert [group["id"] for group in shown] in orders


def test_what_is_written_over_one_gateway_is_read_over_the_other_from_every_node(cluster: Cluster) -> None:
    """No program caches data that another may change."""
    first, second = cluster.admins()
    catalogue = Catalogue(first)
    series = catalogue.series("Before")
    group = catalogue.group(series)
    volume = catalogue.volume(group)
    for number in range(3):
        name = f"After {number}"
        writer, reader = (first, second) if number % 2 else (second, first)
        writer.post(f"/admin-series/edit/{series}", name=name)
        writer.post(f"/admin-volumes/edit-volume/{volume}", name=name)
        writer.post(f"/users/{first.user['id']}/save-settings", theme=name)
        for _ in range(3):
            (listed,) = reader.get("/admin-series", client=catalogue.client)["series"]
            (shown,) = reader.get("/admin-volumes", client=catalogue.client)["groups"]
            assert listed["name"] == name
            assert [each["name"] for each in shown["volumes"]] == [name]
            assert reader.get("/auth/me")["user"]["settings"]["theme"] == name


def test_a_cover_uploaded_over_one_gateway_is_served_over_the_other_by_every_node(cluster: Cluster) -> None:
    admins, catalogue = cluster.admins(), cluster.catalogue()
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    for number, writer in enumerate(admins):
        width = 60 + number
        image = base64_of(noise(width, 90))
        writer.post(f"/admin-volumes/update-image/{volume}/front", image=image)
        key = str(writer.get(f"/admin-volumes/id/{volume}")["cover_path"]).partition("/")[0]
        for reader in admins * 2:
            shown = reader.ask("GET", f"/volumes/cover/{volume}/front/high", params={"hash": key})
            assert opened(shown.content).width == width


def test_both_gateways_describe_the_same_routes(cluster: Cluster) -> None:
    documents = [Client(gateway).get("/openapi.json") for gateway in cluster.gateways]
    assert documents[0] == documents[1]
