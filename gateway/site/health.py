"""Health pages: liveness, readiness, and the number of file nodes."""

from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint

from gateway.database import DatabaseUnavailable, GatewayDatabase
from gateway.proxy.upstream import Upstream
from shared import shutdown
from shared.errors import UNAVAILABLE
from shared.rpc.balancer import Balancer

_MAX_PARALLEL_CHECKS = 8


def blueprint(database: GatewayDatabase, nodes: Balancer[Upstream]) -> Blueprint:
    """Return the blueprint of ``/health``."""
    health = Blueprint("health", __name__, url_prefix="/health")

    @health.get("/live")
    def live() -> dict[str, str]:
        """Report that the process answers requests."""
        return {"status": "alive"}

    @health.get("/ready")
    def ready() -> dict[str, str]:
        """Report whether the gateway can serve: it needs the database, and neither services nor file nodes.

        Raises 503 where it cannot, and during shutdown.
        """
        if shutdown.started.is_set():
            raise UNAVAILABLE
        try:
            database.check()
        except DatabaseUnavailable:
            raise UNAVAILABLE from None
        return {"status": "ready"}

    @health.get("/files")
    def files() -> dict[str, int]:
        """Report how many file nodes are configured, and how many answer."""
        current = nodes.current()
        with ThreadPoolExecutor(_MAX_PARALLEL_CHECKS) as executor:
            answering = sum(executor.map(Upstream.is_alive, current))
        return {"configured": len(current), "answering": answering}

    return health
