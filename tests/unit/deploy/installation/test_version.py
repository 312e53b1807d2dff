"""The version: one release, in the changelog and in the OpenAPI document, with the commit as build metadata."""

from typing import Any

import pytest

from deploy.installation import version
from deploy.installation.configuration import ROOT
from gateway.site import openapi_merge
from shared import build_info
from shared.build_info import RELEASE


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ("", RELEASE),
        (f"v{RELEASE}", RELEASE),
        (f"v{RELEASE}-dirty", f"{RELEASE}+dirty"),
        (f"v{RELEASE}-3-gabc1234", f"{RELEASE}+3-gabc1234"),
        ("abc1234-dirty", f"{RELEASE}+abc1234-dirty"),
    ],
)
def test_the_commit_is_build_metadata_of_the_release(described: str, expected: str) -> None:
    assert version.versioned(described) == expected


def test_the_operators_version_replaces_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNKO_VERSION", "2026-12")
    assert version.version() == build_info.version() == "2026-12"


def test_a_program_started_without_a_version_gives_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUNKO_VERSION", raising=False)
    assert build_info.version() == RELEASE


def test_the_changelog_has_a_section_for_the_release() -> None:
    assert f"## [{RELEASE}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_openapi_document_has_the_release() -> None:
    part: dict[str, Any] = {"paths": {}, "components": {"schemas": {}, "securitySchemes": {}}}
    assert openapi_merge.merge({"catalog": part})["info"]["version"] == RELEASE
