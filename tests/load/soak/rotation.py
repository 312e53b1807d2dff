"""A hundred tabs refresh their cookie at once: one successor, no logout, and old copies detected."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg2

from deploy.stack.stack import Stack
from tests.load.soak.asking import Reply, ask
from tests.support.client import Client
from tests.support.overlap import at_once

TABS = 100


def pass_time(stack: Stack, user_id: int, interval: str) -> None:
    """Age the cookies of a user by so much in the database."""
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE users.sessions SET rotated_at = rotated_at - %s::interval WHERE user_id = %s",
            [interval, user_id],
        )
    connection.close()


def rounds(
    stack: Stack, gateways: Sequence[str], count: int, *, each: Callable[[], Any] = lambda: None
) -> list[str]:
    """Run ``count`` rounds over several gateways; return the faults."""
    client = Client(gateways[0]).register(f"tabs-{secrets.token_hex(6)}")
    wrong = []
    for number in range(count):
        client.sign_in(client.user["username"])
        first = client.session.cookies["refreshToken"]
        wrong += [f"round {number}: {fault}" for fault in _round(stack, gateways, client.user["id"], first)]
        each()
    return wrong


def _round(stack: Stack, gateways: Sequence[str], user_id: int, first: str) -> list[str]:
    """Refresh at once, refresh again, and reuse the first cookie."""
    pass_time(stack, user_id, "1 day 1 second")
    calls: list[Callable[[], Reply]] = [
        partial(ask, gateways[tab % len(gateways)], "GET", "/auth/me", first) for tab in range(TABS)
    ]
    replies = at_once(calls)
    statuses = Counter(reply.status for reply in replies)
    second = {reply.cookie for reply in replies}
    if statuses != {200: TABS} or len(second) != 1 or None in second:
        return [f"{dict(statuses)}, {len(second)} successors"]
    pass_time(stack, user_id, "1 day 1 second")
    third = ask(gateways[0], "GET", "/auth/me", str(second.pop())).cookie
    if third is None:
        return ["the successor got none"]
    copied = ask(gateways[-1], "GET", "/auth/me", first).status
    after = ask(gateways[0], "GET", "/auth/me", third).status
    return [] if (copied, after) == (401, 401) else [f"a copy got {copied}, then the owner {after}"]
