"""One of two programs is killed under traffic: only its current requests fail, and no change is made twice."""

import http.client
import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from tests.support.client import Client
from tests.support.programs import Mortal, mortal, program
from tests.support.waiting import wait_until
from tests.system.cluster.conftest import Cluster

pytestmark = pytest.mark.slow

WRITERS = 6
BEFORE, AFTER = 40, 80
"""Requests answered before the program is killed, and at least as many after."""


@dataclass
class Traffic:
    """Several clients that add and list groups, each request at the next gateway."""

    gateways: Sequence[str]
    admin: Client
    series: int
    added: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send requests during the ``with`` block."""
        writers = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            yield
        finally:
            self.over.set()
            for writer in writers:
                writer.join(60)

    def _write(self, writer: int) -> None:
        turns = itertools.cycle(self.gateways if writer % 2 else self.gateways[::-1])
        for number in itertools.count():
            if self.over.is_set():
                return
            name = f"Group {writer}-{number}"
            body = {"name": name, "series": self.series}
            done = self._ask(next(turns), "POST", "/admin-volumes/add-group", body)
            (self.added if done else self.unsure).append(name)
            self._ask(next(turns), "GET", f"/admin-volumes/groups/{self.series}")

    def _ask(self, gateway: str, method: str, path: str, body: object = None) -> bool:
        """Send one request; on a failed connection use another gateway, as a proxy in front does."""
        others = [other for other in self.gateways if other != gateway]
        for place in (gateway, *others):
            connection = http.client.HTTPConnection(urlsplit(place).netloc, timeout=30)
            with closing(connection):
                try:
                    connection.connect()
                except OSError:
                    continue
                try:
                    status = self._sent(connection, method, path, body)
                except (OSError, http.client.HTTPException) as error:
                    self.failed.append(f"{method}: {error!r}")
                    return False
                self.answered += 1
                if status != 200:
                    self.failed.append(f"{method}: {status}")
                return status == 200
        self.failed.append(f"{method}: no gateway")
        return False

    def _sent(self, connection: http.client.HTTPConnection, method: str, path: str, body: object) -> int:
        headers = {"Cookie": f"refreshToken={self.admin.session.cookies['refreshToken']}"}
        headers["Content-Type"] = "application/json"
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def check(self) -> None:
        """Only current requests failed; acknowledged groups exist once, others at most once."""
        assert len(self.failed) <= WRITERS, self.failed
        assert not [failure for failure in self.failed if failure.startswith("GET") and "503" in failure]
        there = Counter(group["name"] for group in self.admin.get(f"/admin-volumes/groups/{self.series}"))
        assert set(there.values()) == {1}
        assert set(self.added) <= set(there) <= {*self.added, *self.unsure}


def killed(traffic: Traffic, victim: Mortal) -> None:
    with traffic.flowing():
        wait_until(lambda: traffic.answered > BEFORE)
        victim.kill()
        seen = traffic.answered
        wait_until(lambda: traffic.answered > seen + AFTER)
    traffic.check()


def test_a_killed_node_of_a_service_loses_only_what_it_had_in_hand(cluster: Cluster) -> None:
    catalogue = cluster.catalogue()
    settings = json.loads(cluster.stack.settings("gateway")["UPSTREAMS"])
    with mortal(cluster.stack, "catalog") as victim:
        settings["catalog"] = f"{cluster.stack.service_url('catalog')},{victim.address}"
        with program(cluster.stack, "gateway", UPSTREAMS=json.dumps(settings)) as gateway:
            killed(Traffic([gateway], catalogue.admin, catalogue.series()), victim)


def test_a_killed_gateway_loses_only_what_it_had_in_hand(cluster: Cluster) -> None:
    catalogue = cluster.catalogue()
    with mortal(cluster.stack, "gateway") as victim:
        gateways = [cluster.gateways[0], victim.address]
        killed(Traffic(gateways, catalogue.admin, catalogue.series()), victim)
