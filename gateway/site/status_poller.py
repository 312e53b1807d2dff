"""Looking after the programs: the gateway asks each how it is, every few seconds, and keeps what it heard.

Who wants to know is told what the last look found. So nobody waits, however broken things are, and no service is
asked more often for a thousand readers than for one.
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
"""Between two looks, unless ``STATUS_SECONDS`` says otherwise."""
_NODE_TIMEOUT = 1.0
"""How long a program may take to say how it is."""
_POLL_TIMEOUT = 1.8
"""How long a look takes at most; who has not answered by then does not answer."""
_ANONYMOUS = Identity(ANONYMOUS, "")

_log = logging.getLogger("bunko.gateway")


class StatusPoller:
    """Looks, and keeps what it saw last."""

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
        """Look every few seconds from now on."""
        threading.Thread(target=self._run, daemon=True, name="watch").start()

    def latest(self) -> Snapshot:
        """Return what the last look found; if there was none yet, look."""
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
                _log.exception("a look at the programs failed")

    def _nodes(self) -> dict[str, Sequence[Upstream]]:
        """Return everybody who is asked: service -> its nodes."""
        services = {name: nodes.current() for name, nodes in self._forwarder.services.items()}
        return services | {FILES: self._forwarder.file_nodes.current()}

    def _poll(self) -> Snapshot:
        """Ask all at once."""
        nodes = self._nodes()
        self._clients = {node.url: self._client(node) for service in nodes.values() for node in service}
        asked = {url: gevent.spawn(self._request_health, asker) for url, asker in self._clients.items()}
        database = gevent.spawn(self._database_is_up)
        everybody = [*asked.values(), database]
        gevent.joinall(everybody, timeout=_POLL_TIMEOUT)
        heard = {
            service: [_node_state(node, asked[node.url].value) for node in nodes[service]]
            for service in nodes
        }
        itself = {"gateway": [_own_state()]}
        stored = {"database": [NodeState("", "ready" if database.value else "no answer")]}
        gevent.killall(everybody, block=False)
        return self._history.snapshot(datetime.now(UTC), itself | heard | stored)

    def _database_is_up(self) -> bool:
        try:
            self._database.check()
        except DatabaseUnavailable:
            return False
        return True

    def _client(self, node: Upstream) -> Upstream:
        """Return a way to ask a node that has little patience, and that leaves the node's own record alone."""
        return self._clients.get(node.url) or Upstream(node.service, node.url, seconds=_NODE_TIMEOUT)

    def _request_health(self, asker: Upstream) -> Health | None:
        """Return what a program says about itself; None where it says nothing that can be used."""
        token = self._forwarder.token(_ANONYMOUS, TokenTarget(asker.service, "GET", PATH))
        try:
            response = asker.send("GET", PATH, {tokens.HEADER: token})
        except NoResponse:
            return None
        response.close()
        return _parsed(response.content or b"") if response.status == 200 else None


def _parsed(said: bytes) -> Health | None:
    """Return what a program said; None for what is no such document, as another version may have another."""
    try:
        about = json.loads(said)
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
