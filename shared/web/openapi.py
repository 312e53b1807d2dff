"""The OpenAPI 3.1 document of a service, generated from its route declarations."""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from flask import Response
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from shared.errors import (
    FORBIDDEN,
    INVALID,
    MISSING,
    NO_FILES_HERE,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNAVAILABLE,
    Refusal,
)
from shared.fields.values import NOT_WHOLE
from shared.identity import cookie_name
from shared.web.answers import DocumentWithHeaders, Json, Stream
from shared.web.handlers import HandlerSignature
from shared.web.openapi_examples import example
from shared.web.parsing import REQUIRED
from shared.web.routes import LOGIN, Api, Route

__all__ = ["MESSAGE", "describe", "example"]

_COMPONENT = "#/components/schemas/{model}"
_PART = re.compile(r"<(?:\w+:)?(\w+)>")

MESSAGE: Mapping[str, Any] = {
    "type": "object",
    "title": "Response",
    "description": "Every message and every refusal. `errors` names fields, on a 400.",
    "required": ["data", "code"],
    "properties": {
        "data": {"type": "string"},
        "code": {"type": "integer", "description": "The HTTP status."},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Field -> what is wrong with it.",
        },
    },
}
_COOKIE = {
    "type": "apiKey",
    "in": "cookie",
    "name": cookie_name.NAME,
    "description": "Set by `POST /auth/login`, sent by the browser itself, out of reach of scripts.",
}
_SET_COOKIE = {
    "Set-Cookie": {
        "description": f"The cookie `{cookie_name.NAME}`, given or taken.",
        "schema": {"type": "string"},
    }
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


def describe(pages: Sequence[Api]) -> dict[str, Any]:
    """Return the OpenAPI document of ``pages``. Pages for other services are left out."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Response": MESSAGE}
    public = [page for page in pages if page.caller == "gateway"]
    for route in (route for page in public for route in page.routes):
        path = _PART.sub(r"{\1}", route.full_path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "paths": paths,
        "tags": [{"name": name} for name in dict.fromkeys(page.tag for page in public)],
        "components": {"schemas": schemas, "securitySchemes": {cookie_name.NAME: _COOKIE}},
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    summary, _, rest = inspect.cleandoc((route.function and route.function.__doc__) or "").partition("\n")
    access = {None: "Open to everybody.", LOGIN: "Needs a login."}.get(
        route.permission, f"Needs the permission `{route.permission}`."
    )
    operation: dict[str, Any] = {
        "tags": [route.api.tag],
        "summary": summary or "Served by file nodes",
        "description": "\n\n".join(filter(None, [rest.strip(), access])),
        "operationId": re.sub(r"\W+", "_", f"{route.method}{route.full_path}").strip("_").lower(),
        "parameters": list(_parameters(route, schemas)),
        "responses": _responses(route, schemas),
    }
    if route.permission is not None:
        operation["security"] = [{cookie_name.NAME: []}]
    if route.permission not in (None, LOGIN):
        operation["x-permission"] = route.permission
    if route.signature.body is not None:
        schema = _component(route.signature.body.model, "validation", schemas)
        content = {"schema": schema, "example": example(schema, schemas)}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _parameters(route: Route, schemas: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for name in _PART.findall(route.full_path):
        part = route.signature.parts.get(name)
        schema = _collect(part.adapter.json_schema(ref_template=_COMPONENT), schemas) if part else {}
        if name in route.signature.optional:
            schema["default"] = route.signature.optional[name]
        yield _parameter(name, "path", schema or {"type": "string"}, required=True)
    if route.signature.query is None:
        return
    whole = _collect(TypeAdapter(route.signature.query.model).json_schema(ref_template=_COMPONENT), schemas)
    for name, schema in whole["properties"].items():
        yield _parameter(name, "query", schema, required=name in whole.get("required", ()))


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """Return a parameter object; description and example are moved from its schema to the parameter itself."""
    parameter: dict[str, Any] = {"name": name, "in": place, "required": required}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    if required and schema.get("examples"):
        parameter["example"] = schema["examples"][0]
    return parameter | {"schema": schema}


def _responses(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the responses of the route by status, with each text as an example."""
    responses = _successes(route, schemas) if route.function else {}
    by_status: dict[int, dict[str, Refusal]] = {}
    for refusal in _refusals(route):
        by_status.setdefault(refusal.status, {}).setdefault(refusal.text, refusal)
    for status, refusals in sorted(by_status.items()):
        examples = {text: {"value": refusal.document()} for text, refusal in refusals.items()}
        responses[str(status)] = {
            "description": " / ".join(refusals),
            "content": {
                "application/json": {
                    "schema": {"$ref": _COMPONENT.format(model="Response")},
                    "examples": examples,
                }
            },
        }
        if status == TOO_MANY_REQUESTS.status or UNAVAILABLE.text in refusals:
            responses[str(status)]["headers"] = _RETRY_AFTER
    return responses


def _refusals(route: Route) -> Iterable[Refusal]:
    if route.function is None:
        return [NO_FILES_HERE]
    signature, found = route.signature, [*route.refuses]
    if signature.parts or signature.query or signature.body:
        found += [MISSING.with_errors(_missing(signature)), INVALID.with_errors(_unusable(signature))]
    if signature.body:
        found.append(TOO_LARGE)
    if route.permission is not None:
        found += [UNAUTHORIZED, *([route.api.gone] if route.api.gone.status != UNAUTHORIZED.status else [])]
    if route.permission not in (None, LOGIN):
        found.append(FORBIDDEN)
    return [*found, Refusal(500, route.failed), UNAVAILABLE]


def _missing(signature: HandlerSignature) -> dict[str, str]:
    """Return an example of ``errors`` with all required fields missing."""
    fields = [spellings[0] for spellings in signature.body.required] if signature.body else []
    query = signature.query.model.model_fields.items() if signature.query else ()
    fields += [field.alias or name for name, field in query if field.is_required()]
    return dict.fromkeys(fields, REQUIRED)


def _unusable(signature: HandlerSignature) -> dict[str, str]:
    """Return an example of ``errors`` with an invalid first path part."""
    return dict.fromkeys(list(signature.parts)[:1], NOT_WHOLE)


def _successes(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    returns = route.signature.returns
    if get_origin(returns) in (Union, UnionType) and NoneType not in get_args(returns):
        returns = get_args(returns)[0]  # a Listing: Json or Stream of the same document
    if returns is Response:
        return {
            "200": {"description": "The picture", "content": {"image/*": {}}},
            "304": {"description": "The picture is still the one that `If-None-Match` names."},
        }
    headers = _SET_COOKIE if get_origin(returns) is DocumentWithHeaders else {}
    if get_origin(returns) in (Json, Stream, DocumentWithHeaders):
        returns = get_args(returns)[0]
    response = _success(route, returns, schemas)
    return {str(route.status): response | ({"headers": headers} if headers else {})}


def _success(route: Route, returns: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = _component(returns, "serialization", schemas) if returns not in (None, NoneType) else {}
    value = example(schema, schemas) if schema else None
    if route.done is None:
        content = {"schema": schema or {"type": "null"}, "example": value}
        return {"description": "The document", "content": {"application/json": content}}
    parts = [{"$ref": _COMPONENT.format(model="Response")}, *([schema] if schema else [])]
    content = {
        "schema": {"allOf": parts},
        "example": {"data": route.done, "code": route.status} | (value or {}),
    }
    return {"description": route.done, "content": {"application/json": content}}


def _component(annotation: Any, mode: JsonSchemaMode, schemas: dict[str, Any]) -> dict[str, Any]:
    """Add the schema of ``annotation`` to ``schemas`` and return a reference; return unnamed schemas themselves."""
    schema = _collect(TypeAdapter(annotation).json_schema(mode=mode, ref_template=_COMPONENT), schemas)
    title = schema.get("title")
    if not title or schema.get("type") != "object":
        return schema
    schemas[title] = schema
    return {"$ref": _COMPONENT.format(model=title)}


def _collect(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Move the definitions of ``schema`` into ``schemas``; return ``schema`` without Pydantic's extras."""
    for name, definition in schema.pop("$defs", {}).items():
        schemas[name] = _tidy(definition)
    return _tidy(schema)


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove titles derived from field names, and null defaults of fields that do not accept null."""
    for part in schema.get("properties", {}).values():
        part.pop("title", None)
        if part.get("default", ...) is None and not _accepts_null(part):
            del part["default"]
    return schema


def _accepts_null(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null" or any(_accepts_null(part) for part in schema.get("anyOf", ()))
