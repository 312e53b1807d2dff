"""The 34 documented routes: permission, statuses and texts, exactly as the running system declares them.

``documented.txt`` was written down from the three API documents, not from the code.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Client

Documented = tuple[str, str, str, list[tuple[str, str]]]


def _documented() -> Iterator[Documented]:
    """(method, path, permission, [(status, text)]) of each route."""
    texts: list[tuple[str, str]] = []
    for line in (Path(__file__).parent / "documented.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            status, _, text = line.strip().partition(" ")
            texts.append((status, text))
        else:
            method, path, permission = line.split()
            texts = []
            yield method, path, permission, texts


ROUTES = list(_documented())


@pytest.fixture(scope="module")
def document(admin: Client) -> Any:
    return admin.get("/openapi.json")


def _texts(response: dict[str, Any]) -> set[str]:
    content = response["content"]["application/json"]
    examples = [content.get("example"), *(shown["value"] for shown in content.get("examples", {}).values())]
    return {example["data"] for example in examples if isinstance(example, dict) and "data" in example}


def test_there_are_34_documented_routes() -> None:
    assert len({(method, path) for method, path, _, _ in ROUTES}) == 34


@pytest.mark.parametrize(
    ("method", "path", "permission", "texts"),
    ROUTES,
    ids=[f"{method} {path}" for method, path, _, _ in ROUTES],
)
def test_a_documented_route_is_declared_to_the_letter(
    method: str, path: str, permission: str, texts: list[tuple[str, str]], document: Any
) -> None:
    operation = document["paths"][path][method.lower()]
    assert operation.get("x-permission", "login") == permission
    assert operation["security"] == [{"refreshToken": []}]
    missing = [
        f"{status} {text}" for status, text in texts if text not in _texts(operation["responses"][status])
    ]
    assert missing == []
