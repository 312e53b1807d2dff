"""The steps that every request passes, in order: ``Pipeline.steps`` lists them, and their methods follow below.

A step returns a response, which ends the pipeline, or None: then the next step runs. It raises a ``Refusal``, or
``DatabaseUnavailable``, where the request is answered with an error.
"""

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from gateway.admission import client_ip, refusal_metrics
from gateway.admission.concurrency_limit import LIMIT_REACHED, ConcurrencyLimit
from gateway.admission.rate_limit import RateLimit
from gateway.admission.session_cookie import SessionCookie
from gateway.database import DatabaseUnavailable, GatewayDatabase
from gateway.dispatch import Dispatcher
from gateway.http import headers, request_target, route_table
from gateway.http.cors import Origins
from gateway.http.observers import OWN_PAGES
from gateway.http.request_context import RequestContext
from gateway.http.response import WsgiApplication, WsgiResponse, error_response
from shared.errors import FORBIDDEN

Step = Callable[[RequestContext], WsgiResponse | None]

_NOT_RATE_LIMITED = "health"
_USABLE_WITHOUT_DATABASE = "status"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps, with what they need."""

    trusted_proxies: int
    origins: Origins
    rate_limit: RateLimit
    database: GatewayDatabase
    site: WsgiApplication
    """The gateway's own pages."""
    concurrency_limit: ConcurrencyLimit
    cookie: SessionCookie
    dispatcher: Dispatcher

    def steps(self) -> tuple[Step, ...]:
        """Return the steps in the order in which they run; the last one always returns a response."""
        return (
            self._parse_target,
            self._find_client_ip,
            self._check_header_lengths,
            self._answer_preflight,
            self._count_request,
            self._check_origin,
            self._find_route_or_page,
            self._check_concurrency,
            self._read_session_cookie,
            self.dispatcher.forward,
        )

    def _parse_target(self, context: RequestContext) -> None:
        context.target = request_target.parse(str(context.environ["RAW_URI"]))
        context.path = context.target.path

    def _find_client_ip(self, context: RequestContext) -> None:
        connection, forwarded_for = context.header("REMOTE_ADDR"), context.header("HTTP_X_FORWARDED_FOR")
        context.client_ip = client_ip.client_address(connection, forwarded_for, self.trusted_proxies)

    def _check_header_lengths(self, context: RequestContext) -> None:
        headers.check_lengths(context.environ)

    def _answer_preflight(self, context: RequestContext) -> WsgiResponse | None:
        if not context.is_preflight:
            return None
        if context.origin not in self.origins.allowed:
            raise FORBIDDEN
        return WsgiResponse(204, list(self.origins.preflight_headers().items()), ())

    def _count_request(self, context: RequestContext) -> None:
        """Apply the rate limit, but not to health checks; the status page is served without a database too."""
        page = context.target.segments[0]
        if page == _NOT_RATE_LIMITED:
            return
        try:
            self.rate_limit.count(context.client_ip, self.database)
        except DatabaseUnavailable:
            if page != _USABLE_WITHOUT_DATABASE:
                raise

    def _check_origin(self, context: RequestContext) -> None:
        site, host = context.header("HTTP_SEC_FETCH_SITE"), context.header("HTTP_HOST")
        if self.origins.forbids(context.method, site=site, origin=context.origin, host=host):
            raise FORBIDDEN

    def _find_route_or_page(self, context: RequestContext) -> WsgiResponse | None:
        """Set the route; without one, return the gateway's own page at the path."""
        if route := route_table.find_route(context.target.segments):
            context.route, context.route_label = route, route.prefix
            return None
        page = Response.from_app(self.site, dict(context.environ))
        context.route_label = OWN_PAGES
        return WsgiResponse(page.status_code, list(page.headers), page.iter_encoded(), [page.close])

    def _check_concurrency(self, context: RequestContext) -> None:
        if self.concurrency_limit.is_reached(context.route):
            raise LIMIT_REACHED

    def _read_session_cookie(self, context: RequestContext) -> WsgiResponse | None:
        """Set the session token; refuse several session cookies, and delete them in the browser."""
        tokens = [] if context.route.public else self.cookie.read(context.header("HTTP_COOKIE"))
        if len(tokens) > 1:
            host, prefix = context.header("HTTP_HOST"), context.route.prefix
            response = error_response(self.cookie.duplicate_refusal)
            deletions = self.cookie.deletion_headers(host, prefix, context.path)
            response.headers += [("Set-Cookie", value) for value in deletions]
            refusal_metrics.count(self.cookie.duplicate_refusal)
            return response
        context.session_token = tokens[0] if tokens else None
        return None
