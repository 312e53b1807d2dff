"""Example values for JSON schemas, for documentation and tests."""

from collections.abc import Mapping
from typing import Any

_BY_FORMAT = {"date": "2024-05-02", "date-time": "2024-05-02T18:30:00Z", "uri": "https://example.org/"}


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return a valid value of ``schema``: its first example, or one built from its parts.

    ``schemas`` resolves its references by name.
    """
    if "$ref" in schema:
        return example(schemas[str(schema["$ref"]).rpartition("/")[2]], schemas)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example(schema[key][0], schemas)
    if schema.get("type") == "object":
        return {name: example(part, schemas) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [example(schema["items"], schemas)] if schema.get("items") else []
    return _plain(schema)


def _plain(schema: Mapping[str, Any]) -> Any:
    text = _BY_FORMAT.get(schema.get("format", ""), "text")
    plain = {"string": text, "integer": schema.get("minimum", 1), "number": 1, "boolean": False}
    return plain.get(schema.get("type", ""))
