"""When a request is sent a second time, and to whom.

A connection that could not be made is made to another node once, for any method, as is one to a node that does not
believe our token. A lost answer is asked for again only where asking changes nothing. An answer that does not come in
time is never asked for again.
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
"""Methods by which nothing is changed."""

_RETRIES = counter("bunko_asked_again", "Requests to other programs that were sent a second time.").of()


class NoResponse(Exception):
    """A request got no answer."""


class ConnectFailed(NoResponse):
    """No connection: nothing was sent, so any request may go elsewhere."""


class TokenRejected(ConnectFailed):
    """The node does not believe our token, and has done nothing: its clock or its keys are not ours."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        _log.error("%s does not believe our tokens: its clock or its keys differ from ours", url)


class ResponseLost(NoResponse):
    """The connection broke after something was sent: the request may have been carried out."""


class ResponseTimeout(NoResponse):
    """No answer in time: the request may still be carried out."""


def retry_once(
    method: str,
    choose: Callable[[Collection[Own]], Own | None],
    send: Callable[[Own], Answer],
    same_group: Callable[[Own], Own | None],
) -> Answer:
    """Return what ``ask`` gets from the node that ``pick`` chooses, or from a second one.

    Raises what ``ask`` raises the last time, and ``ConnectFailed`` where there is nobody to ask.
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
    pick: Callable[[Collection[Own]], Own | None],
    again: Callable[[Own], Own | None],
) -> Own:
    """Return the node to ask after ``first`` failed with ``error``, which is raised where none may be asked.

    ``pick`` is given those that were tried; ``again`` the one whose answer was lost, which is asked itself where
    there is no other.
    """
    if isinstance(error, ResponseLost):
        if method not in REPEATABLE:
            raise error
        second: Own | None = again(first) or first
    else:
        second = pick((first,))
    if second is None:
        raise error
    _RETRIES.inc()
    return second
