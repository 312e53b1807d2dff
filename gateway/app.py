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

from gateway import (
    body,
    connection_limit,
    health,
    limits,
    nodes,
    origins,
    page,
    paths,
    prefixes,
    refusing,
    relay,
    session,
    session_cookie,
    status,
)
from gateway.addresses import client_address
from gateway.answers import OWN_PAGES, Reply, refused
from gateway.body import Bodies, Body
from gateway.connection_limit import ConnectionLimit
from gateway.database import Away, Database
from gateway.documentation import Documentation
from gateway.forward import Call, Forwarder
from gateway.headers import check_lengths, inward, outward
from gateway.limits import RequestLimit
from gateway.lines import FULL, Lines
from gateway.origins import Origins
from gateway.passing import Passing
from gateway.paths import Address
from gateway.prefixes import Place
from gateway.relay import Relays
from gateway.session_cookie import SessionCookie
from gateway.shedding import Shedding
from gateway.sightings import Sightings
from gateway.uploads import Uploads
from gateway.upstream import Exchange, Upstream
from gateway.watch import SECONDS, Watch
from shared import announcing, cookie_name, logs, places, settings, timing, tracing
from shared.discovery import Discovery
from shared.refusals import FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND, UNAVAILABLE, Refusal
from shared.tokens import Identity

_log = logging.getLogger("bunko.gateway")

MAY_TIME = "edit-users"
"""The permission, which administrators have, by which one learns how long each part of an answer took."""
_UNCOUNTED = "health"
"""Whose pages are not counted: programs ask for them all the time, and nothing of a request is parsed for them."""
_STATUS = "status"
_UNTRACED = ("/health/", "/status")


@dataclass(frozen=True, slots=True)
class Gateway:
    """The WSGI application: what a request passes, set up once from the environment."""

    database: Database
    forwarder: Forwarder
    lines: Lines
    shedding: Shedding
    connections: ConnectionLimit
    cookie: SessionCookie
    origins: Origins
    limit: RequestLimit
    session_key: str
    sightings: Sightings
    trusted_proxies: int
    bodies: Bodies
    relays: Relays
    uploads: Uploads
    pages: Flask
    """The gateway's own; what they refuse is put into words here."""

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        """Answer one request."""
        sent = str(environ["PATH_INFO"]).encode("latin-1").decode(errors="replace")
        passing = Passing(environ, logs.begin(environ.get("HTTP_X_REQUEST_ID", "")), sent)
        if tracing.is_on() and not sent.startswith(_UNTRACED):
            passing.opened = tracing.begin(self._parent(passing), **{"bunko.request_id": passing.request_id})
        reply = self._reply(passing)
        reply.finish(passing, self.origins)
        reply.closing.append(logs.end)
        return reply.start(start_response)

    def _parent(self, passing: Passing) -> str:
        """Return the span that a request belongs to already: who is believed about addresses is so about this."""
        return passing.header("HTTP_TRACEPARENT") if self.trusted_proxies else ""

    def _reply(self, passing: Passing) -> Reply:
        try:
            return self._admit(passing)
        except Away:
            refusing.NO_DATABASE.inc()
            return refused(UNAVAILABLE)
        except Refusal as refusal:
            worded = refusal
        except HTTPException as error:
            worded = _worded(error)
        except Exception:
            _log.exception("a request could not be answered")
            worded = Refusal(500, "Internal Server Error")
        refusing.count(worded)
        return refused(worded)

    def _admit(self, passing: Passing) -> Reply:
        """Refuse what may not enter; answer a browser that only asks whether it may; pass on the rest."""
        address = paths.read(str(passing.environ["RAW_URI"]))
        passing.path = address.path
        client = client_address(
            passing.header("REMOTE_ADDR"), passing.header("HTTP_X_FORWARDED_FOR"), self.trusted_proxies
        )
        check_lengths(passing.environ)
        if passing.is_preflight:
            return self._preflight(passing.origin)
        self._count(address.segments[0], client)
        site, host = passing.header("HTTP_SEC_FETCH_SITE"), passing.header("HTTP_HOST")
        if self.origins.forbid(passing.method, site=site, origin=passing.origin, host=host):
            raise FORBIDDEN
        place = prefixes.place(address.segments)
        if place:
            passing.route = place.prefix
        return self._forward(passing, address, client, place) if place else self._page(passing)

    def _count(self, first_segment: str, client: str) -> None:
        """Count the request; the status page is shown without a database too, as it says that there is none."""
        if first_segment == _UNCOUNTED:
            return
        try:
            self.limit.count(client, self.database)
        except Away:
            if first_segment != _STATUS:
                raise

    def _preflight(self, origin: str) -> Reply:
        if origin not in self.origins.allowed:
            raise FORBIDDEN
        return Reply(204, list(self.origins.preflight_headers().items()), ())

    def _page(self, passing: Passing) -> Reply:
        """Answer with a page of our own."""
        response = Response.from_app(self.pages, dict(passing.environ))
        passing.route = OWN_PAGES
        return Reply(response.status_code, list(response.headers), response.iter_encoded(), [response.close])

    def _forward(self, passing: Passing, address: Address, client: str, place: Place) -> Reply:
        """Pass the request on to whom its prefix names."""
        if self.lines.is_full(place):
            raise FULL
        cookies = [] if place.for_everybody else self.cookie.read(passing.header("HTTP_COOKIE"))
        if len(cookies) > 1:
            return self._several(passing, address)

        def ask(received: Body | None, step: str, node: Upstream | None) -> Exchange:
            with self.lines.joined(place):
                # Only now: a logout while the body was coming in must count.
                identity = self._identify(cookies[0] if cookies else None, client)
                headers = _told(passing, identity) | ({announcing.HEADER: step} if step else {})
                call = Call(passing.method, address, headers, received, identity, passing.request_id, node)
                exchange = self.forwarder.forward(call, place)
            passing.upstream = exchange.upstream.url
            passing.work = _work(exchange)
            return exchange

        if place.on_file_nodes and passing.method == "POST" and body.is_large(passing.environ):
            return self._answered(self.uploads.send(passing, ask), passing)
        with self.bodies.received(passing.environ) as received:
            return self._answered(ask(received, "", None), passing)

    def _answered(self, exchange: Exchange, passing: Passing) -> Reply:
        """Return an upstream's answer as the client gets it."""
        headers = list(outward(exchange.headers, exchange.upstream.service))
        if exchange.whole is None:
            sent = self.relays.begin(exchange, passing.environ["gunicorn.socket"])
            return Reply(exchange.status, headers, sent.pieces(), [sent.close])
        exchange.close()
        return Reply(exchange.status, headers, [exchange.whole])

    def _several(self, passing: Passing, address: Address) -> Reply:
        """Refuse several session cookies, and have the browser forget those that it can be made to."""
        reply = refused(self.cookie.several)
        forgotten = self.cookie.forgotten(passing.header("HTTP_HOST"), passing.route, address.path)
        reply.headers += [("Set-Cookie", each) for each in forgotten]
        refusing.count(self.cookie.several)
        return reply

    def _identify(self, token: str | None, client: str) -> Identity:
        return session.identify(
            token, client, key=self.session_key, database=self.database, sightings=self.sightings
        )


def create() -> Gateway:
    """Return the application, set up from the environment."""
    logs.to_stdout("gateway")
    tracing.start("gateway")
    limit = limits.configured()
    questions = (*session.QUESTIONS, limits.QUESTION) if limit.per_minute else session.QUESTIONS
    database = Database(settings.text("DATABASE_URL"), *questions)
    sightings = Sightings(database)
    sightings.start()
    forwarder = _forwarder()
    watch = Watch(forwarder, database, seconds=settings.whole("STATUS_SECONDS", SECONDS))
    watch.start()
    lines, bodies = Lines(forwarder.services), body.configured()
    return Gateway(
        database=database,
        forwarder=forwarder,
        lines=lines,
        shedding=Shedding(lines),
        connections=connection_limit.configured(),
        cookie=session_cookie.configured(),
        origins=origins.configured(),
        limit=limit,
        session_key=settings.text("SESSION_KEY"),
        sightings=sightings,
        trusted_proxies=settings.whole("TRUSTED_PROXIES", 0),
        bodies=bodies,
        uploads=Uploads(forwarder.nodes, bodies),
        relays=relay.configured(),
        pages=_pages(database, forwarder, watch),
    )


def _pages(database: Database, forwarder: Forwarder, watch: Watch) -> Flask:
    """Return the gateway's own pages, whose refusals and errors are raised."""
    app = Flask("gateway", static_folder=None, template_folder="pages")
    app.config |= {"TRAP_HTTP_EXCEPTIONS": True, "PROPAGATE_EXCEPTIONS": True}
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.register_blueprint(health.pages(database, forwarder.nodes))
    app.register_blueprint(page.pages(Documentation(forwarder, cookie_name.configured())))
    app.register_blueprint(status.pages(watch))
    return app


def _forwarder() -> Forwarder:
    """Return the programs behind the gateway, as the environment describes them."""
    services = nodes.of_services(
        places.configured(), seconds=settings.whole("SERVICE_SECONDS", nodes.SERVICE_SECONDS)
    )
    files = nodes.of_files(
        Path(settings.text("FILE_NODES_FILE")),
        _discovery(),
        seconds=settings.whole("NODE_SECONDS", nodes.NODE_SECONDS),
    )
    return Forwarder(services, files, settings.mapping("CALL_KEYS"))


def _discovery() -> Discovery | None:
    """Return how to learn which nodes there are beside those in the file: none without ``FILE_NODES_DNS``."""
    place = settings.text("FILE_NODES_DNS", "none")
    if place == "none":
        return None
    try:
        discovery = Discovery(place)
    except ValueError:
        raise settings.Unusable(
            f"FILE_NODES_DNS must be a name and a port, name:port, not {place!r}."
        ) from None
    discovery.start()
    return discovery


def _told(passing: Passing, identity: Identity) -> dict[str, str]:
    """Return the headers that the program is told, and note who asks and whether they want to know where time goes."""
    headers = inward(passing.environ)
    caller = identity.caller
    passing.user_id = caller.id if caller else None
    if passing.header("HTTP_SERVER_TIMING") and caller and caller.may(MAY_TIME):
        passing.timed = True
    return headers


def _work(exchange: Exchange) -> timing.Work | None:
    """Return what the upstream says about its answer."""
    said = next((value for name, value in exchange.headers if name == timing.WORK), None)
    return timing.Work.read(said) if said else None


def _worded(error: HTTPException) -> Refusal:
    """Put Flask's own errors into the contract's words."""
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return METHOD_NOT_ALLOWED.with_headers({"Allow": allowed})
    if error.code == 404:
        return NOT_FOUND
    return Refusal(error.code or 500, error.name)
