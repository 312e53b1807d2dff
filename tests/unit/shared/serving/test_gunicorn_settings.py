"""The settings of gunicorn, in ``shared.serving.gunicorn_settings`` and in each ``gunicorn.conf.py``."""

import ast
from pathlib import Path

import pytest
from gunicorn.config import make_settings

from deploy.installation.configuration import ROOT
from deploy.running.programs import FOLDERS

FILES = [
    ROOT / "shared" / "serving" / "gunicorn_settings.py",
    *(ROOT / folder / "gunicorn.conf.py" for folder in FOLDERS.values()),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_gunicorn_knows_each_setting(path: Path) -> None:
    """Gunicorn ignores names that it does not know, so that a misspelt setting would have no effect."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    assigned = [node.targets[0] for node in module.body if isinstance(node, ast.Assign)]
    names = {target.id for target in assigned if isinstance(target, ast.Name)}
    assert names
    assert not {name for name in names if not name.startswith("_")} - set(make_settings())
