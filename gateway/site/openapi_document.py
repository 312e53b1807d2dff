"""The OpenAPI document of the whole API: fetched from the services, merged and cached."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock

from gateway.proxy.forward import NO_RESPONSE, Forwarder
from gateway.proxy.upstream import Upstream
from gateway.site.openapi_merge import FILES, Document, merge
from shared.identity import cookie_name
from shared.rpc.balancer import Balancer
from shared.rpc.retry import NoResponse, ResponseLost, retry_once

FRESH_SECONDS = 10.0


class OpenApiDocument:
    """The merged document. It is built again after ``FRESH_SECONDS``, and kept while a service is unavailable."""

    def __init__(
        self,
        forwarder: Forwarder,
        cookie: str = cookie_name.NAME,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forwarder = forwarder
        self._cookie = cookie
        self._now = now
        self._built_at = 0.0
        self._text: bytes | None = None
        self._lock = Lock()

    def json(self) -> bytes:
        """Return the document as JSON.

        Raises 503 where a service is unavailable and no document was built before.
        """
        with self._lock:
            if self._text is None or self._now() - self._built_at > FRESH_SECONDS:
                try:
                    document = merge(self._parts(), self._cookie)
                    self._text = json.dumps(document, ensure_ascii=False).encode()
                    self._built_at = self._now()
                except (NoResponse, ValueError):
                    if self._text is None:
                        raise NO_RESPONSE from None
            return self._text

    def _parts(self) -> Mapping[str, Document]:
        """Return the documents of all services and, where one answers, of a file node."""
        parts = {name: _fetch(nodes) for name, nodes in self._forwarder.services.items()}
        # Without a file node the placeholders of the owning services describe the file routes.
        with suppress(NoResponse):
            parts[FILES] = _fetch(self._forwarder.file_nodes)
        return parts


def _fetch(nodes: Balancer[Upstream]) -> Document:
    """Return the document of one of the nodes; raises ``ValueError`` for an invalid one."""
    return retry_once(
        "GET",
        lambda tried: nodes.choose(tried, allow_ejected=True),
        _fetch_from,
        lambda first: nodes.choose((first,)),
    )


def _fetch_from(upstream: Upstream) -> Document:
    response = upstream.send("GET", "/openapi.json", {})
    try:
        content = response.content if response.content is not None else b"".join(response.pieces())
    except ConnectionResetError:
        raise ResponseLost from None
    finally:
        response.close()
    document = json.loads(content)
    if response.status != 200 or not isinstance(document, dict) or "paths" not in document:
        raise ValueError(upstream.url)
    return document
