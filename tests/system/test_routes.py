"""The list of all routes is pinned: a new, removed or changed route shows in a diff.

``make routes > tests/system/routes.txt`` rewrites it.
"""

from pathlib import Path

from deploy.commands.routes import listing, listing_with_tests


def test_the_routes_are_those_that_were_agreed() -> None:
    agreed = (Path(__file__).parent / "routes.txt").read_text(encoding="utf-8")
    assert listing() == agreed


def test_every_public_route_is_called_by_a_test_of_the_api() -> None:
    """``bunko routes --tests`` finds its path in a file of tests/api."""
    public = [line for line in listing_with_tests().splitlines() if " /internal/" not in line]
    assert [line for line in public if " tests/api/test_" not in line] == []
