"""The gateway's Flask application: its own pages as blueprints, and forwarding as WSGI middleware in front of them."""

from functools import partial

from flask import Flask

from gateway.admission import connection_limit, rate_limit, session, session_cookie
from gateway.admission.concurrency_limit import ConcurrencyLimit
from gateway.admission.load_shedding import LoadShedding
from gateway.admission.session_last_seen import LastSeenWriter
from gateway.admission.worker_hooks import WorkerHooks
from gateway.database import GatewayDatabase
from gateway.dispatch import Dispatcher
from gateway.forwarding import Forwarding
from gateway.http import body, cors
from gateway.pipeline import Pipeline
from gateway.proxy import relay, upstreams
from gateway.proxy.announced_uploads import Uploads
from gateway.proxy.forward import Forwarder
from gateway.site import docs, health, status
from gateway.site.openapi_document import OpenApiDocument
from gateway.site.status_poller import POLL_SECONDS, StatusPoller
from shared import settings
from shared.identity import cookie_name
from shared.observability import logs, tracing


def create_app() -> Flask:
    """Return the gateway, configured from the environment. Starts its background threads."""
    logs.to_stdout("gateway")
    tracing.start("gateway")
    limit = rate_limit.from_environment()
    database = _database(limit)
    forwarder = Forwarder(
        upstreams.services_from_environment(),
        upstreams.file_nodes_from_environment(),
        settings.mapping("CALL_KEYS"),
    )
    concurrency_limit = ConcurrencyLimit(forwarder.services)
    app = _site(database, forwarder)
    pipeline = Pipeline(
        trusted_proxies=settings.whole("TRUSTED_PROXIES", 0),
        origins=cors.from_environment(),
        rate_limit=limit,
        database=database,
        site=app.wsgi_app,
        concurrency_limit=concurrency_limit,
        cookie=session_cookie.from_environment(),
        dispatcher=_dispatcher(forwarder, database, concurrency_limit),
    )
    app.wsgi_app = Forwarding(pipeline)  # type: ignore[method-assign]  # as Flask documents it for middleware
    WorkerHooks(connection_limit.from_environment(), LoadShedding(concurrency_limit)).register(app)
    return app


def _database(limit: rate_limit.RateLimit) -> GatewayDatabase:
    statements = (*session.STATEMENTS, rate_limit.STATEMENT) if limit.per_minute else session.STATEMENTS
    return GatewayDatabase(settings.text("DATABASE_URL"), *statements)


def _site(database: GatewayDatabase, forwarder: Forwarder) -> Flask:
    """Return the application with the gateway's own pages. It raises errors; the middleware answers them."""
    poller = StatusPoller(forwarder, database, seconds=settings.whole("STATUS_SECONDS", POLL_SECONDS))
    poller.start()
    app = Flask("gateway", static_folder=None, template_folder="site/pages")
    app.config |= {"TRAP_HTTP_EXCEPTIONS": True, "PROPAGATE_EXCEPTIONS": True}
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.register_blueprint(health.blueprint(database, forwarder.file_nodes))
    app.register_blueprint(docs.blueprint(OpenApiDocument(forwarder, cookie_name.configured())))
    app.register_blueprint(status.blueprint(poller))
    return app


def _dispatcher(
    forwarder: Forwarder, database: GatewayDatabase, concurrency_limit: ConcurrencyLimit
) -> Dispatcher:
    last_seen = LastSeenWriter(database)
    last_seen.start()
    body_budget = body.from_environment()
    return Dispatcher(
        forwarder=forwarder,
        concurrency_limit=concurrency_limit,
        identify=partial(
            session.identify, key=settings.text("SESSION_KEY"), database=database, last_seen=last_seen
        ),
        body_budget=body_budget,
        uploads=Uploads(forwarder.file_nodes, body_budget),
        relays=relay.from_environment(),
    )
