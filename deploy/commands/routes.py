"""``bunko routes``: every route with its permission and its function, or with its tests."""

import re
from collections.abc import Mapping
from inspect import getsourcefile, unwrap
from pathlib import Path

import click

from catalog.app import PAGES as CATALOG
from deploy.installation.configuration import ROOT
from deploy.user_error import UserError
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.web.routes import Route
from users.app import PAGES as USERS

_TESTS = ROOT / "tests"


@click.command()
@click.option(
    "--tests", is_flag=True, help="Print the test files that call each route in place of its function."
)
def routes(tests: bool) -> None:
    """Print every route with its permission and its function, or with its tests.

    Needed to see what a program answers, which permission a route requires, and where its code and its tests are.

    \b
    Example:
      bunko routes | grep /user
      bunko routes --tests | grep /user
    """
    print(listing_with_tests() if tests else listing(), end="")


def listing() -> str:
    """Return one line a route, service by service in the order of their pages: method, path, permission, function."""
    return _table([(*_contract(route), _function(route)) for route in _routes()])


def listing_with_tests() -> str:
    """Return one line a route with the test files that contain its path: method, path, permission, files.

    The path is searched in tests/api, and in tests/system if no file there contains it. The method and calls through
    tests/support do not count. tests/system/test_refusals.py calls every public route besides.
    """
    folders = [_sources(_TESTS / folder) for folder in ("api", "system")]
    if not all(folders):
        raise UserError(
            f"There are no tests in {_TESTS}: run bunko routes --tests in a checkout of the repository."
        )
    rows = []
    for route in _routes():
        pattern = _in_a_test(route.full_path)
        found = ([name for name, text in sources.items() if pattern.search(text)] for sources in folders)
        rows.append((*_contract(route), " ".join(next(filter(None, found), ["-"]))))
    return _table(rows)


def _routes() -> list[Route]:
    return [route for pages in (CATALOG, MEDIA, USERS, FILES) for page in pages for route in page.routes]


def _contract(route: Route) -> tuple[str, str, str]:
    return route.method, route.full_path, route.permission or "-"


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join("  ".join([*map(str.ljust, row[:3], widths), row[3]]) + "\n" for row in rows)


def _function(route: Route) -> str:
    """Return file and function of a route, without a line number: only a change of the route shows in a diff."""
    if route.function is None:
        return "503 here, on file nodes only"
    function = unwrap(route.function)
    path = Path(getsourcefile(function) or "").resolve().relative_to(ROOT)
    return f"{path}:{function.__name__}"


def _sources(folder: Path) -> Mapping[str, str]:
    """Return the text of each test file under a folder by its path in the repository, with constants put in."""
    files = sorted(folder.rglob("test_*.py"))
    return {str(path.relative_to(ROOT)): _with_constants(path.read_text(encoding="utf-8")) for path in files}


def _with_constants(text: str) -> str:
    """Replace ``{NAME}`` by the path that ``NAME = "/..."`` assigns in the same file."""
    for name, path in re.findall(r'^([A-Z_]+) = "(/[^"]*)"', text, re.MULTILINE):
        text = text.replace(f"{{{name}}}", path)
    return text


def _in_a_test(path: str) -> re.Pattern[str]:
    """Return a pattern of a route's path as a test writes it: any value in each ``<part>``.

    A fixed part behind the first may also be a placeholder of an f-string, as in ``f"/admin-volumes/{action}/{id}"``.
    """
    _, first, *others = path.split("/")
    pattern = f"/{re.escape(first)}"
    for part in others:
        text = r"""[^/"'?\s{]+""" if part.startswith("<") else re.escape(part)
        pattern += rf"/(?:{text}|{{[^/}}]*}})"
    return re.compile(pattern + r"""(?=["'?])""")
