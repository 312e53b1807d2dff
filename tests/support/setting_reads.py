"""The calls in the source code that read a setting through ``shared.settings``."""

import ast
from collections.abc import Iterator

from deploy.installation.configuration import ROOT

READERS = {"text", "whole", "switch", "mapping"}
"""The functions of ``shared.settings`` that read a setting; the first argument is its name."""


def reads(folder: str) -> Iterator[tuple[ast.Module, ast.Call]]:
    """Yield every such call in the modules of a folder, with the module it stands in."""
    for path in (ROOT / folder).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules, functions = _imported(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _reads(node.func, modules, functions):
                yield tree, node


def names(tree: ast.Module, call: ast.Call) -> list[str]:
    """Return the settings that a call reads: one literal name, or those that a comprehension's variable takes."""
    name = call.args[0]
    if isinstance(name, ast.Constant):
        return [str(name.value)]
    assert isinstance(name, ast.Name), ast.dump(name)
    found = [
        str(element.value)
        for loop in ast.walk(tree)
        if isinstance(loop, ast.comprehension)
        and isinstance(loop.target, ast.Name)
        and loop.target.id == name.id
        and isinstance(loop.iter, ast.Tuple)
        for element in loop.iter.elts
        if isinstance(element, ast.Constant)
    ]
    assert found, f"line {name.lineno}: no literal names for {name.id}"
    return found


def _imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names of ``shared.settings`` in a module, and the names of its readers."""
    modules, functions = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (node.module, alias.name) == ("shared", "settings"):
                    modules.add(alias.asname or alias.name)
                elif node.module == "shared.settings" and alias.name in READERS:
                    functions.add(alias.asname or alias.name)
    return modules, functions


def _reads(function: ast.expr, modules: set[str], functions: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return (
            function.attr in READERS and isinstance(function.value, ast.Name) and function.value.id in modules
        )
    return isinstance(function, ast.Name) and function.id in functions
