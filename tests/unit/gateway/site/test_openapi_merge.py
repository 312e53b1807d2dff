"""The OpenAPI document of the whole API, merged from the services' documents."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from catalog.app import PAGES as CATALOG
from files.app import PAGES as FILES
from gateway.site.openapi_merge import merge
from media.app import PAGES as MEDIA
from shared.errors import NO_FILES_HERE
from shared.web.openapi import describe
from users.app import PAGES as USERS

PROGRAMS = {"catalog": CATALOG, "media": MEDIA, "users": USERS, "files": FILES}
ROUTES = [
    route
    for pages in PROGRAMS.values()
    for page in pages
    for route in page.routes
    if page.caller == "gateway" and route.function
]


def merged(*names: str) -> dict[str, Any]:
    return merge({name: describe(PROGRAMS[name]) for name in names})


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return merged("catalog", "media", "users", "files")


def operation(document: dict[str, Any], method: str, address: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][address.replace("<", "{").replace(">", "}")][method.lower()]
    return found


@pytest.mark.parametrize("names", [PROGRAMS, ("catalog", "media", "users")], ids=["with files", "without"])
def test_the_document_is_valid(names: tuple[str, ...]) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(merged(*names)).iter_errors()] == []


def test_every_route_is_described_with_all_it_can_answer(document: dict[str, Any]) -> None:
    for route in ROUTES:
        described = operation(document, route.method, route.full_path)
        assert described["summary"] not in {"", "Served by file nodes"}, route.full_path
        assert described.get("x-permission", "login") in (route.permission, "login")
        assert bool(described.get("security")) == (route.permission is not None)
        statuses = described["responses"].keys()
        assert {str(route.status), "400", "429", "500", "503", "504"} <= statuses, route.full_path
        assert {str(refusal.status) for refusal in route.refuses} <= statuses, route.full_path
        if route.method != "GET":
            assert "403" in statuses, route.full_path


def test_the_internal_routes_are_left_out(document: dict[str, Any]) -> None:
    assert not [path for path in document["paths"] if path.startswith("/internal")]


def test_the_file_service_describes_its_routes_and_the_owners_503_stays(document: dict[str, Any]) -> None:
    without = merged("catalog", "media", "users")
    for page in FILES:
        for route in page.routes:
            assert operation(without, route.method, route.full_path)["summary"] == "Served by file nodes"
            examples = operation(document, route.method, route.full_path)["responses"]["503"]["content"]
            assert NO_FILES_HERE.text in examples["application/json"]["examples"]
            assert "Service unavailable" in examples["application/json"]["examples"]


def test_operations_have_ids_of_their_own(document: dict[str, Any]) -> None:
    ids = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "operationId" in operation
    ]
    assert len(ids) == len(set(ids)) > 60


def test_schemas_of_one_name_and_two_meanings_stay_apart() -> None:
    def part(kind: str) -> dict[str, Any]:
        reference = {"$ref": "#/components/schemas/Thing"}
        content = {"application/json": {"schema": {"type": "array", "items": reference}}}
        operation = {"responses": {"200": {"description": "", "content": content}}}
        return {
            "paths": {f"/{kind}": {"get": operation}},
            "components": {"schemas": {"Thing": {"type": kind}}, "securitySchemes": {}},
        }

    both = merge({"one": part("string"), "two": part("integer")})
    kinds = {}
    for path in ("/string", "/integer"):
        schema = both["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        name = schema["items"]["$ref"].rpartition("/")[2]
        kinds[path] = both["components"]["schemas"][name]["type"]
    assert kinds == {"/string": "string", "/integer": "integer"}
