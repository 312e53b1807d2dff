"""When a request is sent a second time, and to whom.

A connection that could not be made is made to another node once, for any method, as is one to a node that does not
believe our token. A lost answer is asked for again only where asking changes nothing. An answer that does not come in
time is never asked for again.
"""

import logging
from collections.abc import Callable, Collection
from typing import TypeVar

from shared.counting import counter
from shared.nodes import Node

_log = logging.getLogger("bunko.nodes")

Own = TypeVar("Own", bound=Node)
Answer = TypeVar("Answer")

REPEATABLE = frozenset({"GET", "HEAD"})
"""Methods by which nothing is changed."""

_REPEATED = counter("bunko_asked_again", "Requests to other programs that were sent a second time.").of()


class Unanswered(Exception):
    """A request got no answer."""


class NotReached(Unanswered):
    """No connection: nothing was sent, so any request may go elsewhere."""


class Distrusted(NotReached):
    """The node does not believe our token, and has done nothing: its clock or its keys are not ours."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        _log.error("%s does not believe our tokens: its clock or its keys differ from ours", url)


class Lost(Unanswered):
    """The connection broke after something was sent: the request may have been carried out."""


class TooSlow(Unanswered):
    """No answer in time: the request may still be carried out."""


def ask_twice(
    method: str,
    pick: Callable[[Collection[Own]], Own | None],
    ask: Callable[[Own], Answer],
    again: Callable[[Own], Own | None],
) -> Answer:
    """Return what ``ask`` gets from the node that ``pick`` chooses, or from a second one.

    Raises what ``ask`` raises the last time, and ``NotReached`` where there is nobody to ask.
    """
    first = pick(())
    if first is None:
        raise NotReached
    try:
        return ask(first)
    except (NotReached, Lost) as error:
        second = _second(error, method, first, pick, again)
    return ask(second)


def _second(
    error: NotReached | Lost,
    method: str,
    first: Own,
    pick: Callable[[Collection[Own]], Own | None],
    again: Callable[[Own], Own | None],
) -> Own:
    """Return the node to ask after ``first`` failed with ``error``, which is raised where none may be asked.

    ``pick`` is given those that were tried; ``again`` the one whose answer was lost, which is asked itself where
    there is no other.
    """
    if isinstance(error, Lost):
        if method not in REPEATABLE:
            raise error
        second: Own | None = again(first) or first
    else:
        second = pick((first,))
    if second is None:
        raise error
    _REPEATED.inc()
    return second
