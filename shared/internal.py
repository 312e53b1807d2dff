"""Calls from one program to another, with the caller's identity signed along."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import urllib3

from shared import logs, tokens, tracing, written
from shared.connections import Pool
from shared.nodes import PROBE_PATH, Node, Nodes
from shared.places import Places
from shared.refusals import UNAVAILABLE, Refusal
from shared.retrying import Distrusted, Lost, NotReached, TooSlow, Unanswered, ask_twice
from shared.tokens import Identity

NOBODY = Identity("anonymous", "")
"""On whose behalf a program calls when no client asked for it, as the sweeper does."""

_NOT_REACHED = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


class Peer(Node):
    """One node of a program that may be called."""

    def __init__(self, http: urllib3.PoolManager, url: str) -> None:
        super().__init__(url)
        self._http = http

    def answers(self) -> bool:
        """Ask for a sign of life."""
        try:
            self.request("GET", PROBE_PATH)
        except Unanswered:
            return False
        return True

    def request(self, method: str, path: str, **given: Any) -> urllib3.BaseHTTPResponse:
        """Return the answer to one request. Raises ``NotReached``, ``Lost`` or ``TooSlow``."""
        try:
            response = self._http.request(method, self.url + path, **given)
        except _NOT_REACHED:
            raise NotReached from None
        except urllib3.exceptions.TimeoutError:
            raise TooSlow from None
        except urllib3.exceptions.HTTPError:
            raise Lost from None
        return response


class Peers:
    """The programs that this one, ``name``, may call: where they are, and the keys shared with them."""

    def __init__(
        self, name: str, places: Mapping[str, Places], keys: Mapping[str, str], *, timeout: float = 10.0
    ) -> None:
        self._name = name
        self._keys = dict(keys)
        # No retries of its own: it does not know whether a request may be sent twice.
        http = urllib3.PoolManager(
            maxsize=8, retries=False, timeout=urllib3.Timeout(connect=0.5, read=timeout)
        )
        http.pool_classes_by_scheme = {"http": Pool}
        self._nodes = {
            service: Nodes(partial(Peer, http), found.urls, found.hurry, service=service)
            for service, found in places.items()
        }

    def call(self, service: str, method: str, path: str, *, identity: Identity, body: Any = None) -> Any:
        """Return the decoded document that ``service`` answers.

        Raises the service's own refusal where it refuses, and 503 where it cannot be reached or fails: its
        answer may then be lost though its work is done.
        """
        target = tokens.Target(service, method, urlsplit(path).path)
        headers = {
            tokens.HEADER: tokens.sign(identity, target, issuer=self._name, key=self._keys[service]),
            logs.REQUEST_ID: logs.request_id(),
        }
        try:
            response = self._ask(service, method, path, json=body, headers=headers)
            document = json.loads(response.data)
        except (Unanswered, ValueError):
            raise UNAVAILABLE from None
        written.note(response.headers.get(written.HEADER))
        if response.status >= 500:
            raise UNAVAILABLE
        if response.status >= 400:
            raise Refusal(response.status, document["data"], errors=document.get("errors"))
        return document

    def _ask(self, service: str, method: str, path: str, **given: Any) -> urllib3.BaseHTTPResponse:
        nodes = self._nodes[service]

        def ask(peer: Peer) -> urllib3.BaseHTTPResponse:
            try:
                with tracing.step(f"ask {service}", asks=True):
                    tracing.pass_on(given["headers"])
                    response = peer.request(method, path, **given)
            except NotReached:
                nodes.missed(peer)
                raise
            peer.failures = 0
            if tokens.is_distrust(response.status, response.headers):
                raise Distrusted(peer.url)
            return response

        return ask_twice(
            method,
            lambda tried: nodes.pick(tried, even_out=True),
            ask,
            lambda first: nodes.pick((first,)),
        )
