"""Prints every route with its permission and its place: ``make routes``."""

from inspect import getsourcefile, unwrap
from pathlib import Path

import click

from catalog.app import PAGES as CATALOG
from deploy.installation.configuration import ROOT
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.web.routes import Route
from users.app import PAGES as USERS


@click.command()
def routes() -> None:
    """Print every route with its permission and its place.

    Needed to see what a program answers, who may ask, and where the function is.

    \b
    Example:
      bunko routes | grep /user
    """
    print(listing(), end="")


def listing() -> str:
    """Return one line a route, service by service in the order of their pages: method, path, permission, place."""
    found = [route for pages in (CATALOG, MEDIA, USERS, FILES) for page in pages for route in page.routes]
    rows = [(route.method, route.full_path, route.permission or "-", _place(route)) for route in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join("  ".join([*map(str.ljust, row[:3], widths), row[3]]) + "\n" for row in rows)


def _place(route: Route) -> str:
    """Where the function stands; without a line number, so that only a change of the route shows in a diff."""
    if route.function is None:
        return "503 here, on file nodes only"
    function = unwrap(route.function)
    path = Path(getsourcefile(function) or "").resolve().relative_to(ROOT)
    return f"{path}:{function.__name__}"
