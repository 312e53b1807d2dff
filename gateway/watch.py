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

from gateway.database import Away, Database
from gateway.forward import Forwarder
from gateway.nodes import FILES
from gateway.upstream import Upstream
from gateway.wellbeing import Answer, Look, Memory
from shared import draining, tokens
from shared.about import PATH, About
from shared.retrying import Unanswered
from shared.running import STARTED, moment, version
from shared.tokens import ANONYMOUS, Identity, Target

SECONDS = 5
"""Between two looks, unless ``STATUS_SECONDS`` says otherwise."""
_PATIENCE = 1.0
"""How long a program may take to say how it is."""
_LOOK_SECONDS = 1.8
"""How long a look takes at most; who has not answered by then does not answer."""
_NOBODY = Identity(ANONYMOUS, "")

_log = logging.getLogger("bunko.gateway")


class Watch:
    """Looks, and keeps what it saw last."""

    def __init__(self, forwarder: Forwarder, database: Database, *, seconds: int = SECONDS) -> None:
        self._forwarder = forwarder
        self._database = database
        self._seconds = max(1, seconds)
        self._askers: dict[str, Upstream] = {}
        self._memory = Memory()
        self._last: Look | None = None
        self._looking = threading.Lock()

    def start(self) -> None:
        """Look every few seconds from now on."""
        threading.Thread(target=self._keep_looking, daemon=True, name="watch").start()

    def last(self) -> Look:
        """Return what the last look found; if there was none yet, look."""
        with self._looking:
            if self._last is None:
                self._last = self._look()
            return self._last

    def _keep_looking(self) -> None:
        while True:
            time.sleep(self._seconds)
            try:
                look = self._look()
                with self._looking:
                    self._last = look
            except Exception:
                _log.exception("a look at the programs failed")

    def _nodes(self) -> dict[str, Sequence[Upstream]]:
        """Return everybody who is asked: service -> its nodes."""
        services = {name: nodes.current() for name, nodes in self._forwarder.services.items()}
        return services | {FILES: self._forwarder.nodes.current()}

    def _look(self) -> Look:
        """Ask all at once."""
        nodes = self._nodes()
        self._askers = {node.url: self._asker(node) for service in nodes.values() for node in service}
        asked = {url: gevent.spawn(self._ask, asker) for url, asker in self._askers.items()}
        database = gevent.spawn(self._database_answers)
        everybody = [*asked.values(), database]
        gevent.joinall(everybody, timeout=_LOOK_SECONDS)
        heard = {
            service: [_answer(node, asked[node.url].value) for node in nodes[service]] for service in nodes
        }
        itself = {"gateway": [_answer_of_our_own()]}
        stored = {"database": [Answer("", "ready" if database.value else "no answer")]}
        gevent.killall(everybody, block=False)
        return self._memory.look(datetime.now(UTC), itself | heard | stored)

    def _database_answers(self) -> bool:
        try:
            self._database.check()
        except Away:
            return False
        return True

    def _asker(self, node: Upstream) -> Upstream:
        """Return a way to ask a node that has little patience, and that leaves the node's own record alone."""
        return self._askers.get(node.url) or Upstream(node.service, node.url, seconds=_PATIENCE)

    def _ask(self, asker: Upstream) -> About | None:
        """Return what a program says about itself; None where it says nothing that can be used."""
        token = self._forwarder.token(_NOBODY, Target(asker.service, "GET", PATH))
        try:
            exchange = asker.send("GET", PATH, {tokens.HEADER: token})
        except Unanswered:
            return None
        exchange.close()
        return _about(exchange.whole or b"") if exchange.status == 200 else None


def _about(said: bytes) -> About | None:
    """Return what a program said; None for what is no such document, as another version may have another."""
    try:
        about = json.loads(said)
    except ValueError:
        return None
    usable = isinstance(about, dict) and About.__annotations__.keys() <= about.keys()
    return cast("About", about) if usable else None


def _answer(node: Upstream, about: About | None) -> Answer:
    if about is None:
        return Answer(node.url, "no answer")
    return Answer(node.url, "ready" if about["ready"] else "not ready", about)


def _answer_of_our_own() -> Answer:
    ready = not draining.begun.is_set()
    about: About = {"ready": ready, "version": version(), "started": moment(STARTED), "schema": None}
    return Answer("", "ready" if ready else "not ready", about)
