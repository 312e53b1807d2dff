"""User management: listing, editing, logging out and deleting, and never without an administrator."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from requests import Response

from deploy.stack.stack import Stack
from tests.support.barrier import released_together
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.readers import STATUS

EDITED = {"data": "User edited successfully", "code": 200}
NOT_FOUND = (404, "User not found")
LAST = (409, "Last administrator")
NOBODY = 9007199254740991


def fresh(gateway: str, name: str) -> Client:
    return Client(gateway).register(name)


def edit(user: Client) -> str:
    return f"/admin-users/edit/{user.user['id']}"


@pytest.fixture
def role_ids(admin: Client) -> dict[str, int]:
    return {role["name"]: role["id"] for role in admin.get("/admin-roles")}


@pytest.fixture
def crowd(admin: Client) -> tuple[str, list[Client]]:
    """Users whose names share a stem; the order they registered in is not that of their names."""
    stem = f"c{secrets.token_hex(4)}-"
    return stem, [fresh(admin.gateway, stem + end) for end in ("10", "b", "2", "A", "01")]


def names(answer: Any, stem: str) -> list[str]:
    return [user["username"].removeprefix(stem) for user in answer["users"]]


def test_roles_are_those_of_the_contract(admin: Client, member: Client) -> None:
    roles = {role["name"]: role for role in admin.get("/admin-roles")}
    assert {name: role["permission_count"] for name, role in roles.items()} == {
        "Member": 1,
        "Editor": 10,
        "Admin": 17,
    }
    assert all(
        role.keys() == {"id", "name", "description", "permission_count", "user_count"}
        for role in roles.values()
    )
    assert roles["Member"]["user_count"] >= 1
    assert member.user["roles"] == [{"id": roles["Member"]["id"], "name": "Member"}]


def test_an_editors_permissions_are_those_of_the_contract(editor: Client) -> None:
    assert editor.get("/auth/me")["user"]["permissions"] == [
        "add-media", "add-series", "edit-media", "edit-series", "edit-volumes", "manage-locks", "rate-series",
        "view-media", "view-series", "view-volumes",
    ]  # fmt: skip


def test_the_list_is_in_natural_order(admin: Client, crowd: tuple[str, list[Client]]) -> None:
    stem, _ = crowd
    assert names(admin.get("/admin-users", search=stem), stem) == ["01", "2", "10", "A", "b"]
    assert names(admin.get("/admin-users", search=stem, order="name-desc"), stem) == [
        "b",
        "A",
        "10",
        "2",
        "01",
    ]


def test_the_list_is_in_order_of_registration(admin: Client, crowd: tuple[str, list[Client]]) -> None:
    stem, users = crowd
    registered = [user.user["username"].removeprefix(stem) for user in users]
    assert names(admin.get("/admin-users", search=stem, order="registered-asc"), stem) == registered
    assert names(admin.get("/admin-users", search=stem, order="registered-desc"), stem) == registered[::-1]


def test_the_list_comes_in_pages(admin: Client, crowd: tuple[str, list[Client]]) -> None:
    stem, _ = crowd
    page = admin.get("/admin-users", search=stem.upper(), limit=2, offset=2)
    assert names(page, stem) == ["10", "A"]
    assert {key: page[key] for key in ("max", "from", "to", "total")} == {
        "max": 3,
        "from": 3,
        "to": 4,
        "total": 5,
    }
    beyond = admin.get("/admin-users", search=stem, limit=2, offset=5)
    assert beyond == {"users": [], "max": 0, "from": 0, "to": 0, "total": 5}
    whole = admin.get("/admin-users", search=stem, limit=NOBODY)
    assert names(whole, stem) == ["01", "2", "10", "A", "b"]
    assert whole["max"] == 1


def test_search_takes_wildcards_literally(admin: Client, member: Client) -> None:
    name = f"w_{secrets.token_hex(4)}"
    fresh(admin.gateway, name)
    assert names(admin.get("/admin-users", search=name), "") == [name]
    assert admin.get("/admin-users", search=name.replace("_", "%"))["total"] == 0
    assert admin.get("/admin-users", search="w\\")["total"] == 0
    fresh(admin.gateway, name.replace("_", "x"))
    assert names(admin.get("/admin-users", search=name), "") == [name]


def test_the_list_shows_one_role(
    admin: Client, crowd: tuple[str, list[Client]], role_ids: dict[str, int]
) -> None:
    stem, users = crowd
    editor = users[1]
    admin.post(edit(editor), username=editor.user["username"], added_roles=[role_ids["Editor"]])
    assert names(admin.get("/admin-users", search=stem, role=role_ids["Editor"]), stem) == ["b"]
    assert admin.get("/admin-users", search=stem, role=role_ids["Member"])["total"] == 5
    assert admin.get("/admin-users", role=NOBODY)["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"order": "name"},
        {"role": "Editor"},
        {"role": "0"},
        {"limit": "0"},
        {"offset": "-1"},
        {"limit": 2**53},
    ],
)
def test_an_unusable_query_is_a_400(admin: Client, query: dict[str, Any]) -> None:
    answer = admin.ask("GET", "/admin-users", params=query)
    assert (answer.status_code, answer.json()["data"]) == (400, "Invalid parameters")
    assert set(answer.json()["errors"]) == set(query)


def test_an_entry_tells_who_is_signed_in(admin: Client, member: Client) -> None:
    path = f"/admin-users/id/{member.user['id']}"
    entry = admin.get(path)
    shared = (
        "id",
        "slug",
        "username",
        "profile_image",
        "placeholder",
        "color",
        "registered",
        "age_verified",
        "roles",
    )
    assert entry == {key: member.user[key] for key in shared} | {"logged_in": True}
    member.post("/auth/logout")
    assert admin.get(path)["logged_in"] is False
    assert admin.get("/admin-users", search=member.user["username"])["users"] == [admin.get(path)]


def test_unknown_users_are_404(admin: Client) -> None:
    for method, path, body in (
        ("GET", f"/admin-users/id/{NOBODY}", None),
        ("POST", f"/admin-users/edit/{NOBODY}", {"username": "somebody"}),
        ("POST", f"/admin-users/logout/{NOBODY}", None),
        ("DELETE", f"/admin-users/delete/{NOBODY}", None),
    ):
        assert admin.refused(method, path, json=body) == NOT_FOUND


def test_an_edit_counts_from_the_next_request(
    admin: Client, member: Client, role_ids: dict[str, int]
) -> None:
    assert member.refused("GET", "/admin-users") == (403, "Forbidden")
    name = f"Renamed-{secrets.token_hex(4)}"
    roles = {
        "added_roles": [role_ids["Admin"], str(role_ids["Editor"])],
        "removed_roles": [role_ids["Member"]],
    }
    assert admin.post(edit(member), username=name, age_verified=True, **roles) == EDITED
    me = member.get("/auth/me")["user"]
    assert (me["username"], me["slug"], me["age_verified"]) == (name, name.lower(), True)
    assert [role["name"] for role in me["roles"]] == ["Editor", "Admin"]
    assert member.get("/admin-users", search=name)["total"] == 1
    admin.post(edit(member), username=name, removed_roles=[role_ids["Admin"]])
    assert member.refused("GET", "/admin-users") == (403, "Forbidden")
    assert member.get("/auth/me")["user"]["age_verified"] is True
    Client(admin.gateway).sign_in(name.upper())


def test_roles_held_already_or_never_held_are_no_mistake(
    admin: Client, member: Client, role_ids: dict[str, int]
) -> None:
    roles = {"added_roles": [role_ids["Member"]] * 2, "removed_roles": [role_ids["Editor"]]}
    assert admin.post(edit(member), username=member.user["username"], **roles) == EDITED
    assert [role["name"] for role in member.get("/auth/me")["user"]["roles"]] == ["Member"]


@pytest.mark.parametrize(
    ("body", "refusal", "field"),
    [
        ({}, (400, "Required parameters missing"), "username"),
        ({"username": "usable", "age_verified": "perhaps"}, (400, "Invalid parameters"), "age_verified"),
        ({"username": "usable", "added_roles": 1}, (400, "Invalid parameters"), "added_roles"),
        ({"username": "usable", "added_roles": ["Admin"]}, (400, "Invalid parameters"), "added_roles"),
        ({"username": "usable", "added_roles": [NOBODY]}, (400, "Invalid parameters"), "added_roles"),
        ({"username": "usable", "removed_roles": [NOBODY]}, (400, "Invalid parameters"), "removed_roles"),
        (
            {"username": "usable", "added_roles": [1], "removed_roles": [1]},
            (400, "Invalid parameters"),
            "removed_roles",
        ),
        ({"username": "a b"}, (422, "Invalid username"), None),
        ({"username": "x" * 32}, (422, "Invalid username"), None),
    ],
)
def test_what_cannot_become_of_a_user(
    admin: Client, member: Client, body: Any, refusal: tuple[int, str], field: str | None
) -> None:
    answer = admin.ask("POST", edit(member), json=body)
    assert (answer.status_code, answer.json()["data"]) == refusal
    assert field is None or field in answer.json()["errors"]
    assert member.get("/auth/me")["user"] == member.user


def test_an_edit_happens_whole_or_not_at_all(admin: Client, member: Client, role_ids: dict[str, int]) -> None:
    body = {
        "username": admin.user["username"].upper(),
        "age_verified": True,
        "added_roles": [role_ids["Editor"]],
    }
    assert admin.refused("POST", edit(member), json=body) == (409, "Username already taken")
    assert member.get("/auth/me")["user"] == member.user


def test_a_name_may_change_its_case(admin: Client, member: Client) -> None:
    admin.post(edit(member), username=member.user["username"].upper())
    assert member.get("/auth/me")["user"]["username"] == member.user["username"].upper()


def test_logging_out_ends_every_session(admin: Client, member: Client) -> None:
    elsewhere = Client(admin.gateway).sign_in(member.user["username"])
    answer = admin.post(f"/admin-users/logout/{member.user['id']}")
    assert answer == {"data": "User logged out successfully", "code": 200}
    for client in (member, elsewhere):
        assert client.refused("GET", "/auth/me") == (401, "Unauthorized")
    assert admin.get(f"/admin-users/id/{member.user['id']}")["logged_in"] is False
    member.sign_in(member.user["username"])


def test_deleting_takes_a_user_away(admin: Client, member: Client) -> None:
    path = f"/admin-users/delete/{member.user['id']}"
    assert admin.delete(path) == {"data": "User deleted successfully", "code": 200}
    assert admin.refused("DELETE", path) == NOT_FOUND
    assert admin.get("/admin-users", search=member.user["username"])["total"] == 0
    body = {"username": member.user["username"], "password": "correct horse battery staple"}
    assert member.refused("POST", "/auth/login", json=body) == (401, "Invalid credentials")


def rows_of(stack: Stack, user_id: int) -> dict[str, int]:
    """How many rows each table of the schema has that name the user."""
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name)"
            " WHERE table_schema = 'users' AND column_name = 'user_id' AND table_type = 'BASE TABLE'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM users.{table} WHERE user_id = %s", [user_id])
            (counts[table],) = cursor.fetchone() or (0,)
    connection.close()
    return counts


def test_deleting_a_user_deletes_all_that_is_theirs(
    admin: Client, member: Client, stack: Stack, catalogue: Catalogue
) -> None:
    series = catalogue.series()
    volume = catalogue.volume(catalogue.group(series))
    member.post(f"/user/reading-status/add/{series}", **STATUS, client=catalogue.client)
    member.post(f"/user/series-rating/add/{series}", rating=8)
    member.post(f"/user/collection/add/{volume}", client=catalogue.client)
    user_id = member.user["id"]
    owned = rows_of(stack, user_id)
    assert owned.keys() >= {
        "reading_statuses",
        "series_ratings",
        "collection_items",
        "user_roles",
        "sessions",
    }
    assert all(owned.values()), owned
    admin.delete(f"/admin-users/delete/{user_id}")
    assert not any(rows_of(stack, user_id).values())


def test_permissions_are_one_by_one(editor: Client, member: Client) -> None:
    for method, path in (
        ("GET", "/admin-users"),
        ("GET", f"/admin-users/id/{member.user['id']}"),
        ("POST", edit(member)),
        ("POST", f"/admin-users/logout/{member.user['id']}"),
        ("DELETE", f"/admin-users/delete/{member.user['id']}"),
        ("GET", "/admin-roles"),
    ):
        assert editor.refused(method, path, json={"username": "usable"}) == (403, "Forbidden")


@pytest.fixture
def two_administrators(
    admin: Client, stack: Stack, role_ids: dict[str, int]
) -> Iterator[tuple[Client, Client]]:
    """Two new administrators, for a moment the only ones there are."""
    pair = tuple(fresh(admin.gateway, f"chief-{secrets.token_hex(6)}") for _ in range(2))
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
    return lambda: by.ask("POST", edit(user), json=body)


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
    assert one.refused("POST", edit(one), json=renamed) == LAST
    assert one.get("/auth/me")["user"]["username"] == one.user["username"]
    one.post(edit(other), username=other.user["username"], added_roles=[role_ids["Admin"]])
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
