"""Calls from one program to another, with the caller's identity signed along."""

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
"""On whose behalf a program calls when no client asked for it, as the sweeper does."""

_CONNECT_ERRORS = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


class ServiceNode(Node):
    """One node of a program that may be called."""

    def __init__(self, http: urllib3.PoolManager, url: str) -> None:
        super().__init__(url)
        self._http = http

    def is_alive(self) -> bool:
        """Ask for a sign of life."""
        try:
            self.request("GET", PROBE_PATH)
        except NoResponse:
            return False
        return True

    def request(self, method: str, path: str, **given: Any) -> urllib3.BaseHTTPResponse:
        """Return the answer to one request. Raises ``ConnectFailed``, ``ResponseLost`` or ``ResponseTimeout``."""
        try:
            response = self._http.request(method, self.url + path, **given)
        except _CONNECT_ERRORS:
            raise ConnectFailed from None
        except urllib3.exceptions.TimeoutError:
            raise ResponseTimeout from None
        except urllib3.exceptions.HTTPError:
            raise ResponseLost from None
        return response


class ServiceClients:
    """The programs that this one, ``name``, may call: where they are, and the keys shared with them."""

    def __init__(
        self, name: str, endpoints: Mapping[str, Endpoints], keys: Mapping[str, str], *, timeout: float = 10.0
    ) -> None:
        self._name = name
        self._keys = dict(keys)
        # No retries of its own: it does not know whether a request may be sent twice.
        http = urllib3.PoolManager(
            maxsize=8, retries=False, timeout=urllib3.Timeout(connect=0.5, read=timeout)
        )
        http.pool_classes_by_scheme = {"http": KeepAlivePool}
        self._nodes = {
            service: Balancer(partial(ServiceNode, http), found.urls, found.refresh_soon, service=service)
            for service, found in endpoints.items()
        }

    def call(self, service: str, method: str, path: str, *, identity: Identity, body: Any = None) -> Any:
        """Return the decoded document that ``service`` answers.

        Raises the service's own refusal where it refuses, and 503 where it cannot be reached or fails: its
        answer may then be lost though its work is done.
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

    def _send(self, service: str, method: str, path: str, **given: Any) -> urllib3.BaseHTTPResponse:
        nodes = self._nodes[service]

        def ask(node: ServiceNode) -> urllib3.BaseHTTPResponse:
            try:
                with tracing.step(f"ask {service}", asks=True):
                    tracing.pass_on(given["headers"])
                    response = node.request(method, path, **given)
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
            ask,
            lambda first: nodes.choose((first,)),
        )
