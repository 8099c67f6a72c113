"""The imports of the package, read from its source: at run time, lazy, and modules in strings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "handeye"
_FOR_TYPES = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
# A module, or a name in it, that stands in a string: imported later, and an import all the same.
_IN_STRING = re.compile(r"handeye(?:\.\w+)+(?::\w+)?")


def module_of(path: Path, package: Path = PACKAGE) -> str:
    """``handeye.run.lane`` of ``src/handeye/run/lane.py``."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The first folder (or file) below the package: ``run`` of ``handeye.run.lane``."""
    return [*module.split("."), ""][1]


def imports_of(own: str, tree: ast.AST, known: frozenset[str]) -> set[str]:
    """Modules of the package that ``own`` imports, at the top, within functions, or by a string."""
    found: set[str] = set()
    for node in _at_run_time(tree):
        if isinstance(node, ast.Import):
            found |= {_module(alias.name, known) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, [_above(own, node.level, known), node.module]))
            found |= {_module(f"{base}.{alias.name}", known) for alias in node.names}
        elif isinstance(node, ast.Constant) and _IN_STRING.fullmatch(str(node.value)):
            named = _module(str(node.value).replace(":", "."), known)
            # The own package by name is where its data lie, not an import.
            found |= {named} - {own.rpartition(".")[0]}
    return found - {"", own}


def _above(own: str, level: int, known: frozenset[str]) -> str:
    """The package that so many dots mean in a module."""
    if not level:
        return ""
    is_package = any(name.startswith(f"{own}.") for name in known)
    return ".".join(own.split(".")[: len(own.split(".")) - level + is_package])


def _at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but what stands under ``if TYPE_CHECKING``, from the first line to the last."""
    left = [tree]
    while left:
        node = left.pop()
        if node is not tree:
            yield node
        below = [*ast.iter_child_nodes(node)]
        for one in reversed(below):
            for_types = isinstance(one, ast.If) and ast.unparse(one.test) in _FOR_TYPES
            left += reversed(one.orelse) if for_types else [one]


def _module(name: str, known: frozenset[str]) -> str:
    """The longest beginning of ``name`` that is a module of the package; empty if there is none."""
    parts = name.split(".")
    while parts and ".".join(parts) not in known:
        parts.pop()
    return ".".join(parts) if len(parts) > 1 else ""


@cache
def tree_of(path: Path) -> ast.Module:
    """A file of the package, parsed once for all rules."""
    return ast.parse(path.read_text("utf-8"))


@cache
def graph(package: Path = PACKAGE) -> Mapping[str, set[str]]:
    """Every module of the package to those that it imports."""
    files = {module_of(path, package): path for path in package.rglob("*.py")}
    known = frozenset(files)
    return {name: imports_of(name, tree_of(path), known) for name, path in files.items()}


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other (strongly connected, more than one; Tarjan)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    out: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = lowest[node] = len(number)
        stack.append(node)
        for other in edges.get(node, ()):
            if other not in number:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], number[other])
        if lowest[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                out.append(sorted(group))

    for node in edges:
        if node not in number:
            visit(node)
    return out


def names_used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that are used at run time, with their lines: ``sys.stderr.write`` of ``s.stderr.write``
    under ``import sys as s``. What is imported from a module counts as used.
    """
    nodes = list(_at_run_time(tree))
    meant: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                meant[alias.asname or first] = alias.name if alias.asname else first
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                meant[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.{alias.name}"
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
            yield node.lineno, _dotted(node, meant)


def _dotted(node: ast.AST, meant: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return meant.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, meant)}.{node.attr}"
    return "?"
