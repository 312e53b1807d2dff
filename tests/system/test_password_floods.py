"""A hundred concurrent logins: some are refused, and other routes of the service do not wait for them."""

import secrets
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.support.client import Client
from users.hashing import QUEUE

LOGINS = 100


def test_other_requests_do_not_wait_behind_a_hundred_logins(member: Client) -> None:
    """Judged by order, not by a clock: a request must not wait until most logins have been answered."""
    statuses: list[int] = []
    one_is_done, barrier = threading.Event(), threading.Barrier(LOGINS)

    def sign_in() -> None:
        client = Client(member.gateway)
        body = {"username": f"nobody-{secrets.token_hex(6)}", "password": "wrong horse"}
        barrier.wait(30)
        answer = client.ask("POST", "/auth/login", json=body)
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] == "1"
        statuses.append(answer.status_code)
        one_is_done.set()

    with ThreadPoolExecutor(LOGINS) as pool:
        logins = [pool.submit(sign_in) for _ in range(LOGINS)]
        assert one_is_done.wait(30)
        before = statuses.count(401)
        assert len(member.get("/user/sessions")) == 1
        hashed_meanwhile = statuses.count(401) - before
    for login in logins:
        login.result()
    seen = Counter(statuses)
    assert set(seen) <= {401, 503}
    assert seen[401] > QUEUE
    assert hashed_meanwhile <= 2 * QUEUE, f"{hashed_meanwhile} logins were answered first"
