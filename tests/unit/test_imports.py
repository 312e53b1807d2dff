"""Which package may import which. Imports run one way, so that each package is understood without those above it."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from deploy.installation.configuration import ROOT

FOLDERS = {
    "gateway": "gateway",
    "shared": "shared",
    "catalog": "catalog-service/catalog",
    "media": "media-service/media",
    "users": "user-service/users",
    "files": "file-service/files",
    "deploy": "deploy",
}

PROGRAMS = {
    "shared": (),
    "gateway": ("shared",),
    "catalog": ("shared",),
    "media": ("shared",),
    "users": ("shared",),
    "files": ("shared",),
    "deploy": ("shared", "catalog", "media", "users", "files"),
}
"""Program -> the programs that it may import. Services never import each other."""

GATEWAY = {
    "http": (),
    "database": (),
    "proxy": ("http",),
    "admission": ("database", "http", "proxy"),
    "site": ("database", "http", "proxy"),
    "worker": ("admission", "http"),
    "dispatch": ("admission", "http", "proxy"),
    "pipeline": ("admission", "database", "dispatch", "http"),
    "forwarding": ("admission", "database", "http", "pipeline"),
    "app": ("admission", "database", "dispatch", "forwarding", "http", "pipeline", "proxy", "site"),
}
SHARED = {
    "settings": (),
    "errors": (),
    "shutdown": (),
    "read_your_writes": (),
    "strict_json": (),
    "build_info": ("settings",),
    "fields": ("errors", "settings"),
    "observability": ("build_info", "errors", "settings", "shutdown"),
    "identity": ("errors", "read_your_writes", "settings", "strict_json"),
    "postgres": ("errors", "observability", "read_your_writes", "settings", "shutdown"),
    "rpc": ("errors", "identity", "observability", "read_your_writes", "settings", "shutdown"),
    "serving": ("build_info", "observability", "settings", "shutdown"),
    "web": (
        *("build_info", "errors", "fields", "identity", "observability", "postgres", "read_your_writes"),
        *("settings", "shutdown", "strict_json"),
    ),
    "files": ("errors", "fields", "postgres", "settings", "web"),
}
DEPLOY = {
    "user_error": (),
    "installation": ("user_error",),
    "running": ("installation", "user_error"),
    "postgresql": ("installation", "running", "user_error"),
    "stack": ("installation", "postgresql", "running", "user_error"),
    "verify": ("installation", "postgresql", "user_error"),
    "storage": ("installation", "postgresql", "running", "stack", "user_error"),
    "doctor": ("installation", "postgresql", "running", "stack", "user_error"),
    "backup": ("installation", "postgresql", "running", "stack", "storage", "user_error"),
    "commands": (
        *("backup", "doctor", "installation", "postgresql", "running", "stack", "storage", "user_error"),
        "verify",
    ),
    "demo": ("installation", "stack", "user_error"),
    "maintenance": ("demo", "installation", "stack", "user_error"),
    "migrations": (),
    "__main__": ("commands", "installation", "user_error"),
}
"""Nothing that operates Bunko imports ``demo`` or ``maintenance``: the operator's image does not hold them."""


def imported(path: Path) -> Iterator[str]:
    """Return every module that a file imports, and every name that could be one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@cache
def edges(program: str) -> frozenset[tuple[str, str, str]]:
    """Return the imports between packages (or top modules) of a program: from, to, and file."""
    folder = ROOT / FOLDERS[program]
    found = set()
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        for name in imported(path):
            first, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if first == program and other != own and own not in {"__init__", "gunicorn.conf"}:
                found.add((own, other, f"{path.relative_to(ROOT)} imports {name}"))
    return frozenset(found)


@pytest.mark.parametrize(
    ("program", "may"),
    [("gateway", GATEWAY), ("shared", SHARED), ("deploy", DEPLOY)],
    ids=["gateway", "shared", "deploy"],
)
def test_packages_import_in_one_direction(program: str, may: Mapping[str, tuple[str, ...]]) -> None:
    wrong = [where for own, other, where in edges(program) if other not in may.get(own, ())]
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize(
    "may", [GATEWAY, SHARED, DEPLOY, PROGRAMS], ids=["gateway", "shared", "deploy", "programs"]
)
def test_what_is_allowed_has_no_cycle(may: Mapping[str, tuple[str, ...]]) -> None:
    order: list[str] = []
    while len(order) < len(may):
        free = [name for name, others in may.items() if name not in order and set(others) <= set(order)]
        assert free, f"a cycle among {sorted(set(may) - set(order))}"
        order += free


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_import_nothing_but_what_they_may(program: str) -> None:
    wrong = []
    for path in (ROOT / FOLDERS[program]).rglob("*.py"):
        firsts = {name.partition(".")[0] for name in imported(path)}
        wrong += [f"{path}: {first}" for first in firsts & FOLDERS.keys() - {program, *PROGRAMS[program]}]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("program", ["catalog", "media", "users", "files"])
def test_rules_are_pure(program: str) -> None:
    """Rules import neither Flask nor SQLAlchemy, nor other packages of their service."""
    wrong = []
    for path in (ROOT / FOLDERS[program] / "rules").rglob("*.py"):
        for name in imported(path):
            outside = name.partition(".")[0] in {"flask", "sqlalchemy", "psycopg2", "gevent", "urllib3"}
            own = name.startswith(f"{program}.") and name.split(".")[1] not in {"rules", "refusals"}
            if outside or own:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("program", ["catalog", "media", "users"])
def test_a_service_is_layered(program: str) -> None:
    below = {
        "routes": {"app"},
        "schemas": {"app", "routes"},
        "store": {"app", "routes", "schemas" if program == "users" else "app"},
    }
    wrong = [where for own, other, where in edges(program) if other in below.get(own, ())]
    assert not wrong, "\n".join(sorted(wrong))
