"""The defaults in the programs' code equal the declared ones."""

import ast
from collections.abc import Iterator

from deploy.installation.configuration import ROOT
from deploy.installation.settings import SETTINGS
from tests.support.setting_reads import names, reads

FOLDERS = ("gateway", "shared", "catalog-service", "media-service", "user-service", "file-service")
ABSENT = {"none", ","}
"""Defaults in the code that stand for "not set"."""
DERIVED = {"COOKIE_SECURE", "BUNKO_VERSION"}
"""Settings that the installation always sets for its programs: a program that is started alone has a safer default."""

Constants = dict[str, ast.expr]


def _trees() -> Iterator[ast.Module]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            yield ast.parse(path.read_text("utf-8"))


def _constants(tree: ast.Module) -> Constants:
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _value(node: ast.expr, own: Constants, others: Constants) -> object:
    """Return the value of a constant expression; names are looked up in the module, then in all modules."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _value(node.left, own, others), _value(node.right, own, others)
        assert isinstance(left, int)
        assert isinstance(right, int)
        return left * right
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    found = own.get(name) or others[name]
    return _value(found, own, others)


def _defaults() -> Iterator[tuple[str, object]]:
    """Yield name and default of every setting that the programs read with a default."""
    everywhere = {name: value for tree in _trees() for name, value in _constants(tree).items()}
    for folder in FOLDERS:
        for tree, call in reads(folder):
            defaults = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
            for name in names(tree, call):
                if defaults and name in SETTINGS:
                    yield name, _value(defaults[0], _constants(tree), everywhere)


def test_defaults_in_the_code_equal_the_declared_ones() -> None:
    found = {name: default for name, default in _defaults() if name not in DERIVED}
    assert len(found) > 15
    for name, default in found.items():
        text = {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)
        assert (text if text not in ABSENT else "") == SETTINGS[name].default, name
