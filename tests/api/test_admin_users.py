"""User management: roles, editing, logging out and deleting."""

import secrets
from typing import Any

import psycopg2
import pytest

from deploy.stack.stack import Stack
from tests.support.accounts import PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client, edit_path
from tests.support.errors import FORBIDDEN, INVALID, MISSING, UNAUTHORIZED
from tests.support.ids import MAX_ID
from tests.support.readers import STATUS

EDITED = {"data": "User edited successfully", "code": 200}
NOT_FOUND = (404, "User not found")


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
        ("GET", f"/admin-users/id/{MAX_ID}", None),
        ("POST", f"/admin-users/edit/{MAX_ID}", {"username": "somebody"}),
        ("POST", f"/admin-users/logout/{MAX_ID}", None),
        ("DELETE", f"/admin-users/delete/{MAX_ID}", None),
    ):
        assert admin.refused(method, path, json=body) == NOT_FOUND


def test_an_edit_counts_from_the_next_request(
    admin: Client, member: Client, role_ids: dict[str, int]
) -> None:
    assert member.refused("GET", "/admin-users") == FORBIDDEN
    name = f"Renamed-{secrets.token_hex(4)}"
    roles = {
        "added_roles": [role_ids["Admin"], str(role_ids["Editor"])],
        "removed_roles": [role_ids["Member"]],
    }
    assert admin.post(edit_path(member), username=name, age_verified=True, **roles) == EDITED
    me = member.get("/auth/me")["user"]
    assert (me["username"], me["slug"], me["age_verified"]) == (name, name.lower(), True)
    assert [role["name"] for role in me["roles"]] == ["Editor", "Admin"]
    assert member.get("/admin-users", search=name)["total"] == 1
    admin.post(edit_path(member), username=name, removed_roles=[role_ids["Admin"]])
    assert member.refused("GET", "/admin-users") == FORBIDDEN
    assert member.get("/auth/me")["user"]["age_verified"] is True
    Client(admin.gateway).sign_in(name.upper())


def test_roles_held_already_or_never_held_are_no_mistake(
    admin: Client, member: Client, role_ids: dict[str, int]
) -> None:
    roles = {"added_roles": [role_ids["Member"]] * 2, "removed_roles": [role_ids["Editor"]]}
    assert admin.post(edit_path(member), username=member.user["username"], **roles) == EDITED
    assert [role["name"] for role in member.get("/auth/me")["user"]["roles"]] == ["Member"]


@pytest.mark.parametrize(
    ("body", "refusal", "field"),
    [
        ({}, MISSING, "username"),
        ({"username": "usable", "age_verified": "perhaps"}, INVALID, "age_verified"),
        ({"username": "usable", "added_roles": 1}, INVALID, "added_roles"),
        ({"username": "usable", "added_roles": ["Admin"]}, INVALID, "added_roles"),
        ({"username": "usable", "added_roles": [MAX_ID]}, INVALID, "added_roles"),
        ({"username": "usable", "removed_roles": [MAX_ID]}, INVALID, "removed_roles"),
        (
            {"username": "usable", "added_roles": [1], "removed_roles": [1]},
            INVALID,
            "removed_roles",
        ),
        ({"username": "a b"}, (422, "Invalid username"), None),
        ({"username": "x" * 32}, (422, "Invalid username"), None),
    ],
)
def test_what_cannot_become_of_a_user(
    admin: Client, member: Client, body: Any, refusal: tuple[int, str], field: str | None
) -> None:
    answer = admin.ask("POST", edit_path(member), json=body)
    assert (answer.status_code, answer.json()["data"]) == refusal
    assert field is None or field in answer.json()["errors"]
    assert member.get("/auth/me")["user"] == member.user


def test_an_edit_happens_whole_or_not_at_all(admin: Client, member: Client, role_ids: dict[str, int]) -> None:
    body = {
        "username": admin.user["username"].upper(),
        "age_verified": True,
        "added_roles": [role_ids["Editor"]],
    }
    assert admin.refused("POST", edit_path(member), json=body) == (409, "Username already taken")
    assert member.get("/auth/me")["user"] == member.user


def test_a_name_may_change_its_case(admin: Client, member: Client) -> None:
    admin.post(edit_path(member), username=member.user["username"].upper())
    assert member.get("/auth/me")["user"]["username"] == member.user["username"].upper()


def test_logging_out_ends_every_session(admin: Client, member: Client) -> None:
    elsewhere = Client(admin.gateway).sign_in(member.user["username"])
    answer = admin.post(f"/admin-users/logout/{member.user['id']}")
    assert answer == {"data": "User logged out successfully", "code": 200}
    for client in (member, elsewhere):
        assert client.refused("GET", "/auth/me") == UNAUTHORIZED
    assert admin.get(f"/admin-users/id/{member.user['id']}")["logged_in"] is False
    member.sign_in(member.user["username"])


def test_deleting_takes_a_user_away(admin: Client, member: Client) -> None:
    path = f"/admin-users/delete/{member.user['id']}"
    assert admin.delete(path) == {"data": "User deleted successfully", "code": 200}
    assert admin.refused("DELETE", path) == NOT_FOUND
    assert admin.get("/admin-users", search=member.user["username"])["total"] == 0
    body = {"username": member.user["username"], "password": PASSWORD}
    assert member.refused("POST", "/auth/login", json=body) == (401, "Invalid credentials")


def rows_of(stack: Stack, user_id: int) -> dict[str, int]:
    """Return the number of rows of the user in each table of the schema."""
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
