"""Every program starts with only the packages of its own lock: packages of the tests would hide missing ones."""

import json
import os
import re
import subprocess
import sys

import pytest

from deploy.installation.configuration import ROOT
from deploy.running.programs import FOLDERS, PATHS

_ALONE = """
import importlib, importlib.metadata, json, re, runpy, sys
from importlib.machinery import PathFinder

conf, allowed, paths = json.loads(sys.argv[1])
sys.path[:0] = paths
owners = importlib.metadata.packages_distributions()

def is_allowed(top):
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in owners.get(top, [])}
    return not names or names & set(allowed)

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return super().find_spec(name, path, target) if is_allowed(name.partition(".")[0]) else None

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
settings = runpy.run_path(conf)
importlib.import_module(settings["wsgi_app"].partition(":")[0])
"""


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_a_program_needs_no_package_that_its_lock_has_not(folder: str) -> None:
    lock = (ROOT / folder / "requirements.txt").read_text(encoding="utf-8")
    allowed = re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)
    assert "gunicorn" in allowed
    told = json.dumps([str(ROOT / folder / "gunicorn.conf.py"), allowed, list(map(str, PATHS))])
    done = subprocess.run(
        [sys.executable, "-c", _ALONE, told],
        cwd=ROOT,
        env=dict(os.environ) | {"BIND": "127.0.0.1:0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
