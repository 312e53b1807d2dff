"""Which program answers which paths, as data. To add a page of routes, add its prefix."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a prefix: its owner, or a file node while there is one."""

    owner: str
    on_file_nodes: bool = False
    public: bool = False
    """Whether its answers are the same for all: nobody's session is looked up for a picture."""
    prefix: str = field(default="", compare=False)


_OWNERS = {
    "/admin-volumes": "catalog",
    "/volumes": "catalog",
    "/series": "catalog",
    "/admin-series": "catalog",
    "/admin": "catalog",
    "/media": "media",
    "/auth": "users",
    "/user": "users",
    "/users": "users",
    "/admin-users": "users",
    "/admin-roles": "users",
}
_FILE_ROUTES = {
    "/admin-volumes/update-image": "catalog",
    "/admin-volumes/recrop-image": "catalog",
    "/admin-volumes/original-image": "catalog",
    "/admin-volumes/delete-image": "catalog",
    "/volumes/cover": "catalog",
    "/media/add": "media",
    "/media/delete": "media",
    "/media/image": "media",
    "/files": "media",
    "/user/update-image": "users",
    "/user/delete-image": "users",
    "/user/avatar": "users",
    "/admin-users/update-image": "users",
    "/admin-users/delete-image": "users",
}
_PUBLIC = ("/volumes/cover", "/media/image", "/user/avatar", "/files")

ROUTES = {prefix: Route(owner, prefix=prefix) for prefix, owner in _OWNERS.items()} | {
    prefix: Route(owner, on_file_nodes=True, prefix=prefix) for prefix, owner in _FILE_ROUTES.items()
}
ROUTES |= {prefix: replace(ROUTES[prefix], public=True) for prefix in _PUBLIC}

_BY_SEGMENTS = {tuple(prefix.split("/")[1:]): route for prefix, route in ROUTES.items()}
_MAX_SEGMENTS = max(map(len, _BY_SEGMENTS))


def find_route(segments: Sequence[str]) -> Route | None:
    """Return who answers a path, by the longest prefix of whole segments; None where nobody does."""
    for length in range(min(_MAX_SEGMENTS, len(segments)), 0, -1):
        if found := _BY_SEGMENTS.get(tuple(segments[:length])):
            return found
    return None
