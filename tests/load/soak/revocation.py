"""Rights are revoked while in use: every request that begins after the answer is refused.

The request is the deletion of a rating that does not exist: a 404 means accepted, any other status refused.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

from tests.load.soak.asking import Line
from tests.support.accounts import PASSWORD
from tests.support.client import Client

_LET_IN = "Rating does not exist for this series"
_OTHER_PASSWORD = "staple battery horse correct"


def log_out(user: Client, _: Client, __: Client) -> None:
    """The user signs out."""
    user.post("/auth/logout")


def end_from_elsewhere(user: Client, elsewhere: Client, _: Client) -> None:
    """The user ends the session from another device."""
    ids = [session["id"] for session in elsewhere.get("/user/sessions") if not session["current"]]
    assert len(ids) == 1, ids
    elsewhere.delete(f"/user/sessions/{ids[0]}")


def change_password(user: Client, elsewhere: Client, _: Client) -> None:
    """The user changes the password on another device."""
    elsewhere.post("/user/change-password", current_password=PASSWORD, new_password=_OTHER_PASSWORD)


def change_own_password(user: Client, _: Client, __: Client) -> None:
    """The user changes the password while another client holds a copy of the cookie."""
    user.post("/user/change-password", current_password=PASSWORD, new_password=_OTHER_PASSWORD)


def be_logged_out(user: Client, _: Client, admin: Client) -> None:
    """An administrator ends all sessions of the user."""
    admin.post(f"/admin-users/logout/{user.user['id']}")


def lose_role(user: Client, _: Client, admin: Client) -> None:
    """An administrator removes the role that the request needs."""
    roles = [role["id"] for role in user.user["roles"]]
    admin.post(f"/admin-users/edit/{user.user['id']}", username=user.user["username"], removed_roles=roles)


def be_deleted(user: Client, _: Client, admin: Client) -> None:
    """An administrator deletes the account."""
    admin.delete(f"/admin-users/delete/{user.user['id']}")


Way = Callable[[Client, Client, Client], None]
WAYS: Sequence[Way] = (
    log_out,
    end_from_elsewhere,
    change_password,
    change_own_password,
    be_logged_out,
    lose_role,
    be_deleted,
)


def trials(
    gateways: Sequence[str], admin: Client, count: int, *, each: Callable[[], Any] = lambda: None
) -> list[str]:
    """Race ``count`` times, in each way in turn; return the faults."""
    wrong = []
    for number, way in enumerate(islice(cycle(WAYS), count)):
        acting = gateways[number // len(WAYS) % len(gateways)]
        late = _trial(gateways, acting, admin, way)
        wrong += [f"trial {number}, {way.__name__}: let in {seconds * 1000:.2f} ms after" for seconds in late]
        each()
    return wrong


def _trial(gateways: Sequence[str], acting: str, admin: Client, way: Way) -> list[float]:
    """Revoke the right on one gateway under requests to all; return the seconds until the last one was accepted."""
    user = Client(acting).register(f"raced-{secrets.token_hex(6)}")
    elsewhere = Client(acting).sign_in(user.user["username"])
    cookie = user.session.cookies["refreshToken"]
    admin.gateway = acting
    warm, over = threading.Barrier(len(gateways) + 1), threading.Event()

    def watch(gateway: str) -> float:
        """Return the start of the last accepted request; the last request begins after the revocation."""
        last = False
        with Line(gateway) as line:
            assert _is_let_in(line, cookie)
            warm.wait()
            latest = 0.0
            while not last:
                last, began = over.is_set(), time.perf_counter()
                latest = began if _is_let_in(line, cookie) else latest
        return latest

    with ThreadPoolExecutor(len(gateways)) as pool:
        watching = [pool.submit(watch, gateway) for gateway in gateways]
        warm.wait(30)
        way(user, elsewhere, admin)
        done = time.perf_counter()
        over.set()
        latest = [watched.result() for watched in watching]
    return [began - done for began in latest if began > done]


def _is_let_in(line: Line, cookie: str) -> bool:
    return bool(line.ask("DELETE", "/user/series-rating/delete/1", cookie).document["data"] == _LET_IN)
