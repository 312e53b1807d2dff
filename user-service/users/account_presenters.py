"""Types of the documents of accounts and roles. The queries in ``store/account_json.py`` build their JSON."""

from datetime import datetime

from typing_extensions import TypedDict

from shared.web.pagination import PageFacts


class RoleName(TypedDict):
    """A role of a user."""

    id: int
    name: str


class User(TypedDict):
    """The signed-in user. ``slug`` is the name in lower case.

    ``placeholder`` (ThumbHash) and ``color`` describe the profile image; both are null if it is hosted elsewhere.
    """

    id: int
    username: str
    slug: str
    profile_image: str | None
    placeholder: str | None
    color: str | None
    image_version: int
    registered: datetime
    age_verified: bool
    roles: list[RoleName]
    permissions: list[str]
    settings: dict[str, str | int | float | bool]


class SignedIn(TypedDict):
    """``accessToken`` is a JWT (15 minutes, ``typ`` access) for front ends to read; no route requires it."""

    accessToken: str
    user: User


class OwnSession(TypedDict):
    """A session of the caller. ``address`` and ``device`` (a `User-Agent`) are those of the login; ``id`` is random.

    ``last_seen`` is updated at most once a minute. ``current`` marks the session of this request.
    """

    id: int
    device: str | None
    address: str
    begun: datetime
    last_seen: datetime
    current: bool


class AdminUser(TypedDict):
    """A user as administrators see them. ``logged_in``: the user has a session that is neither ended nor expired."""

    id: int
    slug: str
    username: str
    profile_image: str | None
    placeholder: str | None
    color: str | None
    registered: datetime
    age_verified: bool
    roles: list[RoleName]
    logged_in: bool


class AdminUsers(PageFacts):
    """A page of users."""

    users: list[AdminUser]


class Role(TypedDict):
    """A role, with the number of its permissions and of its users."""

    id: int
    name: str
    description: str
    permission_count: int
    user_count: int


class NewUser(TypedDict):
    """Id and slug of a user who has just registered."""

    id: int
    slug: str
