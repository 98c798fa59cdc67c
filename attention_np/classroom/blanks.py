"""From a right function to what is handed out: its source without the body, and its source with all that it needs.

Both are cut from the function's own file by its syntax tree, so there is one source of every equation.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from . import plain

PACKAGE = __name__.split(".")[0]
HEADER = "from __future__ import annotations"
NUMPY = "import numpy as np"
_HEADING = re.compile(r"^\s*[A-Z]\w+\n\s*-{3,}\s*$", re.MULTILINE)
_CHECKS = ("require_", "_require_", "_check")
_KEPT_SECTIONS = ("Parameters", "Returns")


def blank_of(function: Callable[..., Any]) -> str:
    """The function as it is handed out: signature and docstring without its derivation, and nothing done.

    Parameters
    ----------
    function : callable
        A function of this package, or of a teacher's file.

    Returns
    -------
    str
        Source of a file that can be imported as it is; a call raises NotImplementedError.
    """
    found = _definition(_own_module(function), function.__name__)
    body = [_docstring(_without_derivation(ast.get_docstring(found.node) or "")), "    raise NotImplementedError"]
    signature = _plain_annotations(_signature(found))
    return "\n".join([HEADER, "", NUMPY, "", "", signature, *body, ""])


def solution_of(function: Callable[..., Any]) -> str:
    """The function as it stands in the package, with everything that it needs but NumPy.

    What only refuses wrong arguments is left out, and so are threads: `plain` stands in for them.

    Parameters
    ----------
    function : callable

    Returns
    -------
    str
        Source of a file that needs NumPy alone.
    """
    imports: set[str] = {NUMPY}
    parts: dict[tuple[str, str], str] = {}
    _collect(_own_module(function), function.__name__, imports, parts)
    constants = [part for part in parts.values() if not part.startswith(("def ", "class ", "@"))]
    others = [part for part in parts.values() if part not in constants]
    head = "\n".join([HEADER, "", *sorted(imports - {NUMPY}), *([""] if len(imports) > 1 else []), NUMPY])
    return "\n\n\n".join([head + ("\n\n" + "\n".join(constants) if constants else ""), *others]) + "\n"


class _Found(NamedTuple):
    """A definition in a module: the module, its lines, and the node in its syntax tree."""

    module: ModuleType
    lines: list[str]
    node: Any


@cache
def _source(module: ModuleType) -> tuple[list[str], ast.Module]:
    source = inspect.getsource(module)
    return source.splitlines(), ast.parse(source)


def _own_module(function: Callable[..., Any]) -> ModuleType:
    return sys.modules[function.__module__]


def _definition(module: ModuleType, name: str) -> _Found:
    """Where a name is given its value at the top of a module."""
    lines, tree = _source(module)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return _Found(module, lines, node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return _Found(module, lines, node)
    raise ValueError(f"{name}: expected a definition at the top of {module.__name__}, found none")


def _collect(module: ModuleType, name: str, imports: set[str], parts: dict[tuple[str, str], str]) -> None:
    """Add a definition behind those that it needs."""
    key = (module.__name__, name)
    if key in parts:
        return
    parts[key] = ""
    found = _definition(module, name)
    source, needed = _without_checks(found)
    for other in needed:
        if other in vars(plain) and isinstance(vars(plain)[other], FunctionType):
            _collect(plain, other, imports, parts)
        elif imported := _import_of(module, other):
            home, original = imported
            if home.split(".")[0] == PACKAGE:
                _collect(importlib.import_module(home), original, imports, parts)
            elif home == "":
                imports.add(original)
            elif home != "__future__":
                imports.add(f"from {home} import {original}")
        elif other in vars(module):
            _collect(module, other, imports, parts)
    del parts[key]
    parts[key] = _plain_annotations(source)


def _import_of(module: ModuleType, name: str) -> tuple[str, str] | None:
    """Where a module has a name from: (module, name there), or ("", the whole line) for ``import x``; None: its own."""
    for node in _source(module)[1].body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return "", ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    if not node.level and (node.module or "").split(".")[0] != PACKAGE:
                        return node.module or "", alias.name
                    # The package's: the object knows where it was defined.
                    home = getattr(vars(module)[name], "__module__", None)
                    return home or _absolute(module, node), alias.name
    return None


def _absolute(module: ModuleType, node: ast.ImportFrom) -> str:
    return importlib.util.resolve_name("." * node.level + (node.module or ""), module.__package__)


def _without_checks(found: _Found) -> tuple[str, list[str]]:
    """A definition's source without the lines that only refuse wrong arguments, and the names that remain in it."""
    dropped: set[int] = set()
    names: dict[str, None] = {}

    def visit(node: ast.AST) -> None:
        if _only_checks(node):
            dropped.update(range(node.lineno, node.end_lineno + 1))  # type: ignore[attr-defined]
            return
        if isinstance(node, ast.Name) and node.id != "Array":
            names.setdefault(node.id)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(found.node)
    first, last = _first_line(found.node), found.node.end_lineno
    lines = [found.lines[number - 1] for number in range(first, last + 1) if number not in dropped]
    own = getattr(found.node, "name", None)
    return "\n".join(lines), [name for name in names if name != own]


def _only_checks(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
        return node.value.func.id.startswith(_CHECKS)
    if isinstance(node, ast.If) and not node.orelse:
        return all(_only_checks(statement) or isinstance(statement, ast.Raise) for statement in node.body)
    return False


def _first_line(node: Any) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _signature(found: _Found) -> str:
    return "\n".join(found.lines[found.node.lineno - 1 : found.node.body[0].lineno - 1])


def _plain_annotations(source: str) -> str:
    """Arrays by NumPy's own name for them."""
    return re.sub(r"\bArray\b", "np.ndarray", source)


def _without_derivation(docstring: str) -> str:
    """The first paragraph and what is said of arguments and results; the paragraphs between them derive the formula."""
    summary = docstring.split("\n\n")[0]
    headings = list(_HEADING.finditer(docstring))
    ends = [*(heading.start() for heading in headings[1:]), len(docstring)][: len(headings)]
    kept = [
        docstring[heading.start() : end].strip()
        for heading, end in zip(headings, ends, strict=True)
        if heading.group().split()[0] in _KEPT_SECTIONS
    ]
    return "\n\n".join([summary, *kept])


def _docstring(text: str) -> str:
    prefix = "r" if "\\" in text else ""
    closing = "\n" if "\n" in text else ""
    return textwrap.indent(f'{prefix}"""{text}{closing}"""', "    ", lambda line: bool(line.strip()))


