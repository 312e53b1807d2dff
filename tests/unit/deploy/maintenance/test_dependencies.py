"""Dependencies: locked by hash, with reviewed licences, and audited."""

from email.message import Message
from importlib.metadata import PackageMetadata
from typing import Any, cast

import pytest

from deploy.installation.configuration import ROOT
from deploy.maintenance import licences
from deploy.maintenance.dependencies.audit import findings
from deploy.maintenance.dependencies.lock import PROGRAMS, WHOLE

LOCKS = [WHOLE, *(f"{folder}/requirements.txt" for folder in (*PROGRAMS, "tests"))]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_by_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_all_locks_agree(lock: str) -> None:
    """The tests run on the versions of the locks."""
    whole = {name: version for name, version, _ in _locked(WHOLE)}
    assert [name for name, version, _ in _locked(lock) if name in whole and whole[name] != version] == []


def _locked(lock: str) -> list[tuple[str, str, str]]:
    return licences.locked((ROOT / lock).read_text(encoding="utf-8"))


def test_the_page_of_licences_is_current() -> None:
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page(), "run make licences"


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"License-Expression": "MIT AND PSF-2.0"}, "MIT AND PSF-2.0"),
        ({"License": "MPL-2.0 AND MIT"}, "MPL-2.0, MIT"),
        ({"Classifier": "License :: OSI Approved :: BSD License", "License": "see COPYING"}, "BSD"),
    ],
)
def test_a_judged_licence_is_named(said: dict[str, str], licence: str) -> None:
    assert licences.licence("example", _metadata(said)) == licence


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"License": "ask the author"},
        {"License-Expression": "AGPL-3.0-only"},
        {"License-Expression": "MIT AND SSPL-1.0"},
        {"Classifier": "License :: Other/Proprietary License", "License": "MIT"},
    ],
)
def test_no_unknown_licence_slips_in(said: dict[str, str]) -> None:
    with pytest.raises(licences.Unknown, match="example comes under"):
        licences.licence("example", _metadata(said))


def _metadata(said: dict[str, str]) -> PackageMetadata:
    message = Message()
    for name, value in said.items():
        message[name] = value
    return cast(PackageMetadata, message)


GOOD: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
SKIPPED: dict[str, Any] = {"name": "b", "skip_reason": "not found"}
HOLED: dict[str, Any] = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}


def test_an_audit_that_asked_nobody_does_not_pass() -> None:
    assert findings([GOOD]) == []
    assert findings([GOOD, SKIPPED]) == ["b: could not be looked up"]
    assert findings([GOOD, HOLED]) == ["c 2: CVE-1, fixed in 3"]
    assert "nothing was audited" in findings([SKIPPED])[0]
    assert "nothing was audited" in findings([])[0]
