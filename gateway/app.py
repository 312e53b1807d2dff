"""The gateway's application: what happens to every request, in order.

Address, limit, origin, then either a page of its own or: place, cookie, body, session, forward.

Only the pages of its own are Flask's. For what is forwarded, its contexts and its objects for request and response
would cost a quarter of all the gateway does, and hold nothing that is needed.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway.admission import connection_limit, rate_limit, refusal_metrics, session, session_cookie
from gateway.admission.client_ip import client_address
from gateway.admission.concurrency_limit import LIMIT_REACHED, ConcurrencyLimit
from gateway.admission.connection_limit import ConnectionLimit
from gateway.admission.load_shedding import LoadShedding
from gateway.admission.rate_limit import RateLimit
from gateway.admission.session_cookie import SessionCookie
from gateway.admission.session_last_seen import LastSeenWriter
from gateway.database import DatabaseUnavailable, GatewayDatabase
from gateway.http import body, cors, request_target, route_table
from gateway.http.body import Body, BodyBudget
from gateway.http.cors import Origins
from gateway.http.headers import check_lengths, request_headers, response_headers
from gateway.http.request_context import RequestContext
from gateway.http.request_target import RequestTarget
from gateway.http.response import OWN_PAGES, WsgiResponse, error_response
from gateway.http.route_table import Route
from gateway.proxy import relay, upstreams
from gateway.proxy.announced_uploads import Uploads
from gateway.proxy.forward import Forwarder, UpstreamRequest
from gateway.proxy.relay import Relays
from gateway.proxy.upstream import Upstream, UpstreamResponse
from gateway.site import docs, health, status
from gateway.site.openapi_document import OpenApiDocument
from gateway.site.status_poller import POLL_SECONDS, StatusPoller
from shared import settings
from shared.errors import FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND, UNAVAILABLE, Refusal
from shared.files import upload_announcement
from shared.identity import cookie_name
from shared.identity.tokens import Identity
from shared.observability import logs, server_timing, tracing
from shared.rpc import endpoints
from shared.rpc.dns_discovery import DnsDiscovery

_log = logging.getLogger("bunko.gateway")

TIMING_PERMISSION = "edit-users"
"""The permission, which administrators have, by which one learns how long each part of an answer took."""
_UNCOUNTED = "health"
"""Whose pages are not counted: programs ask for them all the time, and nothing of a request is parsed for them."""
_STATUS = "status"
_UNTRACED = ("/health/", "/status")


@dataclass(frozen=True, slots=True)
class Gateway:
    """The WSGI application: what a request passes, set up once from the environment."""

    database: GatewayDatabase
    forwarder: Forwarder
    concurrency_limit: ConcurrencyLimit
    load_shedding: LoadShedding
    connections: ConnectionLimit
    cookie: SessionCookie
    origins: Origins
    rate_limit: RateLimit
    session_key: str
    last_seen: LastSeenWriter
    trusted_proxies: int
    body_budget: BodyBudget
    relays: Relays
    uploads: Uploads
    pages: Flask
    """The gateway's own; what they refuse is put into words here."""

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        """Answer one request."""
        sent = str(environ["PATH_INFO"]).encode("latin-1").decode(errors="replace")
        context = RequestContext(environ, logs.begin(environ.get("HTTP_X_REQUEST_ID", "")), sent)
        if tracing.is_on() and not sent.startswith(_UNTRACED):
            context.span = tracing.begin(self._parent(context), **{"bunko.request_id": context.request_id})
        response = self._respond(context)
        response.finish(context, self.origins)
        response.on_close.append(logs.end)
        return response.start(start_response)

    def _parent(self, context: RequestContext) -> str:
        """Return the span that a request belongs to already: who is believed about addresses is so about this."""
        return context.header("HTTP_TRACEPARENT") if self.trusted_proxies else ""

    def _respond(self, context: RequestContext) -> WsgiResponse:
        try:
            return self._admit(context)
        except DatabaseUnavailable:
            refusal_metrics.NO_DATABASE.inc()
            return error_response(UNAVAILABLE)
        except Refusal as refusal:
            worded = refusal
        except HTTPException as error:
            worded = _error_of(error)
        except Exception:
            _log.exception("a request could not be answered")
            worded = Refusal(500, "Internal Server Error")
        refusal_metrics.count(worded)
        return error_response(worded)

    def _admit(self, context: RequestContext) -> WsgiResponse:
        """Refuse what may not enter; answer a browser that only asks whether it may; pass on the rest."""
        target = request_target.parse(str(context.environ["RAW_URI"]))
        context.path = target.path
        client = client_address(
            context.header("REMOTE_ADDR"), context.header("HTTP_X_FORWARDED_FOR"), self.trusted_proxies
        )
        check_lengths(context.environ)
        if context.is_preflight:
            return self._preflight(context.origin)
        self._count(target.segments[0], client)
        site, host = context.header("HTTP_SEC_FETCH_SITE"), context.header("HTTP_HOST")
        if self.origins.forbids(context.method, site=site, origin=context.origin, host=host):
            raise FORBIDDEN
        route = route_table.find_route(target.segments)
        if route:
            context.route = route.prefix
        return self._forward(context, target, client, route) if route else self._page(context)

    def _count(self, first_segment: str, client: str) -> None:
        """Count the request; the status page is shown without a database too, as it says that there is none."""
        if first_segment == _UNCOUNTED:
            return
        try:
            self.rate_limit.count(client, self.database)
        except DatabaseUnavailable:
            if first_segment != _STATUS:
                raise

    def _preflight(self, origin: str) -> WsgiResponse:
        if origin not in self.origins.allowed:
            raise FORBIDDEN
        return WsgiResponse(204, list(self.origins.preflight_headers().items()), ())

    def _page(self, context: RequestContext) -> WsgiResponse:
        """Answer with a page of our own."""
        response = Response.from_app(self.pages, dict(context.environ))
        context.route = OWN_PAGES
        return WsgiResponse(
            response.status_code, list(response.headers), response.iter_encoded(), [response.close]
        )

    def _forward(
        self, context: RequestContext, target: RequestTarget, client: str, route: Route
    ) -> WsgiResponse:
        """Pass the request on to whom its prefix names."""
        if self.concurrency_limit.is_reached(route):
            raise LIMIT_REACHED
        cookies = [] if route.public else self.cookie.read(context.header("HTTP_COOKIE"))
        if len(cookies) > 1:
            return self._several(context, target)

        def ask(received: Body | None, step: str, node: Upstream | None) -> UpstreamResponse:
            with self.concurrency_limit.slot(route):
                # Only now: a logout while the body was coming in must count.
                identity = self._identify(cookies[0] if cookies else None, client)
                headers = _request_headers(context, identity) | (
                    {upload_announcement.HEADER: step} if step else {}
                )
                call = UpstreamRequest(
                    context.method, target, headers, received, identity, context.request_id, node
                )
                response = self.forwarder.forward(call, route)
            context.upstream = response.upstream.url
            context.work = _server_timing(response)
            return response

        if route.on_file_nodes and context.method == "POST" and body.is_large(context.environ):
            return self._answered(self.uploads.send(context, ask), context)
        with self.body_budget.receive(context.environ) as received:
            return self._answered(ask(received, "", None), context)

    def _answered(self, response: UpstreamResponse, context: RequestContext) -> WsgiResponse:
        """Return an upstream's answer as the client gets it."""
        headers = list(response_headers(response.headers, response.upstream.service))
        if response.content is None:
            sent = self.relays.begin(response, context.environ["gunicorn.socket"])
            return WsgiResponse(response.status, headers, sent.pieces(), [sent.close])
        response.close()
        return WsgiResponse(response.status, headers, [response.content])

    def _several(self, context: RequestContext, target: RequestTarget) -> WsgiResponse:
        """Refuse several session cookies, and have the browser forget those that it can be made to."""
        response = error_response(self.cookie.several)
        forgotten = self.cookie.forgotten(context.header("HTTP_HOST"), context.route, target.path)
        response.headers += [("Set-Cookie", each) for each in forgotten]
        refusal_metrics.count(self.cookie.several)
        return response

    def _identify(self, token: str | None, client: str) -> Identity:
        return session.identify(
            token, client, key=self.session_key, database=self.database, last_seen=self.last_seen
        )


def create() -> Gateway:
    """Return the application, set up from the environment."""
    logs.to_stdout("gateway")
    tracing.start("gateway")
    limit = rate_limit.from_environment()
    questions = (*session.STATEMENTS, rate_limit.STATEMENT) if limit.per_minute else session.STATEMENTS
    database = GatewayDatabase(settings.text("DATABASE_URL"), *questions)
    last_seen = LastSeenWriter(database)
    last_seen.start()
    forwarder = _forwarder()
    poller = StatusPoller(forwarder, database, seconds=settings.whole("STATUS_SECONDS", POLL_SECONDS))
    poller.start()
    concurrency_limit, bodies = ConcurrencyLimit(forwarder.services), body.from_environment()
    return Gateway(
        database=database,
        forwarder=forwarder,
        concurrency_limit=concurrency_limit,
        load_shedding=LoadShedding(concurrency_limit),
        connections=connection_limit.configured(),
        cookie=session_cookie.configured(),
        origins=cors.from_environment(),
        rate_limit=limit,
        session_key=settings.text("SESSION_KEY"),
        last_seen=last_seen,
        trusted_proxies=settings.whole("TRUSTED_PROXIES", 0),
        body_budget=bodies,
        uploads=Uploads(forwarder.file_nodes, bodies),
        relays=relay.configured(),
        pages=_pages(database, forwarder, poller),
    )


def _pages(database: GatewayDatabase, forwarder: Forwarder, poller: StatusPoller) -> Flask:
    """Return the gateway's own pages, whose refusals and errors are raised."""
    app = Flask("gateway", static_folder=None, template_folder="site/pages")
    app.config |= {"TRAP_HTTP_EXCEPTIONS": True, "PROPAGATE_EXCEPTIONS": True}
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.register_blueprint(health.pages(database, forwarder.file_nodes))
    app.register_blueprint(docs.pages(OpenApiDocument(forwarder, cookie_name.configured())))
    app.register_blueprint(status.pages(poller))
    return app


def _forwarder() -> Forwarder:
    """Return the programs behind the gateway, as the environment describes them."""
    services = upstreams.of_services(
        endpoints.from_environment(), seconds=settings.whole("SERVICE_SECONDS", upstreams.SERVICE_SECONDS)
    )
    files = upstreams.of_files(
        Path(settings.text("FILE_NODES_FILE")),
        _discovery(),
        seconds=settings.whole("NODE_SECONDS", upstreams.NODE_SECONDS),
    )
    return Forwarder(services, files, settings.mapping("CALL_KEYS"))


def _discovery() -> DnsDiscovery | None:
    """Return how to learn which nodes there are beside those in the file: none without ``FILE_NODES_DNS``."""
    place = settings.text("FILE_NODES_DNS", "none")
    if place == "none":
        return None
    try:
        discovery = DnsDiscovery(place)
    except ValueError:
        raise settings.Unusable(
            f"FILE_NODES_DNS must be a name and a port, name:port, not {place!r}."
        ) from None
    discovery.start()
    return discovery


def _request_headers(context: RequestContext, identity: Identity) -> dict[str, str]:
    """Return the headers that the program is told, and note who asks and whether they want to know where time goes."""
    headers = request_headers(context.environ)
    caller = identity.caller
    context.user_id = caller.id if caller else None
    if context.header("HTTP_SERVER_TIMING") and caller and caller.may(TIMING_PERMISSION):
        context.show_timing = True
    return headers


def _server_timing(response: UpstreamResponse) -> server_timing.ServerTiming | None:
    """Return what the upstream says about its answer."""
    said = next((value for name, value in response.headers if name == server_timing.SERVICE_HEADER), None)
    return server_timing.ServerTiming.read(said) if said else None


def _error_of(error: HTTPException) -> Refusal:
    """Put Flask's own errors into the contract's words."""
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return METHOD_NOT_ALLOWED.with_headers({"Allow": allowed})
    if error.code == 404:
        return NOT_FOUND
    return Refusal(error.code or 500, error.name)
