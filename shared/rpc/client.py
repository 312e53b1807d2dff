"""Client for other programs: JSON over HTTP with a signed identity token."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import urllib3

from shared import read_your_writes
from shared.errors import UNAVAILABLE, Refusal
from shared.identity import tokens
from shared.identity.tokens import Identity
from shared.observability import logs, tracing
from shared.rpc.balancer import PROBE_PATH, Balancer, Node
from shared.rpc.endpoints import Endpoints
from shared.rpc.keepalive import KeepAlivePool
from shared.rpc.retry import (
    ConnectFailed,
    NoResponse,
    ResponseLost,
    ResponseTimeout,
    TokenRejected,
    retry_once,
)

ANONYMOUS_CALLER = Identity("anonymous", "")
"""Identity for calls that no client request caused, such as sweeping."""

_CONNECT_ERRORS = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


class ServiceNode(Node):
    """One node of a service."""

    def __init__(self, http: urllib3.PoolManager, url: str) -> None:
        super().__init__(url)
        self._http = http

    def is_alive(self) -> bool:
        """Probe the node; return whether it answers."""
        try:
            self.request("GET", PROBE_PATH)
        except NoResponse:
            return False
        return True

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request, return the response. Raises ``ConnectFailed``, ``ResponseLost`` or ``ResponseTimeout``."""
        try:
            response = self._http.request(method, self.url + path, **options)
        except _CONNECT_ERRORS:
            raise ConnectFailed from None
        except urllib3.exceptions.TimeoutError:
            raise ResponseTimeout from None
        except urllib3.exceptions.HTTPError:
            raise ResponseLost from None
        return response


class ServiceClients:
    """Clients for the services that the program ``name`` may call.

    ``endpoints`` and ``keys`` map each service to its nodes and to the key shared with it; ``timeout`` is in seconds.
    """

    def __init__(
        self, name: str, endpoints: Mapping[str, Endpoints], keys: Mapping[str, str], *, timeout: float = 10.0
    ) -> None:
        self._name = name
        self._keys = dict(keys)
        # urllib3 must not retry: it does not know which requests are repeatable.
        http = urllib3.PoolManager(
            maxsize=8, retries=False, timeout=urllib3.Timeout(connect=0.5, read=timeout)
        )
        http.pool_classes_by_scheme = {"http": KeepAlivePool}
        self._nodes = {
            service: Balancer(partial(ServiceNode, http), found.urls, found.refresh_soon, service=service)
            for service, found in endpoints.items()
        }

    def call(self, service: str, method: str, path: str, *, identity: Identity, body: Any = None) -> Any:
        """Call ``service`` on behalf of ``identity`` and return the decoded document.

        Raises the service's own refusal for a 4xx response, and 503 if it cannot be reached or fails. After a 503 the
        service may have done its work: only the response may have been lost.
        """
        target = tokens.TokenTarget(service, method, urlsplit(path).path)
        headers = {
            tokens.HEADER: tokens.sign(identity, target, issuer=self._name, key=self._keys[service]),
            logs.REQUEST_ID: logs.request_id(),
        }
        try:
            response = self._send(service, method, path, json=body, headers=headers)
            document = json.loads(response.data)
        except (NoResponse, ValueError):
            raise UNAVAILABLE from None
        read_your_writes.record(response.headers.get(read_your_writes.HEADER))
        if response.status >= 500:
            raise UNAVAILABLE
        if response.status >= 400:
            raise Refusal(response.status, document["data"], errors=document.get("errors"))
        return document

    def _send(self, service: str, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        nodes = self._nodes[service]

        def send(node: ServiceNode) -> urllib3.BaseHTTPResponse:
            try:
                with tracing.step(f"ask {service}", asks=True):
                    tracing.pass_on(options["headers"])
                    response = node.request(method, path, **options)
            except ConnectFailed:
                nodes.record_failure(node)
                raise
            node.failures = 0
            if tokens.is_rejection(response.status, response.headers):
                raise TokenRejected(node.url)
            return response

        return retry_once(
            method,
            lambda tried: nodes.choose(tried, allow_ejected=True),
            send,
            lambda first: nodes.choose((first,)),
        )
