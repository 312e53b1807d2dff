"""Sends one attempt at a time to idle programs and measures its cost."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.load.fuzzing.slow.attempts import MIB, Attempt, Request, request
from tests.load.fuzzing.slow.cost import Meter

PATIENCE = 60.0
"""Seconds to wait for an answer and the work after it."""
MEMORY = 145 * MIB
"""Bytes by which a program may grow: a file node, at 55 MiB, stays below 200."""
_NO_ANSWER = 0
_OWN = "/users/", "/user/update-image/", "/user/delete-image/"
"""Paths whose id is that of the caller."""


@dataclass(frozen=True)
class Session:
    """A signed-in account."""

    user: int
    cookie: str


@dataclass(frozen=True)
class Cost:
    """The cost of one attempt."""

    attempt: Attempt
    status: int
    cpu: Mapping[str, float]
    """Program -> seconds."""
    growth: Mapping[str, int]
    """Program -> bytes of memory."""

    @property
    def program(self) -> str:
        """The program with the highest cost."""
        return max(self.cpu, key=self.cpu.__getitem__)

    @property
    def seconds(self) -> float:
        """The seconds of that program."""
        return self.cpu[self.program]

    @property
    def memory(self) -> int:
        """The most bytes by which a program grew."""
        return max(self.growth.values(), default=0)

    @property
    def score(self) -> float:
        """Its cost as a multiple of the aim, by CPU or by memory."""
        return max(self.seconds / self.attempt.aim, self.memory / MEMORY)

    def __str__(self) -> str:
        cost = f"{1000 * self.seconds:.0f} ms of CPU, {self.memory / MIB:.0f} MiB"
        return f"{self.attempt}: {self.status}, {self.program} {cost}"


class Trial:
    """A running system. ``sign_in`` makes a session for a role; attempts may end it."""

    def __init__(
        self, address: str, meter: Meter, sign_in: Callable[[str], Session], *, patience: float = PATIENCE
    ) -> None:
        self._place = urlsplit(address).netloc
        self._meter = meter
        self._sign_in = sign_in
        self._sessions: dict[str, Session] = {}
        self._patience = patience

    def measure(self, attempt: Attempt) -> Cost:
        """Return the cost of an attempt, with a new session of the role if the last one ended."""
        cost = self._measure(attempt)
        if cost.status == 401 and attempt.role in self._sessions:
            del self._sessions[attempt.role]
            cost = self._measure(attempt)
        return cost

    def confirm(self, cost: Cost, times: int = 2) -> Cost:
        """Repeat an attempt and return the lowest cost: more than that was caused by other work.

        Memory is not measured again: a process keeps memory that it has allocated once.
        """
        if cost.memory > MEMORY:
            return cost
        return min([cost, *(self.measure(cost.attempt) for _ in range(times))], key=lambda one: one.score)

    def wait(self, attempt: Attempt, path: str) -> float:
        """Return the longest wait of another client for ``path`` meanwhile, in seconds."""
        sent = self._request(attempt)
        with self._others(path) as waits:
            self._send(sent)
        return max(waits)

    def _measure(self, attempt: Attempt) -> Cost:
        sent = self._request(attempt)
        before, held = self._meter.settled(self._patience), self._meter.forget_peaks()
        status = self._send(sent)
        after = self._meter.settled(self._patience)
        cpu = {name: max(0.0, after[name] - before[name]) for name in after}
        return Cost(attempt, status, cpu, self._meter.growth(held))

    def _request(self, attempt: Attempt) -> Request:
        """Return the request with the caller's cookie."""
        parameters, session = dict(attempt.route.parameters), self._session(attempt.role)
        if session and attempt.route.path.startswith(_OWN):
            parameters = dict.fromkeys(parameters, str(session.user))
        made = request(attempt, parameters)
        cookie = (("Cookie", f"refreshToken={session.cookie}"),) if session else ()
        return Request(made.method, made.target, (*cookie, *made.headers), made.body)

    def _session(self, role: str) -> Session | None:
        if role == "anonymous":
            return None
        if role not in self._sessions:
            self._sessions[role] = self._sign_in(role)
        return self._sessions[role]

    def _send(self, sent: Request) -> int:
        """Return the status of the answer; 0 if none came."""
        connection = http.client.HTTPConnection(self._place, timeout=self._patience)
        try:
            connection.putrequest(sent.method, sent.target, skip_accept_encoding=True)
            kinds = {name.lower() for name, _ in sent.headers}
            for name, value in sent.headers:
                connection.putheader(name, value)
            if sent.body:
                if "content-type" not in kinds:
                    connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(len(sent.body)))
            # A refusal may come before everything was sent.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders(sent.body or None)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return _NO_ANSWER
        finally:
            connection.close()

    @contextmanager
    def _others(self, path: str) -> Iterator[list[float]]:
        """Request ``path`` repeatedly; yield the seconds of each answer, and end with one more."""
        waits, over, asked = [0.0], threading.Event(), threading.Event()

        def ask() -> None:
            while True:
                last, began = over.is_set(), time.perf_counter()
                self._send(Request("GET", path, (), b""))
                waits.append(time.perf_counter() - began)
                asked.set()
                if last:
                    return

        thread = threading.Thread(target=ask)
        thread.start()
        asked.wait(self._patience)
        try:
            yield waits
        finally:
            over.set()
            thread.join()
