"""Whether the gateway lives, can do its work, and has file nodes."""

from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint

from gateway.database import Away, Database
from gateway.upstream import Upstream
from shared import draining
from shared.nodes import Nodes
from shared.refusals import UNAVAILABLE

_ASKED_AT_ONCE = 8


def pages(database: Database, nodes: Nodes[Upstream]) -> Blueprint:
    """Return the pages under ``/health``."""
    health = Blueprint("health", __name__, url_prefix="/health")

    @health.get("/live")
    def live() -> dict[str, str]:
        """Touches nothing."""
        return {"status": "alive"}

    @health.get("/ready")
    def ready() -> dict[str, str]:
        """Needs the database; services and nodes may come and go."""
        if draining.begun.is_set():
            raise UNAVAILABLE
        try:
            database.check()
        except Away:
            raise UNAVAILABLE from None
        return {"status": "ready"}

    @health.get("/files")
    def files() -> dict[str, int]:
        """How many file nodes are configured, and how many of them answer now."""
        current = nodes.current()
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as asked:
            answering = sum(asked.map(Upstream.answers, current))
        return {"configured": len(current), "answering": answering}

    return health
