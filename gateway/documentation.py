"""The API's documentation as one document: asked together from the services, and kept for a while."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock

from gateway.forward import UNANSWERED, Forwarder
from gateway.merging import FILES, Document, whole
from gateway.upstream import Upstream
from shared import cookie_name
from shared.nodes import Nodes
from shared.retrying import Lost, Unanswered, ask_twice

FRESH_SECONDS = 10.0


class Documentation:
    """The whole document, asked for anew when it is ten seconds old, and kept while somebody cannot be asked."""

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
        self._made = 0.0
        self._text: bytes | None = None
        self._making = Lock()

    def text(self) -> bytes:
        """Return the document as JSON, the same bytes for all readers.

        Raises 503 when a service cannot be asked and none was made before.
        """
        with self._making:
            if self._text is None or self._now() - self._made > FRESH_SECONDS:
                try:
                    document = whole(self._parts(), self._cookie)
                    self._text = json.dumps(document, ensure_ascii=False).encode()
                    self._made = self._now()
                except (Unanswered, ValueError):
                    if self._text is None:
                        raise UNANSWERED from None
            return self._text

    def _parts(self) -> Mapping[str, Document]:
        """Return the documents of all services and, where one answers, of a file node."""
        parts = {name: _ask(nodes) for name, nodes in self._forwarder.services.items()}
        # Without a node the owners' placeholders say as much as is true then.
        with suppress(Unanswered):
            parts[FILES] = _ask(self._forwarder.nodes)
        return parts


def _ask(nodes: Nodes[Upstream]) -> Document:
    """Return the document of one of the nodes; raises ``ValueError`` for an answer that is none."""
    return ask_twice(
        "GET",
        lambda tried: nodes.pick(tried, even_out=True),
        _ask_node,
        lambda first: nodes.pick((first,)),
    )


def _ask_node(upstream: Upstream) -> Document:
    exchange = upstream.send("GET", "/openapi.json", {})
    try:
        content = exchange.whole if exchange.whole is not None else b"".join(exchange.pieces())
    except ConnectionResetError:
        raise Lost from None
    finally:
        exchange.close()
    document = json.loads(content)
    if exchange.status != 200 or not isinstance(document, dict) or "paths" not in document:
        raise ValueError(upstream.url)
    return document
