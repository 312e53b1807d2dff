"""Write the two documents of the settings from their declarations: ``make docs``.

``docs/configuration.md`` is for readers. ``deploy/.env.example`` is for copying to ``deploy/.env``; it holds one
``NAME=default`` line for each setting.
"""

import textwrap

from deploy.installation.configuration import ROOT
from deploy.installation.internal_settings import INTERNAL
from deploy.installation.settings import AWS_VARIABLES, SECTIONS, Section, Setting

PAGE = ROOT / "docs" / "configuration.md"
EXAMPLE = ROOT / "deploy" / ".env.example"
_WIDTH = 110

_PAGE_BEGINNING = """\
# Configuration

`make docs` writes this page and `deploy/.env.example` from the declarations in `deploy/installation/settings.py`.
Change a text there, not here.

Settings are read from the environment and from `deploy/.env`, which you copy from `deploy/.env.example`. The
environment wins over the file. A blank value counts as not set. `deploy/bunko doctor` names settings in `deploy/.env`
that nothing reads. Changed settings take effect when Bunko is stopped and started again.

Programs get only the settings they need. The column *read by* names the programs that get a value unchanged; the
installation reads the others and derives the settings of the programs from them.

Containers get their settings from `deploy/manifests/compose.yaml` and from the files that `make secrets` writes.
Compose reads `deploy/.env` as well (a link beside `compose.yaml` names it), but hands on only the settings that
`compose.yaml` names. Set others in a second Compose file. In containers `STORAGE_URL` is a volume by default.
"""

_PAGE_END = """
## Other variables of S3

The file nodes also get these variables unchanged, with the meanings that AWS documents: {variables}.

## Set by the installation

Programs also read the following settings. The installation, Compose or the Kubernetes manifests set them. Set them
yourself only if you start a program in another way.

| setting | meaning |
|---|---|
"""

_EXAMPLE_BEGINNING = """\
# The settings of Bunko with their defaults. Copy this file to deploy/.env and change what you need. The environment
# wins over deploy/.env, and a blank value counts as not set. `make docs` writes this file; docs/configuration.md
# explains it.
"""


def main() -> None:
    """Write both documents."""
    for path, text in ((PAGE, page()), (EXAMPLE, example())):
        path.write_text(text, encoding="utf-8")
        print(f"Wrote {path.relative_to(ROOT)}.")


def page() -> str:
    """Return the text of ``docs/configuration.md``."""
    internal = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in INTERNAL.items())
    variables = ", ".join(f"`{name}`" for name in AWS_VARIABLES)
    return _PAGE_BEGINNING + "".join(map(_table, SECTIONS)) + _PAGE_END.format(variables=variables) + internal


def example() -> str:
    """Return the text of ``deploy/.env.example``."""
    return _EXAMPLE_BEGINNING + "".join(
        f"\n# {section.title}\n" + "".join(map(_lines, section.settings)) for section in SECTIONS
    )


def _table(section: Section) -> str:
    rows = "".join(
        f"| `{one.name}` | {f'`{one.default}`' if one.default else 'none'} | {_readers(one)} | {one.meaning} |\n"
        for one in section.settings
    )
    return f"\n## {section.title}\n\n| setting | default | read by | meaning |\n|---|---|---|---|\n{rows}"


def _readers(setting: Setting) -> str:
    return ", ".join(setting.programs) or "installation"


def _lines(setting: Setting) -> str:
    meaning = textwrap.fill(
        setting.meaning,
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"\n{meaning}\n{setting.name}={setting.default}\n"


if __name__ == "__main__":
    main()
