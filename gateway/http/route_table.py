"""The route table: path prefix -> service. Add a prefix here to forward further paths."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Route:
    """A path prefix and the service that serves it, its owner."""

    owner: str
    on_file_nodes: bool = False
    """True if file nodes serve it instead of the owner, while one is available."""
    public: bool = False
    """True if responses do not depend on the caller. Then the session is not looked up: pictures are public."""
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
    """Return the route with the longest prefix of whole segments; None where no route matches."""
    for length in range(min(_MAX_SEGMENTS, len(segments)), 0, -1):
        if found := _BY_SEGMENTS.get(tuple(segments[:length])):
            return found
    return None
