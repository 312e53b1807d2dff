"""Whether the gateway lives, can do its work, and has file nodes."""

from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint

from gateway.database import DatabaseUnavailable, GatewayDatabase
from gateway.proxy.upstream import Upstream
from shared import shutdown
from shared.errors import UNAVAILABLE
from shared.rpc.balancer import Balancer

_MAX_PARALLEL_CHECKS = 8


def pages(database: GatewayDatabase, nodes: Balancer[Upstream]) -> Blueprint:
    """Return the pages under ``/health``."""
    health = Blueprint("health", __name__, url_prefix="/health")

    @health.get("/live")
    def live() -> dict[str, str]:
        """Touches nothing."""
        return {"status": "alive"}

    @health.get("/ready")
    def ready() -> dict[str, str]:
        """Needs the database; services and nodes may come and go."""
        if shutdown.started.is_set():
            raise UNAVAILABLE
        try:
            database.check()
        except DatabaseUnavailable:
            raise UNAVAILABLE from None
        return {"status": "ready"}

    @health.get("/files")
    def files() -> dict[str, int]:
        """How many file nodes are configured, and how many of them answer now."""
        current = nodes.current()
        with ThreadPoolExecutor(_MAX_PARALLEL_CHECKS) as asked:
            answering = sum(asked.map(Upstream.is_alive, current))
        return {"configured": len(current), "answering": answering}

    return health
