"""What a statement at top level binds, changes and reads."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from typing import NamedTuple

from .blocks import Statement

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_SURE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
_CHANGES = {
    "add", "append", "clear", "extend", "fill", "insert", "itemset", "pop", "popleft", "remove", "resize", "reverse",
    "setdefault", "setflags", "sort", "update",
}  # fmt: skip


class Names(NamedTuple):
    """The names of one statement.

    Attributes
    ----------
    sure : frozenset of str
        Bound in any case: what stood under the name before is gone.
    perhaps : frozenset of str
        Bound on some way through, or changed in place.
    now : frozenset of str
        Read when the statement runs.
    later : frozenset of str
        Read when a function defined in it is called.
    by_call : frozenset of str
        Bound, by ``global``, when a function defined in it is called.
    """

    sure: frozenset[str]
    perhaps: frozenset[str]
    now: frozenset[str]
    later: frozenset[str]
    by_call: frozenset[str]


NOTHING = Names(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


def names_of(statement: Statement) -> Names:
    """The names of a statement; a deletion and what only runs as a program bind nothing."""
    node = statement.node
    if isinstance(node, ast.Delete) or only_as_program(node):
        return NOTHING
    bound: set[str] = set()
    now: set[str] = set()
    later: set[str] = set()
    by_call: set[str] = set()
    tables = [(symtable.symtable("\n".join(statement.lines), "submission", "exec"), False)]
    while tables:
        table, called = tables.pop()
        top = table.get_type() == "module"
        called = called or _is_called_later(table)
        for symbol in table.get_symbols():
            name = symbol.get_name()
            outer = top or symbol.is_global()
            if symbol.is_referenced() and (outer or str(table.get_type()) == "class"):
                (later if called else now).add(name)
            if outer and (symbol.is_assigned() or symbol.is_imported()):
                (by_call if called else bound).add(name)
        tables.extend((child, called) for child in table.get_children())
    if isinstance(node, ast.Import):
        # `import a.b` binds a, and adds to it if it is there.
        sure = {alias.asname or alias.name for alias in node.names if alias.asname or "." not in alias.name}
    elif isinstance(node, _SURE) and not (isinstance(node, ast.AnnAssign) and node.value is None):
        sure = _targets(node) if isinstance(node, ast.Assign | ast.AnnAssign) else set(bound)
    else:
        sure = set()
    return Names(*map(frozenset, (sure, (bound | _changed(node)) - sure, now, later, by_call)))


def only_as_program(node: ast.stmt) -> bool:
    """Whether it is ``if __name__ == "__main__":``."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)


def at_top(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all within it, but nothing within a function, a lambda or a class."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_called_later(table: symtable.SymbolTable) -> bool:
    """Functions; a comprehension is a function to the symbol table, but runs where it stands."""
    at_once = {"listcomp", "setcomp", "dictcomp", "genexpr"}
    return str(table.get_type()) == "function" and table.get_name() not in at_once


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    """The names on the left of an assignment; not those whose items or attributes it sets."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for target in targets for part in ast.walk(target)]
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _changed(node: ast.stmt) -> set[str]:
    """Names whose object a statement changes: ``w[0] = 1``, ``w.bias = 1``, ``w.append(1)``."""
    changed: set[str] = set()
    for part in at_top(node):
        target: ast.AST | None = None
        if isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
            target = part
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in _CHANGES:
            target = part.func
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name):
            changed.add(target.id)
    return changed
