"""Every setting is declared once, and the two documents that ``make docs`` writes equal the declarations."""

import ast
import re
from pathlib import Path

import pytest

from deploy.installation import settings
from deploy.installation.configuration import CREDENTIALS, EVERYWHERE, PASSED_ON, ROOT
from deploy.installation.internal_settings import INTERNAL
from deploy.installation.settings import PROGRAMS, SECTIONS, SETTINGS
from deploy.maintenance import settings_docs
from shared.settings import read_file
from tests.support.setting_reads import names, reads

FOLDERS = {
    "gateway": "gateway",
    "catalog": "catalog-service",
    "media": "media-service",
    "users": "user-service",
    "files": "file-service",
}
MANIFESTS = ROOT / "deploy" / "manifests"
NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def _read_in(folder: str) -> set[str]:
    """Return the settings that the modules of a folder read through ``shared.settings``."""
    return {name for tree, call in reads(folder) for name in names(tree, call)}


def _read_by_the_installation() -> set[str]:
    """Return the names that ``deploy/`` passes or subscripts, as in ``given["NAME"]`` or ``_text(given, "NAME")``."""
    found = set()
    for path in (ROOT / "deploy").rglob("*.py"):
        if path.name in {"settings.py", "internal_settings.py"}:
            continue  # the declarations
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                found.add(node.slice.value)
    return {name for name in found if isinstance(name, str) and NAME.fullmatch(name)}


def _composed() -> dict[str, str]:
    """Return the variables that ``compose.yaml`` fills in, with its defaults."""
    return dict(re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", (MANIFESTS / "compose.yaml").read_text("utf-8")))


@pytest.mark.parametrize(
    ("path", "text"),
    [(settings_docs.PAGE, settings_docs.page()), (settings_docs.EXAMPLE, settings_docs.example())],
    ids=["configuration.md", ".env.example"],
)
def test_the_documents_equal_the_declarations(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run make docs"


def test_the_example_holds_every_setting_with_its_default() -> None:
    assert read_file(settings_docs.EXAMPLE) == {name: one.default for name, one in SETTINGS.items()}


def test_a_setting_is_declared_once() -> None:
    declared = [one.name for section in SECTIONS for one in section.settings]
    assert len(declared) == len(SETTINGS)
    assert not SETTINGS.keys() & INTERNAL.keys()
    assert not {*SETTINGS, *INTERNAL} & {*settings.AWS_VARIABLES}


@pytest.mark.parametrize("folder", [*FOLDERS.values(), "shared", "deploy"])
def test_every_setting_that_is_read_is_declared(folder: str) -> None:
    assert _read_in(folder) <= SETTINGS.keys() | INTERNAL.keys()


def test_every_variable_of_compose_is_declared() -> None:
    composed = _composed()
    assert composed.keys() - SETTINGS.keys() == {"SECRETS"}  # set by the trials of compose.yaml alone
    differing = {
        name for name in composed.keys() & SETTINGS.keys() if composed[name] != SETTINGS[name].default
    }
    assert differing <= {"BUNKO_VERSION", "STORAGE_URL"}  # whose defaults in containers the page tells


def test_every_declared_setting_is_read() -> None:
    by_programs = {name for folder in (*FOLDERS.values(), "shared") for name in _read_in(folder)}
    by_libraries = {"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", *CREDENTIALS}
    known = by_programs | _read_by_the_installation() | {*_composed()} | by_libraries
    assert SETTINGS.keys() - known == set()
    assert INTERNAL.keys() - known == set()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_gets_the_settings_it_reads_itself(program: str) -> None:
    """Settings that the installation derives for a program (``programs.environments``) are not passed on."""
    derived = {"ALLOWED_ORIGINS", "COOKIE_SECURE", "DATABASE_REPLICA_URL", "DATABASE_URL", "RATE_LIMITS"}
    derived |= {"STORAGE_URL", "ADMIN_USERNAME", "ADMIN_PASSWORD", "BUNKO_VERSION"}
    passed = {*PASSED_ON[program], *EVERYWHERE}
    assert _read_in(FOLDERS[program]) - derived - INTERNAL.keys() <= passed
    assert passed <= SETTINGS.keys() | {*settings.AWS_VARIABLES}
