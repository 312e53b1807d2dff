"""Check every locked package for known vulnerabilities: ``make audit``.

It installs and resolves nothing: the versions come from the locks.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.installation.configuration import ROOT
from deploy.maintenance.dependencies.lock import PROGRAMS, WHOLE

_LOCKS = (WHOLE, *(f"{folder}/requirements.txt" for folder in (*PROGRAMS, "tests")))
_NOT_REACHED = (
    "The list of known vulnerabilities could not be reached, so nothing was audited:"
    " run make audit on a machine that can reach the package index."
)


def main() -> None:
    """Audit. Exits with status 1 if a vulnerability is known or a package could not be looked up."""
    options = [option for lock in _LOCKS for option in ("--requirement", lock)]
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner=off",
    ]
    # An audit with findings exits with status 1 and a document, one without a connection with status 1 and no document.
    finished = subprocess.run(
        [*command, "--format=json", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        packages = json.loads(finished.stdout)["dependencies"]
    except ValueError:
        sys.exit(_NOT_REACHED)
    if problems := findings(packages):
        sys.exit("\n".join(problems))
    print(f"{len(packages)} packages, no known vulnerability.")


def findings(packages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one line for each fault in the packages of pip-audit's report."""
    skipped = [package for package in packages if "skip_reason" in package]
    if len(skipped) == len(packages):
        return [_NOT_REACHED]
    unknown = [f"{package['name']}: could not be looked up" for package in skipped]
    return unknown + [
        f"{package['name']} {package['version']}: {hole['id']}, fixed in {', '.join(hole['fix_versions']) or 'none'}"
        for package in packages
        for hole in package.get("vulns", ())
    ]


if __name__ == "__main__":
    main()
