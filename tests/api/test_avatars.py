"""Profile images: changed by their user or an administrator, counted, and deleted with their user."""

import base64
import io

import psycopg2
import pytest
from PIL import Image

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.errors import FORBIDDEN
from tests.support.ids import MAX_ID

UPDATED = {"data": "Profile image updated successfully", "code": 200}
DELETED = {"data": "Profile image deleted successfully", "code": 200}
NOT_FOUND = (404, "User not found")


def picture(colour: str = "teal") -> str:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def upload(by: Client, user: Client, *, page: str = "user", colour: str = "teal") -> object:
    return by.post(f"/{page}/update-image/{user.user['id']}", image=picture(colour))


def me(client: Client) -> tuple[str | None, int]:
    user = client.get("/auth/me")["user"]
    return user["profile_image"], user["image_version"]


def state(stack: Stack, path: str | None) -> str | None:
    """Return the state of a stored path's key in the ledger, None if it has no row."""
    assert path is not None
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT state FROM users.files WHERE key = %s", [path.partition("/")[0]])
        row = cursor.fetchone()
    connection.close()
    return row[0] if row else None


def test_the_version_grows_with_every_change(member: Client, stack: Stack) -> None:
    assert me(member) == (None, 0)
    assert upload(member, member) == UPDATED
    first, version = me(member)
    assert version == 1
    assert first is not None
    assert first.endswith("/high.webp")
    assert state(stack, first) == "live"
    upload(member, member, colour="plum")
    second, version = me(member)
    assert version == 2
    assert second != first
    assert state(stack, first) in ("doomed", None)
    assert member.delete(f"/user/delete-image/{member.user['id']}") == DELETED
    assert me(member) == (None, 3)
    assert state(stack, second) in ("doomed", None)


def test_nothing_to_delete_is_a_500_here_and_a_404_for_administrators(member: Client, admin: Client) -> None:
    own = f"/user/delete-image/{member.user['id']}"
    assert member.refused("DELETE", own) == (500, "Internal server error")
    assert admin.refused("DELETE", own) == (500, "Internal server error")
    administrators = f"/admin-users/delete-image/{member.user['id']}"
    assert admin.refused("DELETE", administrators) == (404, "Profile image not found")
    assert me(member) == (None, 0)


def test_a_picture_is_ones_own(member: Client, powerless: Client, admin: Client) -> None:
    upload(member, member)
    path = f"/user/update-image/{member.user['id']}"
    assert powerless.refused("POST", path, json={"image": picture()}) == FORBIDDEN
    assert admin.refused("POST", path, json={"image": picture()}) == FORBIDDEN
    assert powerless.refused("DELETE", f"/user/delete-image/{member.user['id']}") == FORBIDDEN
    assert me(member)[1] == 1
    assert admin.delete(f"/user/delete-image/{member.user['id']}") == DELETED


def test_administrators_have_routes_of_their_own(member: Client, admin: Client) -> None:
    assert upload(admin, member, page="admin-users") == UPDATED
    assert me(member)[1] == 1
    for page in ("admin-users", "user"):
        assert member.get("/auth/me")["user"]["profile_image"]
        assert admin.delete(f"/{page}/delete-image/{member.user['id']}") == DELETED
        upload(admin, member, page="admin-users")
    body = {"image": picture()}
    assert member.refused("POST", f"/admin-users/update-image/{member.user['id']}", json=body) == FORBIDDEN
    assert member.refused("DELETE", f"/admin-users/delete-image/{member.user['id']}") == FORBIDDEN


def test_unknown_users_are_404(member: Client, admin: Client) -> None:
    body = {"image": picture()}
    assert admin.refused("POST", f"/admin-users/update-image/{MAX_ID}", json=body) == NOT_FOUND
    assert admin.refused("DELETE", f"/admin-users/delete-image/{MAX_ID}") == NOT_FOUND
    assert admin.refused("DELETE", f"/user/delete-image/{MAX_ID}") == NOT_FOUND
    assert member.refused("DELETE", f"/user/delete-image/{MAX_ID}") == FORBIDDEN
    assert member.refused("GET", f"/user/avatar/{MAX_ID}") == NOT_FOUND


def test_deleting_a_user_dooms_the_picture(member: Client, admin: Client, stack: Stack) -> None:
    upload(member, member)
    path, _ = me(member)
    admin.delete(f"/admin-users/delete/{member.user['id']}")
    assert state(stack, path) in ("doomed", None)
    assert (
        member.refused("POST", f"/user/update-image/{member.user['id']}", json={"image": picture()})
        == NOT_FOUND
    )
    assert member.refused("DELETE", f"/user/delete-image/{member.user['id']}") == NOT_FOUND


@pytest.fixture
def outside(member: Client, stack: Stack) -> str:
    """Return the external URL of a member's picture."""
    url = "https://pictures.example/me.png"
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE users.users SET profile_url = %s WHERE id = %s", [url, member.user["id"]])
    connection.close()
    return url


def test_a_picture_elsewhere_is_shown_and_replaced(member: Client, outside: str) -> None:
    assert me(member) == (outside, 0)
    assert member.ask("GET", f"/user/avatar/{member.user['id']}").headers["Location"] == outside
    upload(member, member)
    path, version = me(member)
    assert (path != outside, version) == (True, 1)


def test_a_picture_elsewhere_can_be_taken_away(member: Client, outside: str) -> None:
    assert member.delete(f"/user/delete-image/{member.user['id']}") == DELETED
    assert me(member) == (None, 1)
