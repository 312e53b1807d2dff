"""The list of all routes is pinned: a route that appears, goes or changes its permission shows in a diff.

``make routes > tests/system/routes.txt`` writes it anew, on purpose.
"""

from pathlib import Path

from deploy.commands.routes import listing


def test_the_routes_are_those_that_were_agreed() -> None:
    agreed = (Path(__file__).parent / "routes.txt").read_text(encoding="utf-8")
    assert listing() == agreed
