"""Documents of accounts and roles: their shapes, and the JSON that PostgreSQL makes of rows."""

from datetime import datetime

from typing_extensions import TypedDict

from shared.web.pagination import PageFacts


class RoleName(TypedDict):
    """A role somebody has."""

    id: int
    name: str


class User(TypedDict):
    """Who is signed in. ``slug`` is the name in lower case.

    ``placeholder`` (ThumbHash) and ``color`` are the profile image's, null for one outside of here.
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
    """``accessToken`` is a JWT (15 minutes, ``typ`` access) for front ends to read; no route asks for it."""

    accessToken: str
    user: User


class OwnSession(TypedDict):
    """A session of one's own. ``address`` and ``device`` (a `User-Agent`) are those it began with; ``id`` is random.

    ``last_seen`` is written down at most once a minute; ``current`` is the session that asks.
    """

    id: int
    device: str | None
    address: str
    begun: datetime
    last_seen: datetime
    current: bool


class AdminUser(TypedDict):
    """A user as administrators see them; ``logged_in``: has a session that is neither ended nor expired."""

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
    """A role, with how much it permits and how many have it."""

    id: int
    name: str
    description: str
    permission_count: int
    user_count: int


class NewUser(TypedDict):
    """Where a user who has just registered is found."""

    id: int
    slug: str
