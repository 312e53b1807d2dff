"""The retry rule for requests to other programs.

A request is sent once more, to another node, if the connection failed or the node rejected the token; nothing was
executed then, so this holds for any method. After a lost response only GET and HEAD are retried. A timeout is never
retried.
"""

import logging
from collections.abc import Callable, Collection
from typing import TypeVar

from shared.observability.metrics import counter
from shared.rpc.balancer import Node

_log = logging.getLogger("bunko.nodes")

Own = TypeVar("Own", bound=Node)
Answer = TypeVar("Answer")

REPEATABLE = frozenset({"GET", "HEAD"})
"""Methods that change nothing, so that they can be sent again after a lost response."""

_RETRIES = counter("bunko_asked_again", "Requests to other programs that were sent a second time.").of()


class NoResponse(Exception):
    """A request got no response."""


class ConnectFailed(NoResponse):
    """The connection failed and nothing was sent: any request may be sent to another node."""


class TokenRejected(ConnectFailed):
    """The node rejected the token and executed nothing: its clock or its keys differ from this program's."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        _log.error("%s rejects the identity tokens of this program: their clocks or keys differ", url)


class ResponseLost(NoResponse):
    """The connection broke after the request was sent: it may have been executed."""


class ResponseTimeout(NoResponse):
    """The response did not arrive in time: the request may still be executed."""


def retry_once(
    method: str,
    choose: Callable[[Collection[Own]], Own | None],
    send: Callable[[Own], Answer],
    same_group: Callable[[Own], Own | None],
) -> Answer:
    """Send to the node that ``choose`` returns and return the response; retry once on a second node.

    ``choose`` receives the nodes already tried. ``same_group`` receives the node whose response was lost and returns a
    node for the repetition; if it returns None, the same node is used. Raises the last error of ``send``, and
    ``ConnectFailed`` if there is no node.
    """
    first = choose(())
    if first is None:
        raise ConnectFailed
    try:
        return send(first)
    except (ConnectFailed, ResponseLost) as error:
        second = _second(error, method, first, choose, same_group)
    return send(second)


def _second(
    error: ConnectFailed | ResponseLost,
    method: str,
    first: Own,
    choose: Callable[[Collection[Own]], Own | None],
    same_group: Callable[[Own], Own | None],
) -> Own:
    """Return the node for the retry after ``first`` failed with ``error``; raise ``error`` if there is no retry."""
    if isinstance(error, ResponseLost):
        if method not in REPEATABLE:
            raise error
        second: Own | None = same_group(first) or first
    else:
        second = choose((first,))
    if second is None:
        raise error
    _RETRIES.inc()
    return second
