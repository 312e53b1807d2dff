"""Refusing at the door, when lines are full: the 503 that the application would give, for half of what it costs.

In a flood it is the refusals that take the time from those who are let in. So a request whose line is full is
turned away as soon as it is read, with an answer that is ready, and counted in the log instead of having a line there.
"""

import logging
import socket
from typing import Any

import gevent

from gateway import paths, prefixes
from gateway.answers import raw
from gateway.lines import Lines
from gateway.refusing import AT_THE_DOOR
from shared import draining
from shared.refusals import UNAVAILABLE, Refusal

_log = logging.getLogger("bunko.gateway")

_EVERY = 1.0
"""Seconds between two lines in the log."""
_NEEDS_MORE = frozenset({"ORIGIN", "CONTENT-LENGTH", "TRANSFER-ENCODING", "EXPECT"})
"""Headers with which the answer has more to say, or the connection more to be read."""


ANSWER = raw(UNAVAILABLE, close=False)


class Shedding:
    """Turns requests away while their line is full."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._turned_away = 0

    def turns_away(self, request: Any) -> bool:
        """Whether a request, as gunicorn has read its head, is to be given ``ANSWER`` and no more."""
        if not self._lines.any_is_full or draining.begun.is_set():
            return False
        if request.method == "HEAD" or any(name in _NEEDS_MORE for name, _ in request.headers):
            return False
        try:
            place = prefixes.place(paths.read(request.uri).segments)
        except Refusal:
            return False
        return place is not None and self._lines.is_full(place)

    def turn_away(self, client: socket.socket) -> None:
        """Give a client the answer, and count it; the log says before long how many there were."""
        AT_THE_DOOR.inc()
        client.sendall(ANSWER)
        if not self._turned_away:
            gevent.spawn_later(_EVERY, self._tell)
        self._turned_away += 1

    def _tell(self) -> None:
        _log.warning("turned %d requests away at the door: lines are full", self._turned_away)
        self._turned_away = 0
