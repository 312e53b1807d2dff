"""Files, commands, settings and log fields that the documentation names exist."""

import re
from functools import cache
from pathlib import Path

import click
import pytest

from deploy.commands.bunko import bunko
from deploy.installation.configuration import ROOT
from shared.observability.logs import AccessRecord

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
SOURCES = (
    "gateway",
    "shared",
    "deploy",
    "tests",
    "catalog-service",
    "media-service",
    "user-service",
    "file-service",
)
MADE = {"deploy/.env", "deploy/secrets", "deploy/secrets/tls.crt", "metrics.json", "cut.json"}
"""Files that Bunko or its operator creates."""
NO_SETTINGS = {
    "SIGSTOP",
    "LOGS",
    "BASE",
    "NEW",
    "MOMENT",
    "BACKUPS",
    "MALLOC_ARENA_MAX",
    "PROMETHEUS_MULTIPROC_DIR",
}
"""Words in capitals that are no settings, such as the variables of a guide's own blocks."""
ALWAYS = {"time", "level", "logger", "program", "message", "request_id"}

_FOLDERS = "|".join(SOURCES)
FILE = re.compile(
    rf"`((?:[\w.-]+/)*[\w.-]+\.(?:py|yaml|json|md|conf|txt|toml|lua)|(?:{_FOLDERS})(?:/[\w./-]*)?)`"
)
LINK = re.compile(r"\]\(([^)#\s]+)")
MAKE = re.compile(r"(?:`|^|\()make ([a-z][a-z-]*)((?: [A-Z]+=[^\s`]+)*)", re.MULTILINE)
COMMAND = re.compile(r"deploy/bunko ([a-z-]+)(?: ([a-z][a-z-]*)\b)?")
SETTING = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)[`=]")


@cache
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def source() -> str:
    """Return the text of all code and manifests, without the documentation."""
    files = [ROOT / "Makefile"]
    for folder in SOURCES:
        files += [
            file
            for file in (ROOT / folder).rglob("*")
            if file.suffix in {".py", ".yaml", ".conf", ".example", ".json"}
        ]
    own = Path(__file__).name
    return "\n".join(text(file) for file in files if file.is_file() and file.name != own)


def in_pages(pattern: re.Pattern[str]) -> list[tuple[str, ...]]:
    """Return the groups of each match in all pages, after the name of its page."""
    return [(page.name, *found.groups("")) for page in PAGES for found in pattern.finditer(text(page))]


def test_named_files_are_there() -> None:
    names = {file.name for folder in (*SOURCES, "docs") for file in (ROOT / folder).rglob("*.*")}
    missing = [
        (page, file)
        for page, file in in_pages(FILE)
        if file not in MADE and not (ROOT / file).exists() and ("/" in file or file not in names)
    ]
    assert missing == []


def test_named_targets_of_make_and_their_variables_are_there() -> None:
    makefile = text(ROOT / "Makefile")
    recipes = dict(re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)*)", makefile, re.MULTILINE))
    for page, target, variables in in_pages(MAKE):
        assert target in recipes, (page, target)
        for name in re.findall(r"([A-Z]+)=", variables):
            used = (f"$({name})" in recipes[target], f"\n{name} ?=" in makefile, f'"{name}"' in source())
            assert any(used), (page, target, name)


def test_named_commands_are_there() -> None:
    context = click.Context(bunko)
    for page, first, second in in_pages(COMMAND):
        command = bunko.get_command(context, first)
        assert command, (page, first)
        if isinstance(command, click.Group) and second:
            assert command.get_command(context, second), (page, first, second)


def test_named_settings_are_read_somewhere() -> None:
    known = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", source()))
    assert [found for found in in_pages(SETTING) if found[1] not in known | NO_SETTINGS] == []


@pytest.mark.parametrize("page", ["operating.md", "monitoring.md"])
def test_named_fields_of_the_log_are_written(page: str) -> None:
    """Names come from the sentences about log lines and from the table; ``test_logs`` compares them with real lines."""
    said = text(ROOT / "docs" / page)
    about = re.findall(r"(?:JSON\s+lines\s+on|All\s+lines\s+have|the\s+same\s+`)[^.]*", said)
    table = re.search(r"\| field \| \|\n\|[-|]*\n((?:\|.*\n)+)", said)
    cells = [row.split("|")[1] for row in table[1].splitlines()] if table else []
    fields = {field for part in (*about, *cells) for field in re.findall(r"`([a-z_]+)`", part)}
    assert fields
    assert fields <= ALWAYS | AccessRecord.__annotations__.keys()


def test_links_lead_to_files_that_are_there() -> None:
    for page in PAGES:
        for link in LINK.findall(text(page)):
            assert "://" in link or (page.parent / link).exists(), (page.name, link)
