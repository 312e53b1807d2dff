"""Merges the OpenAPI documents of the services into one.

Each service describes the routes it declares. File routes are declared twice, by the file service and, as a
placeholder, by the service that owns them: the file service's description is used.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.http.headers import TOO_LARGE as HEADERS_TOO_LARGE
from gateway.http.request_target import TOO_LONG
from gateway.proxy.forward import TIMED_OUT
from shared.build_info import RELEASE
from shared.errors import FORBIDDEN, INVALID, TOO_LARGE, TOO_MANY_REQUESTS, UNAVAILABLE, Refusal
from shared.identity import cookie_name

FILES = "files"
_METHODS = ("get", "post", "delete", "put", "patch")
_SCHEMA = re.compile(r"^#/components/schemas/(\w+)$")
_GUIDE = Path(__file__).parent / "pages" / "guide.md"
_OWN_TAG = {
    "name": "System",
    "description": "Health and documentation of the whole installation, served by the gateway itself.",
}

Document = dict[str, Any]

_GATEWAY_ANSWERS: Mapping[str, tuple[Refusal, str]] = {
    "Refused": (INVALID, "The path is not plain UTF-8, or `refreshToken` was sent more than once."),
    "ForeignOrigin": (FORBIDDEN, "The browser reports that another site caused the request."),
    "TooLarge": (TOO_LARGE, "The body is larger than the operator's limit."),
    "TooLong": (TOO_LONG, "The path or the query is too long."),
    "HeadersTooLarge": (
        HEADERS_TOO_LARGE,
        "The request line and headers have more than 32 KiB together, or one of them is too long.",
    ),
    "TooManyRequests": (
        TOO_MANY_REQUESTS,
        "More requests in a minute from one address than the operator's limit.",
    ),
    "Unavailable": (UNAVAILABLE, "A part of the system is unavailable."),
    "TimedOut": (TIMED_OUT, "No response in time; the request may still be executed."),
}
"""Component name -> a refusal of the gateway, and its reason."""


def merge(parts: Mapping[str, Document], cookie: str = cookie_name.NAME) -> Document:
    """Return one document for ``parts`` (service -> its document), with the gateway's responses and its own pages.

    ``cookie`` is the configured name of the session cookie; the services' documents have its default name.
    """
    document = _merged(parts)
    if cookie == cookie_name.NAME:
        return document
    named: Document = _with_cookie(document, f"`{cookie}`")
    for scheme in named["components"]["securitySchemes"].values():
        scheme["name"] = cookie
    return named


def _merged(parts: Mapping[str, Document]) -> Document:
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    tags: list[Mapping[str, str]] = []
    # Files last: its operations replace the owners'.
    for service in sorted(parts, key=lambda name: name == FILES):
        part = _with_own_names(parts[service], service, schemas)
        schemas |= part["components"]["schemas"]
        tags += [tag for tag in part.get("tags", ()) if tag not in tags]
        for path, operations in part["paths"].items():
            _add(paths.setdefault(path, {}), operations)
    for operations in paths.values():
        for method in operations.keys() & set(_METHODS):
            _add_gateway_answers(method, operations[method])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bunko", "version": RELEASE, "description": _GUIDE.read_text(encoding="utf-8")},
        "servers": [{"url": "/", "description": "This address"}],
        "tags": [*tags, _OWN_TAG],
        "paths": paths | _own_paths(),
        "components": {
            "schemas": schemas,
            "responses": {name: _response(refusal, why) for name, (refusal, why) in _GATEWAY_ANSWERS.items()},
            "securitySchemes": next(iter(parts.values()))["components"]["securitySchemes"],
        },
    }


def _with_cookie(value: Any, quoted: str) -> Any:
    """Return ``value`` with the session cookie's name replaced in all texts."""
    if isinstance(value, list):
        return [_with_cookie(item, quoted) for item in value]
    if isinstance(value, dict):
        return {key: _with_cookie(item, quoted) for key, item in value.items()}
    return value.replace(f"`{cookie_name.NAME}`", quoted) if isinstance(value, str) else value


def _with_own_names(part: Document, service: str, taken: Mapping[str, Any]) -> Document:
    """Return a service's document with its schemas renamed where ``taken`` has another one of the same name."""
    clashing = {
        name: service.capitalize() + name
        for name, schema in part["components"]["schemas"].items()
        if name in taken and taken[name] != schema
    }
    if not clashing:
        return part
    renamed: Document = _with_references(part, clashing)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {clashing.get(name, name): schema for name, schema in schemas.items()}
    return renamed


def _with_references(value: Any, names: Mapping[str, str]) -> Any:
    """Return ``value`` with its schema references renamed."""
    if isinstance(value, list):
        return [_with_references(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _with_references(item, names) for key, item in value.items()}
    reference = changed.get("$ref")
    if isinstance(reference, str) and (match := _SCHEMA.match(reference)):
        changed["$ref"] = f"#/components/schemas/{names.get(match[1], match[1])}"
    return changed


def _add(operations: dict[str, Any], later: Mapping[str, Any]) -> None:
    """Add ``later`` operations of a path; responses of the placeholders they replace stay documented."""
    for method, operation in later.items():
        earlier = operations.get(method)
        operations[method] = operation
        if earlier is None:
            continue
        for status, response in earlier["responses"].items():
            known = operation["responses"].setdefault(status, response)
            if known is not response:
                known["description"] = f"{response['description']} / {known['description']}"
                examples = known["content"]["application/json"]["examples"]
                examples |= response["content"]["application/json"]["examples"]


def _add_gateway_answers(method: str, operation: Document) -> None:
    """Add the gateway's own responses, for each status that the service does not document."""
    names = {
        "400": "Refused",
        "414": "TooLong",
        "429": "TooManyRequests",
        "431": "HeadersTooLarge",
        "503": "Unavailable",
        "504": "TimedOut",
    }
    if method != "get":
        names["403"] = "ForeignOrigin"
    if "requestBody" in operation:
        names["413"] = "TooLarge"
    responses = operation["responses"]
    for status, name in names.items():
        responses.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    operation["responses"] = dict(sorted(responses.items()))


def _response(refusal: Refusal, why: str) -> Document:
    """Return the response object of a refusal of the gateway."""
    response: Document = {
        "description": f"{refusal.text}: {why}",
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Response"},
                "example": refusal.document(),
            }
        },
    }
    if refusal.status in (429, 503, 504):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        response["headers"] = {"Retry-After": seconds}
    return response


def _own_paths() -> dict[str, Document]:
    now = "2026-01-31T12:00:00Z"
    about = {"started": now, "version": RELEASE, "schema": {"at": "catalog_0001", "newest": "catalog_0001"}}
    seen = {"state": "ready", "since": now}
    services = [{"name": "catalog", **seen, "nodes": [{**seen, **about}]}]
    return {
        "/status": _own(
            "Health of each service, and since when: an HTML page, or JSON where the client accepts only that.",
            {"state": "well", "looked": now, "services": services},
            is_page=True,
        ),
        "/openapi.json": _own("This document.", {"openapi": "3.1.0"}, may_be_unavailable=True),
        "/health/live": _own("Liveness of the gateway.", {"status": "alive"}),
        "/health/ready": _own(
            "Readiness of the gateway: it reaches its database.", {"status": "ready"}, may_be_unavailable=True
        ),
        "/health/files": _own(
            "Number of configured file nodes, and of those that answer.", {"configured": 1, "answering": 1}
        ),
    }


def _own(
    summary: str, example: Mapping[str, object], *, may_be_unavailable: bool = False, is_page: bool = False
) -> Document:
    """Return the path item of a page of the gateway; ``is_page`` if it also has an HTML form."""
    content: Document = {"application/json": {"schema": {"type": "object"}, "example": example}}
    if is_page:
        content["text/html"] = {"schema": {"type": "string"}}
    answers: Document = {"200": {"description": "The document", "content": content}}
    if may_be_unavailable:
        answers["503"] = {"$ref": "#/components/responses/Unavailable"}
    return {"get": {"tags": [_OWN_TAG["name"]], "summary": summary, "responses": answers}}
