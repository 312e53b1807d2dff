"""The successive cookies of a session, and the list of the own sessions."""

import time
from datetime import datetime
from http.cookies import SimpleCookie
from itertools import pairwise

import jwt
import psycopg2
import pytest
from requests import Response

from deploy.stack.stack import Stack
from tests.load.soak.rotation import pass_time
from tests.support.client import Client
from tests.support.errors import UNAUTHORIZED
from tests.support.ids import MAX_ID
from tests.support.waiting import wait_until

NO_RATING = (404, "Rating does not exist for this series")
RATING = "/user/series-rating/delete/1"
A_DAY = "1 day 1 second"


def cookie_of(client: Client) -> str:
    return str(client.session.cookies["refreshToken"])


def with_cookie(client: Client, cookie: str) -> Client:
    """Return a client with that cookie that accepts no new one."""
    copy = Client(client.gateway)
    copy.session.headers["Cookie"] = f"refreshToken={cookie}"
    return copy


def handed_out(answer: Response) -> str | None:
    assert answer.status_code == 200, answer.text
    cookie = SimpleCookie(answer.headers.get("Set-Cookie", "")).get("refreshToken")
    return cookie.value if cookie else None


def refreshed(client: Client, stack: Stack) -> str:
    """Return the successor of a cookie that is a day old."""
    pass_time(stack, client.user["id"], A_DAY)
    successor = handed_out(client.ask("GET", "/auth/me"))
    assert successor is not None
    return successor


def claims(token: str) -> dict[str, int]:
    decoded: dict[str, int] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def test_a_young_cookie_has_no_successor(member: Client, stack: Stack) -> None:
    pass_time(stack, member.user["id"], "23 hours 59 minutes")
    assert handed_out(member.ask("GET", "/auth/me")) is None


def test_a_day_old_cookie_has_one_that_lasts_a_month(member: Client, stack: Stack) -> None:
    first = cookie_of(member)
    second = refreshed(member, stack)
    assert (claims(first)["gen"], claims(second)["gen"]) == (0, 1)
    assert claims(second)["sid"] == claims(first)["sid"]
    assert claims(second)["exp"] - claims(second)["iat"] == 30 * 24 * 3600
    assert abs(claims(second)["iat"] - time.time()) < 60
    assert cookie_of(member) == second
    assert handed_out(member.ask("GET", "/auth/me")) is None
    third = refreshed(member, stack)
    assert claims(third)["gen"] == 2
    assert member.get("/auth/me")["user"]["id"] == member.user["id"]


def test_the_answer_that_got_lost_is_given_again(member: Client, stack: Stack) -> None:
    before = with_cookie(member, cookie_of(member))
    second = refreshed(member, stack)
    for _ in range(3):
        assert handed_out(before.ask("GET", "/auth/me")) == second
    assert before.refused("DELETE", RATING) == NO_RATING
    pass_time(stack, member.user["id"], "20 seconds")
    assert claims(str(handed_out(before.ask("GET", "/auth/me"))))["gen"] == 1
    assert member.refused("DELETE", RATING) == NO_RATING


@pytest.mark.parametrize("path", ["/auth/me", "/user/reading-history", "/volumes/slug/none", "/series/none"])
def test_a_copy_used_30_seconds_later_ends_the_session_wherever_it_is_used(
    member: Client, stack: Stack, path: str
) -> None:
    copy = with_cookie(member, cookie_of(member))
    refreshed(member, stack)
    pass_time(stack, member.user["id"], "31 seconds")
    assert member.ask("GET", "/auth/me").status_code == 200
    copy.ask("GET", path)
    assert copy.refused("GET", "/auth/me") == UNAUTHORIZED
    assert member.refused("GET", "/auth/me") == UNAUTHORIZED


def test_an_older_copy_ends_the_session_at_once(member: Client, stack: Stack) -> None:
    elsewhere = Client(member.gateway).sign_in(member.user["username"])
    copy = with_cookie(member, cookie_of(member))
    refreshed(member, stack)
    refreshed(member, stack)
    assert copy.refused("GET", "/auth/me") == UNAUTHORIZED
    assert member.refused("GET", "/auth/me") == UNAUTHORIZED
    assert elsewhere.refused("DELETE", RATING) == NO_RATING


def test_cookies_from_before_there_were_successors_are_first_ones(member: Client, stack: Stack) -> None:
    first = claims(cookie_of(member))
    del first["gen"]
    key = stack.settings("gateway")["SESSION_KEY"]
    old = with_cookie(member, jwt.encode(first, key, headers={"typ": "refresh"}))
    assert handed_out(old.ask("GET", "/auth/me")) is None
    pass_time(stack, member.user["id"], A_DAY)
    successor = handed_out(old.ask("GET", "/auth/me"))
    assert successor is not None
    assert claims(successor)["gen"] == 1


@pytest.mark.parametrize("generation", [1, 2**31, -1, "0", 0.0, True, None, [0]])
def test_a_generation_that_was_never_made_is_nobodys_and_ends_nothing(
    member: Client, stack: Stack, generation: object
) -> None:
    key = stack.settings("gateway")["SESSION_KEY"]
    forged = jwt.encode(claims(cookie_of(member)) | {"gen": generation}, key, headers={"typ": "refresh"})
    assert with_cookie(member, forged).refused("GET", "/auth/me") == UNAUTHORIZED
    assert member.ask("GET", "/auth/me").status_code == 200


def test_logging_out_ends_every_cookie_of_the_session(member: Client, stack: Stack) -> None:
    before = with_cookie(member, cookie_of(member))
    now = with_cookie(member, refreshed(member, stack))
    before.post("/auth/logout")
    assert now.refused("GET", "/auth/me") == UNAUTHORIZED


def test_one_sees_where_one_is_signed_in(member: Client) -> None:
    phone = Client(member.gateway)
    phone.session.headers["User-Agent"] = "Phone/1.0"
    phone.sign_in(member.user["username"])
    here, there = sorted(member.get("/user/sessions"), key=lambda session: not session["current"])
    assert (here["current"], there["current"]) == (True, False)
    assert there == {
        "id": there["id"],
        "device": "Phone/1.0",
        "address": phone.session.headers["X-Forwarded-For"],
        "begun": there["begun"],
        "last_seen": there["begun"],
        "current": False,
    }
    assert there["begun"].endswith("Z")
    assert str(claims(cookie_of(phone))["sid"]) not in str([here, there])


def test_the_ids_of_sessions_do_not_tell_how_many_there_are(member: Client) -> None:
    for _ in range(4):
        Client(member.gateway).sign_in(member.user["username"])
    ids = sorted(session["id"] for session in member.get("/user/sessions"))
    assert len(ids) == 5
    assert 0 < ids[0] < ids[-1] < 2**53
    assert min(later - earlier for earlier, later in pairwise(ids)) > 1000


def test_one_ends_ones_own_sessions_alone(member: Client, powerless: Client) -> None:
    phone = Client(member.gateway).sign_in(member.user["username"])
    (there,) = (session["id"] for session in member.get("/user/sessions") if not session["current"])
    unknown = (404, "Session not found")
    assert powerless.refused("DELETE", f"/user/sessions/{there}") == unknown
    assert member.delete(f"/user/sessions/{there}") == {"data": "Session ended", "code": 200}
    assert phone.refused("GET", "/auth/me") == UNAUTHORIZED
    assert member.refused("DELETE", f"/user/sessions/{there}") == unknown
    assert member.refused("DELETE", f"/user/sessions/{MAX_ID}") == unknown
    assert [session["current"] for session in member.get("/user/sessions")] == [True]


def test_ending_the_session_that_asks_is_a_logout(member: Client) -> None:
    copy = with_cookie(member, cookie_of(member))
    (here,) = member.get("/user/sessions")
    member.delete(f"/user/sessions/{here['id']}")
    assert "refreshToken" not in member.session.cookies
    assert copy.refused("GET", "/auth/me") == UNAUTHORIZED


def test_a_session_is_seen_again_when_it_is_used(member: Client, stack: Stack) -> None:
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE users.sessions SET last_seen = last_seen - interval '1 hour' WHERE user_id = %s"
            " RETURNING last_seen",
            [member.user["id"]],
        )
        ((long_ago,),) = cursor.fetchall()
    connection.close()
    wait_until(lambda: datetime.fromisoformat(member.get("/user/sessions")[0]["last_seen"]) > long_ago)


def test_a_session_that_was_just_seen_is_not_written(member: Client, stack: Stack) -> None:
    query = "SELECT xmin::text FROM users.sessions WHERE user_id = %s"
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute(query, [member.user["id"]])
        written = cursor.fetchall()
        for _ in range(20):
            member.get("/auth/me")
        cursor.execute(query, [member.user["id"]])
        assert cursor.fetchall() == written
    connection.close()
