"""The last administrator can be neither demoted nor deleted."""

import secrets
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from requests import Response

from deploy.stack.stack import Stack
from tests.support.barrier import released_together
from tests.support.client import Client, edit_path

LAST = (409, "Last administrator")


@pytest.fixture
def two_administrators(
    admin: Client, stack: Stack, role_ids: dict[str, int]
) -> Iterator[tuple[Client, Client]]:
    """Two new administrators, the only ones during the test."""
    pair = tuple(Client(admin.gateway).register(f"chief-{secrets.token_hex(6)}") for _ in range(2))
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM users.user_roles WHERE role_id = %s RETURNING user_id", [role_ids["Admin"]]
        )
        others = cursor.fetchall()
        grant = "INSERT INTO users.user_roles (user_id, role_id) SELECT id, %s FROM users.users WHERE id = %s"
        for client in pair:
            cursor.execute(grant, [role_ids["Admin"], client.user["id"]])
        connection.commit()
        try:
            yield pair[0], pair[1]
        finally:
            for (user_id,) in others:
                cursor.execute(grant, [role_ids["Admin"], user_id])
            connection.commit()
            for client in pair:
                cursor.execute("DELETE FROM users.users WHERE id = %s", [client.user["id"]])


def demote(by: Client, user: Client, role_ids: dict[str, int]) -> Callable[[], Response]:
    body = {"username": user.user["username"], "removed_roles": [role_ids["Admin"]]}
    return lambda: by.ask("POST", edit_path(user), json=body)


def remove(by: Client, user: Client) -> Callable[[], Response]:
    return lambda: by.ask("DELETE", f"/admin-users/delete/{user.user['id']}")


def test_the_last_administrator_stays(
    two_administrators: tuple[Client, Client], role_ids: dict[str, int]
) -> None:
    one, other = two_administrators
    assert demote(one, other, role_ids)().status_code == 200
    for attempt in (demote(one, one, role_ids), remove(one, one)):
        answer = attempt()
        assert (answer.status_code, answer.json()["data"]) == LAST
    renamed = {"username": one.user["username"] + "x", "removed_roles": [role_ids["Admin"]]}
    assert one.refused("POST", edit_path(one), json=renamed) == LAST
    assert one.get("/auth/me")["user"]["username"] == one.user["username"]
    one.post(edit_path(other), username=other.user["username"], added_roles=[role_ids["Admin"]])
    assert remove(one, one)().status_code == 200


@pytest.mark.parametrize("round_", range(4))
def test_two_administrators_cannot_take_each_other_away(
    two_administrators: tuple[Client, Client], role_ids: dict[str, int], stack: Stack, round_: int
) -> None:
    one, other = two_administrators
    attempts = [
        demote(one, other, role_ids),
        remove(other, one) if round_ % 2 else demote(other, one, role_ids),
    ]
    answers = released_together(stack.database_url("users"), "users.user_roles", attempts)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
