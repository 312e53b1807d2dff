"""Write docs/licences.md, the packages that Bunko depends on and their licences: ``make licences``.

Licences come from the metadata of the packages. An unknown licence is an error: add it below once it is clear that its
terms can be met.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from deploy.installation.configuration import ROOT
from deploy.maintenance.dependencies.lock import WHOLE

PAGE = ROOT / "docs" / "licences.md"

_ACCEPTED = {
    "Apache-2.0": ("Apache License 2.0", "Apache Software License", "Apache 2.0"),
    "BSD": ("BSD License", "BSD-2-Clause", "BSD-3-Clause", "3-Clause BSD License"),
    "ISC": ("ISC License (ISCL)",),
    "LGPL": (
        "GNU Library or Lesser General Public License (LGPL)",
        "GNU Lesser General Public License v2 or later (LGPLv2+)",
        "GNU Lesser General Public License v3 or later (LGPLv3+)",
    ),
    "MIT": ("MIT License", "MIT-0", "MIT-CMU"),
    "MPL-2.0": ("Mozilla Public License 2.0 (MPL 2.0)",),
    "PSF-2.0": ("Python Software Foundation License",),
    "ZPL-2.1": ("Zope Public License",),
}
"""Licence -> other names for it, or for one with the same duties."""
_KNOWN = {name: licence for licence, names in _ACCEPTED.items() for name in (licence, *names)}

_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)([^\\\n]*)", re.MULTILINE)
_AND_OR = re.compile(r" (?:AND|OR) ")
_INTRODUCTION = """# Licences

The packages that Bunko depends on, with the licences in their metadata. All are used unchanged and as separate files,
as the LGPL requires. `make licences` writes this page.

| package | version | licence |
|---|---|---|
"""


class Unknown(Exception):
    """A package with a licence that is not listed here."""


def main() -> None:
    """Write the page. Exits with status 1 if a licence is unknown."""
    try:
        PAGE.write_text(page(), encoding="utf-8")
    except Unknown as unknown:
        sys.exit(str(unknown))


def page() -> str:
    """Return the page's text. Raises ``Unknown``."""
    rows = sorted(packages(), key=lambda row: row[0].lower())
    return _INTRODUCTION + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def packages() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of every locked package for this kind of machine."""
    for name, version, marker in locked((ROOT / WHOLE).read_text(encoding="utf-8")):
        try:
            said = metadata(name)
        except PackageNotFoundError:
            if marker:
                continue  # for other kinds of machine
            raise
        yield name, version, licence(name, said)


def locked(lock: str) -> list[tuple[str, str, str]]:
    """Return name, version and environment marker of every package in the text of a lock."""
    return [(name, version, marker.strip(" ;")) for name, version, marker in _LOCKED.findall(lock)]


def licence(name: str, said: PackageMetadata) -> str:
    """Return a package's licence from its metadata. Raises ``Unknown`` if it is not listed here."""
    expression = _field(said, "License-Expression")
    classified = [text.split(" :: ")[-1] for text in said.get_all("Classifier") or () if "License ::" in text]
    named = (
        classified if classified and not expression else _AND_OR.split(expression or _field(said, "License"))
    )
    if unknown := [one for one in named if one not in _KNOWN]:
        raise Unknown(
            f"{name} comes under {' and '.join(map(repr, unknown))}: check its terms and add it to licences.py."
        )
    return expression or ", ".join(dict.fromkeys(_KNOWN[one] for one in named))


def _field(said: PackageMetadata, name: str) -> str:
    return "\n".join(said.get_all(name) or ())


if __name__ == "__main__":
    main()
