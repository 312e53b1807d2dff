"""Calls from one program to another, with the caller's identity signed along."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

from shared import logs, tokens
from shared.connections import Pool
from shared.refusals import UNAVAILABLE, Refusal
from shared.tokens import Identity

NOBODY = Identity("anonymous", "")
"""On whose behalf a program calls when no client asked for it, as the sweeper does."""


class Peers:
    """The programs that this one, ``name``, may call: their base URLs and the keys shared with them."""

    def __init__(
        self, name: str, urls: Mapping[str, str], keys: Mapping[str, str], *, timeout: float = 10.0
    ) -> None:
        self._name = name
        self._urls = dict(urls)
        self._keys = dict(keys)
        # No retries: the caller knows whether its request may be sent twice.
        self._http = urllib3.PoolManager(
            maxsize=8, retries=False, timeout=urllib3.Timeout(connect=0.5, read=timeout)
        )
        self._http.pool_classes_by_scheme = {"http": Pool}

    def call(self, service: str, method: str, path: str, *, identity: Identity, body: Any = None) -> Any:
        """Return the decoded document that ``service`` answers.

        Raises the service's own refusal where it refuses, and 503 where it cannot be reached or fails: its
        answer may then be lost though its work is done.
        """
        url = self._urls[service] + path
        target = tokens.Target(service, method, urlsplit(url).path)
        headers = {
            tokens.HEADER: tokens.sign(identity, target, issuer=self._name, key=self._keys[service]),
            logs.REQUEST_ID: logs.request_id(),
        }
        try:
            response = self._http.request(method, url, json=body, headers=headers)
            document = json.loads(response.data)
        except (urllib3.exceptions.HTTPError, ValueError):
            raise UNAVAILABLE from None
        if response.status >= 500:
            raise UNAVAILABLE
        if response.status >= 400:
            raise Refusal(response.status, document["data"], errors=document.get("errors"))
        return document
