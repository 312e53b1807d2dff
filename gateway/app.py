"""The gateway's application: what happens to every request, in order.

Address, limit, origin, then either a page of its own or: place, cookie, body, session, forward.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

from gateway import body, health, limits, origins, page, paths, prefixes, session
from gateway.addresses import client_address
from gateway.answers import finish, refused
from gateway.database import Away, Database
from gateway.discovery import Discovery
from gateway.documentation import Documentation
from gateway.forward import SERVICE_SECONDS, Call, Forwarder
from gateway.headers import inward, outward
from gateway.limits import RequestLimit
from gateway.nodes import NODE_SECONDS, Nodes
from gateway.origins import Origins
from gateway.sightings import Sightings
from gateway.upstream import Exchange
from shared import logs, settings, timing
from shared.refusals import FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND, UNAVAILABLE, Refusal
from shared.tokens import Identity

MAY_TIME = "edit-users"
"""The permission, which administrators have, by which one learns how long each part of an answer took."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """What a request passes, set up once from the environment."""

    database: Database
    forwarder: Forwarder
    origins: Origins
    limit: RequestLimit
    session_key: str
    sightings: Sightings
    trusted_proxies: int
    max_body: int

    def admit(self) -> Response | None:
        """Refuse what may not enter; answer a browser that only asks whether it may."""
        g.began = time.perf_counter()
        g.address = paths.read(str(request.environ["RAW_URI"]))
        g.client = client_address(
            request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), self.trusted_proxies
        )
        origin = request.headers.get("Origin", "").lower()
        if request.method == "OPTIONS" and origin and "Access-Control-Request-Method" in request.headers:
            return self._preflight(origin)
        if g.address.segments[0] != "health":
            self.limit.count(g.client, self.database)
        site, host = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Host", "")
        if self.origins.forbid(request.method, site=site, origin=origin, host=host):
            raise FORBIDDEN
        return None

    def _preflight(self, origin: str) -> Response:
        if origin not in self.origins.allowed:
            raise FORBIDDEN
        return Response(status=204, headers=dict(self.origins.preflight_headers()))

    def forward(self) -> Response | None:
        """Pass the request on to whom its prefix names; None where no service's does, and a page of ours may."""
        place = prefixes.place(g.address.segments)
        if place is None:
            return None
        if self.forwarder.is_full(place):
            raise UNAVAILABLE
        token = session.read_cookie(request.headers.get("Cookie", ""))
        received = body.receive(request.environ, self.max_body)
        try:
            # Only now: a logout while the body was coming in must count.
            identity = self._identify(None if place.for_everybody else token)
            g.user_id = identity.caller.id if identity.caller else None
            headers = inward(request.environ)
            if timing.HEADER in request.headers and identity.caller and identity.caller.may(MAY_TIME):
                headers[timing.HEADER] = "1"
                g.timed = True
            call = Call(request.method, g.address, headers, received, identity, logs.request_id())
            return _answer(self.forwarder.forward(call, place))
        finally:
            if received is not None:
                received.close()

    def _identify(self, token: str | None) -> Identity:
        return session.identify(
            token, g.client, key=self.session_key, database=self.database, sightings=self.sightings
        )


class _Front(Flask):
    """Looks for a page of its own only where no service answers: what is forwarded would match none."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds the page; None where a service answers."""
        if request is not None and prefixes.place(request.environ["PATH_INFO"].split("/")[1:]):
            return None
        return super().create_url_adapter(request)


def create() -> Flask:
    """Return the application, set up from the environment."""
    logs.to_stdout("gateway")
    limit = limits.configured()
    node_seconds = settings.whole("NODE_SECONDS", NODE_SECONDS)
    nodes = Nodes(Path(settings.text("FILE_NODES_FILE")), seconds=node_seconds, discovered=_discovered())
    urls, keys = settings.mapping("UPSTREAMS"), settings.mapping("CALL_KEYS")
    service_seconds = settings.whole("SERVICE_SECONDS", SERVICE_SECONDS)
    questions = (*session.QUESTIONS, limits.QUESTION) if limit.per_minute else session.QUESTIONS
    database = Database(settings.text("DATABASE_URL"), *questions)
    sightings = Sightings(database)
    sightings.start()
    gateway = Gateway(
        database=database,
        forwarder=Forwarder(urls, keys, nodes, seconds=service_seconds),
        origins=origins.configured(),
        limit=limit,
        session_key=settings.text("SESSION_KEY"),
        sightings=sightings,
        trusted_proxies=settings.whole("TRUSTED_PROXIES", 0),
        max_body=settings.whole("MAX_BODY", body.MAX_BODY),
    )
    app = _Front("gateway", static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.before_request(gateway.admit)
    # Not as a view: which paths and methods there are is the services' business.
    app.before_request(gateway.forward)
    app.register_blueprint(health.pages(gateway.database, nodes))
    app.register_blueprint(page.pages(Documentation(gateway.forwarder)))
    app.after_request(lambda response: finish(response, gateway.origins))
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(Away, lambda _: refused(UNAVAILABLE))
    app.register_error_handler(HTTPException, _http_error)
    return app


def _discovered() -> Callable[[], Sequence[str]]:
    """Return how to learn which nodes there are beside those in the file: none without ``FILE_NODES_DNS``."""
    place = settings.text("FILE_NODES_DNS", "none")
    if place == "none":
        return tuple
    try:
        discovery = Discovery(place)
    except ValueError:
        raise settings.Unusable(
            f"FILE_NODES_DNS must be a name and a port, name:port, not {place!r}."
        ) from None
    discovery.start()
    return lambda: discovery.urls


def _answer(exchange: Exchange) -> Response:
    """Return an upstream's answer as the client gets it."""
    g.upstream = exchange.upstream.url
    headers = list(outward(exchange.headers, exchange.upstream.service))
    # As pieces, or Flask would state the length of what is here: none at all, to a HEAD.
    content = exchange.pieces() if exchange.whole is None else iter([exchange.whole])
    response = Response(content, exchange.status, headers)
    if exchange.whole is None:
        response.call_on_close(exchange.close)
    else:
        exchange.close()
    return response


def _http_error(error: HTTPException) -> Response:
    """Put Flask's own errors into the contract's shape."""
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return refused(METHOD_NOT_ALLOWED.with_headers({"Allow": allowed}))
    if error.code == 404:
        return refused(NOT_FOUND)
    return refused(Refusal(error.code or 500, error.name))
