"""A password is changed while the account's cookies are used and replaced, and while the old password signs in.

In any order: once the change is answered, every gateway refuses every earlier cookie, and the new session
is the only one.
"""

import json
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.stack.stack import Stack
from tests.load.soak.asking import Line, Reply, ask
from tests.support.client import Client
from tests.support.programs import program

_CHANGE = "/user/change-password"
_CHEAP = Path(__file__).with_name("cheap")
_TWO_CHANGES_EVERY = 4
"""Every so many races, two clients change the password at once."""


@contextmanager
def hasty_gateways(stack: Stack) -> Iterator[Sequence[str]]:
    """Run two gateways before a user service that replaces a cookie whenever ``GET /auth/me`` is asked.

    It hashes passwords cheaply: the races are about the time after the hashing.
    """
    settings = {
        "COOKIE_ROTATION_SECONDS": "0",
        "RATE_LIMITS": "off",
        "PYTHONPATH": os.pathsep.join([str(_CHEAP), stack.settings("users")["PYTHONPATH"]]),
    }
    with program(stack, "users", **settings) as users:
        upstreams = json.dumps(json.loads(stack.settings("gateway")["UPSTREAMS"]) | {"users": users})
        with (
            program(stack, "gateway", UPSTREAMS=upstreams) as one,
            program(stack, "gateway", UPSTREAMS=upstreams) as other,
        ):
            yield one, other


@dataclass
class _Account:
    """The account under test: its passwords in turn, its session cookie, and the seconds of a change."""

    name: str
    cookie: str
    passwords: list[str] = field(default_factory=lambda: [secrets.token_hex(8) for _ in range(2)])
    seconds: float = 0.1


@dataclass(frozen=True)
class _Use:
    """A cookie in constant use: the start of the last request that was accepted."""

    last_let_in: float
    cookies: list[str]
    """The cookie and its successors, newest first."""


def races(gateways: Sequence[str], count: int, *, each: Callable[[], Any] = lambda: None) -> list[str]:
    """Race ``count`` times; return the faults."""
    account = _Account(f"changing-{secrets.token_hex(6)}", "")
    Client(gateways[0]).post("/auth/register", username=account.name, password=account.passwords[0])
    account.cookie = _sign_in(gateways[0], account).cookie or ""
    wrong = []
    with ThreadPoolExecutor(6) as pool:
        for number in range(count):
            turned = gateways if number % 2 else gateways[::-1]
            twice = number % _TWO_CHANGES_EVERY == 0
            wrong += [f"race {number}: {fault}" for fault in _race(turned, account, pool, twice=twice)]
            each()
    return wrong


def _race(
    gateways: Sequence[str],
    account: _Account,
    pool: ThreadPoolExecutor,
    *,
    twice: bool,
) -> Iterator[str]:
    """Change the password on the first gateway while the other requests run on both."""
    here, there = gateways
    elsewhere = _sign_in(there, account).cookie
    if elsewhere is None:
        yield "nobody could sign in"
        return
    over = threading.Event()
    used = pool.submit(_use, there, account.cookie, over)
    followed = pool.submit(_follow, here, elsewhere, over)
    rotated = pool.submit(
        _later, random.random() * account.seconds, ask, there, "GET", "/auth/me", account.cookie
    )
    login = pool.submit(_later, random.random() * account.seconds, _sign_in, there, account)
    second = pool.submit(_change, there, account) if twice else None
    began = time.perf_counter()
    changes = [_change(here, account), *([second.result()] if second else [])]
    done = time.perf_counter()
    over.set()
    account.seconds = done - began
    uses = [used.result(), followed.result()]
    yield from (
        f"let in {(use.last_let_in - done) * 1000:.2f} ms after the change"
        for use in uses
        if use.last_let_in > done
    )
    earlier = [*uses[1].cookies[:2], *_handed_out(rotated), *_handed_out(login), *uses[0].cookies]
    yield from _survivors(gateways, earlier)
    yield from _succession(gateways, account, changes)


def _survivors(gateways: Sequence[str], cookies: Sequence[str]) -> Iterator[str]:
    """Send a request with every cookie, the newest of a session first: an outdated one would end the session."""
    for cookie in cookies:
        for gateway in gateways:
            status = ask(gateway, "GET", "/auth/me", cookie).status
            if status != 401:
                yield f"an earlier cookie got {status}"


def _succession(gateways: Sequence[str], account: _Account, changes: Sequence[Reply]) -> Iterator[str]:
    """Adopt the new session, which must be the only one."""
    statuses = sorted(change.status for change in changes)
    if statuses not in ([200], [200, 401], [200, 403]):
        yield f"the change got {statuses}"
    account.passwords.reverse()
    account.cookie = next((change.cookie for change in changes if change.cookie), "")
    for gateway in gateways:
        reply = ask(gateway, "GET", "/user/sessions", account.cookie)
        if reply.status != 200 or [session["current"] for session in reply.document] != [True]:
            yield f"the new session got {reply.status} {reply.document}"


def _sign_in(gateway: str, account: _Account) -> Reply:
    return ask(gateway, "POST", "/auth/login", None, username=account.name, password=account.passwords[0])


def _change(gateway: str, account: _Account) -> Reply:
    old, new = account.passwords
    return ask(gateway, "POST", _CHANGE, account.cookie, current_password=old, new_password=new)


def _later(seconds: float, call: Callable[..., Reply], *given: Any) -> Reply:
    """Call after so many seconds, so that races differ in timing."""
    time.sleep(seconds)
    return call(*given)


def _handed_out(reply: "Future[Reply]") -> list[str]:
    """Return the cookie that a login or a replacement may have got."""
    return [cookie] if (cookie := reply.result().cookie) else []


def _use(gateway: str, cookie: str, over: threading.Event) -> _Use:
    """Use a copy of a cookie; the last request begins after the change is answered."""
    with Line(gateway) as line:
        last, latest = False, 0.0
        while not last:
            last, began = over.is_set(), time.perf_counter()
            if line.ask("DELETE", "/user/series-rating/delete/1", cookie).status != 401:
                latest = began
    return _Use(latest, [cookie])


def _follow(gateway: str, cookie: str, over: threading.Event) -> _Use:
    """Replace a cookie, then its successor, and so on; the last request begins after the change is answered."""
    cookies = [cookie]
    with Line(gateway) as line:
        last, latest = False, 0.0
        while not last:
            last, began = over.is_set(), time.perf_counter()
            reply = line.ask("GET", "/auth/me", cookies[0])
            if reply.status != 401:
                latest = began
            if reply.cookie:
                cookies.insert(0, reply.cookie)
    return _Use(latest, cookies)
