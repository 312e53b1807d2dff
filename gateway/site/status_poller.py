"""Polls the health of all services in the background, and keeps the latest snapshot.

The status page shows that snapshot. It therefore responds at once while services are down, and the number of health
checks does not depend on the number of readers.
"""

import json
import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import gevent

from gateway.database import DatabaseUnavailable, GatewayDatabase
from gateway.proxy.forward import Forwarder
from gateway.proxy.upstream import Upstream
from gateway.proxy.upstreams import FILES
from gateway.site.status_model import NodeState, Snapshot, StateHistory
from shared import shutdown
from shared.build_info import moment, started, version
from shared.identity import tokens
from shared.identity.tokens import ANONYMOUS, Identity, TokenTarget
from shared.rpc.retry import NoResponse
from shared.web.health import PATH, Health

POLL_SECONDS = 5
"""Default of ``STATUS_SECONDS``, the seconds between two polls."""
_NODE_TIMEOUT = 1.0
"""Seconds that a node has to answer."""
_POLL_TIMEOUT = 1.8
"""Maximum seconds of a poll; a node that has not answered by then counts as ``no answer``."""
_ANONYMOUS = Identity(ANONYMOUS, "")

_log = logging.getLogger("bunko.gateway")


class StatusPoller:
    """Polls every ``seconds``, and keeps the latest snapshot."""

    def __init__(
        self, forwarder: Forwarder, database: GatewayDatabase, *, seconds: int = POLL_SECONDS
    ) -> None:
        self._forwarder = forwarder
        self._database = database
        self._seconds = max(1, seconds)
        self._clients: dict[str, Upstream] = {}
        self._history = StateHistory()
        self._latest: Snapshot | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start to poll in a thread."""
        threading.Thread(target=self._run, daemon=True, name="status-poller").start()

    def latest(self) -> Snapshot:
        """Return the latest snapshot; polls if there is none yet."""
        with self._lock:
            if self._latest is None:
                self._latest = self._poll()
            return self._latest

    def _run(self) -> None:
        while True:
            time.sleep(self._seconds)
            try:
                snapshot = self._poll()
                with self._lock:
                    self._latest = snapshot
            except Exception:
                _log.exception("a poll of the services failed")

    def _nodes(self) -> dict[str, Sequence[Upstream]]:
        """Return service -> its nodes, with the file nodes."""
        services = {name: nodes.current() for name, nodes in self._forwarder.services.items()}
        return services | {FILES: self._forwarder.file_nodes.current()}

    def _poll(self) -> Snapshot:
        """Check all nodes and the database concurrently, and return the snapshot."""
        nodes = self._nodes()
        self._clients = {node.url: self._client(node) for service in nodes.values() for node in service}
        checks = {url: gevent.spawn(self._request_health, client) for url, client in self._clients.items()}
        database = gevent.spawn(self._database_is_up)
        greenlets = [*checks.values(), database]
        gevent.joinall(greenlets, timeout=_POLL_TIMEOUT)
        by_service = {
            service: [_node_state(node, checks[node.url].value) for node in nodes[service]]
            for service in nodes
        }
        itself = {"gateway": [_own_state()]}
        stored = {"database": [NodeState("", "ready" if database.value else "no answer")]}
        gevent.killall(greenlets, block=False)
        return self._history.snapshot(datetime.now(UTC), itself | by_service | stored)

    def _database_is_up(self) -> bool:
        try:
            self._database.check()
        except DatabaseUnavailable:
            return False
        return True

    def _client(self, node: Upstream) -> Upstream:
        """Return a client of a node with a short time-out.

        It is separate from the balancer's, so that health checks do not change that one's counts of failures.
        """
        return self._clients.get(node.url) or Upstream(node.service, node.url, seconds=_NODE_TIMEOUT)

    def _request_health(self, client: Upstream) -> Health | None:
        """Return a node's health report; None where it sends none or an invalid one."""
        token = self._forwarder.token(_ANONYMOUS, TokenTarget(client.service, "GET", PATH))
        try:
            response = client.send("GET", PATH, {tokens.HEADER: token})
        except NoResponse:
            return None
        response.close()
        return _parsed(response.content or b"") if response.status == 200 else None


def _parsed(content: bytes) -> Health | None:
    """Return the parsed report; None where it is not a health document of this version."""
    try:
        about = json.loads(content)
    except ValueError:
        return None
    usable = isinstance(about, dict) and Health.__annotations__.keys() <= about.keys()
    return cast("Health", about) if usable else None


def _node_state(node: Upstream, about: Health | None) -> NodeState:
    if about is None:
        return NodeState(node.url, "no answer")
    return NodeState(node.url, "ready" if about["ready"] else "not ready", about)


def _own_state() -> NodeState:
    ready = not shutdown.started.is_set()
    about: Health = {"ready": ready, "version": version(), "started": moment(started()), "schema": None}
    return NodeState("", "ready" if ready else "not ready", about)
