"""Requests that fit the declared routes: made from the declarations, so that a new route is covered at once."""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from catalog.app import PAGES as CATALOG
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.fields.values import Id
from shared.web.openapi import example
from shared.web.routes import Api, Route
from users.app import PAGES as USERS

PAGES = (CATALOG, MEDIA, USERS, FILES)
"""The pages of each service."""


def _public(pages: tuple[Api, ...]) -> Iterator[Route]:
    return (route for page in pages for route in page.routes if page.caller == "gateway" and route.function)


ROUTES = [route for pages in PAGES for route in _public(pages)]
"""Every route that a client reaches through the gateway."""


def path_of(route: Route, **parts: str) -> str:
    """Return a valid path of the route, with ``parts`` in place of the examples."""
    path = route.full_path
    for name, part in route.signature.parts.items():
        schema = part.adapter.json_schema()
        path = path.replace(f"<{name}>", parts.get(name, str(example(schema, {}))))
    return path


def body_of(route: Route) -> dict[str, Any]:
    """Return a valid body of the route; empty where it takes none."""
    if route.signature.body is None:
        return {}
    schema = TypeAdapter(route.signature.body.model).json_schema()
    value: dict[str, Any] = example(schema, schema.get("$defs", {}))
    return value


def query_of(route: Route) -> dict[str, Any]:
    """Return a valid query of the route: its required parameters."""
    return dict.fromkeys(required_query(route), 1)


def required_query(route: Route) -> list[str]:
    """Return the names of the required query parameters."""
    fields = route.signature.query.model.model_fields if route.signature.query else {}
    return [field.alias or name for name, field in fields.items() if field.is_required()]


def ids_of(route: Route) -> list[str]:
    """Return the names of the path parts that are ids."""
    return [name for name in route.signature.parts if route.signature.annotations[name] == Id]
