"""A file that was handed in: its functions, by name, and the source that each of them needs."""

from __future__ import annotations

import ast
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

from .blocks import Broken, Statement, first_line, statements_of
from .cells import read_cells
from .names import Definition, at_top, only_as_program
from .slicing import Slices
from .text import decode, read_bytes


class Function(NamedTuple):
    """What is known of a function without calling it.

    Attributes
    ----------
    takes : tuple of str or None
        The names of its arguments; None if it takes any, or if only running it would tell.
    line : int
        Of the source that `Submission.source_for` gives; `Submission.where` says where that is.
    """

    takes: tuple[str, ...] | None
    line: int


class Submission:
    """A file that was handed in, never run.

    Attributes
    ----------
    path : Path
    name : str
        The file's.
    functions : dict of Function
        By name: functions, lambdas and partials that are bound outside of any class or function.
    remarks : tuple of str
        Sentences for the student.
    """

    def __init__(
        self, path: Path, statements: list[Statement], remarks: list[str], cells: list[tuple[int, int]]
    ) -> None:
        self.path = path
        self.name = path.name
        self._cells = cells
        try:
            self._slices = Slices(statements, path.name)
        except RecursionError as error:
            raise ValueError(f"{path.name}: expected source that Python can read, got it nested too deeply") from error
        self.functions, repeated = _functions(statements)
        for name, lines in repeated.items():
            places = " and ".join([", ".join(map(self.where, lines[:-1])), self.where(lines[-1])])
            remarks = [*remarks, f"{name} is defined {len(lines)} times, at {places}: the last counts."]
        self.remarks = tuple(remarks)

    def source_for(self, function: str) -> str:
        """The part of the file that a function needs: imports, helpers and constants, each on its own line.

        Raises
        ------
        ValueError
            If there is no such function, or if its names need too many others.
        """
        if function not in self.functions:
            known = ", ".join(sorted(self.functions)[:20]) or "none"
            raise ValueError(f"function: expected one of those in {self.name} ({known}), got '{function}'")
        return self._slices.source_for(function)

    def where(self, line: int) -> str:
        """A line of the source in the student's words: "line 12", or "code cell 3, line 2" of a notebook."""
        if not self._cells:
            return f"line {line}"
        before, number = self._cells[max(0, bisect_right(self._cells, (line, 0)) - 1)]
        return f"code cell {number}, line {max(1, line - before)}"


def read_submission(path: str | Path) -> Submission:
    """Read a .py or .ipynb file; nothing of it is run or imported.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Submission

    Raises
    ------
    ValueError
        If there is no such file, or if it is none that can be read: its message is one sentence.
    """
    path = Path(path)
    text, remarks = decode(read_bytes(path), path.name)
    if path.suffix.lower() == ".py":
        statements, broken = statements_of(text.split("\n"), path.name)
        return Submission(path, statements, [*remarks, *_on_broken(broken, "")], [])
    cells, skipped = read_cells(text, path.name)
    remarks += skipped
    statements = []
    starts: list[tuple[int, int]] = []
    # The first line stays free for imports from the future, which may stand in any cell.
    before = 1
    for cell in cells:
        starts.append((before, cell.number))
        found, broken = statements_of(cell.lines, path.name, before)
        moved = [one._replace(first=one.first - before, last=one.last - before, line=one.line - before) for one in broken]
        remarks += _on_broken(moved, f"code cell {cell.number}, ")
        statements += found
        before += len(cell.lines)
    return Submission(path, statements, remarks, starts)


def _on_broken(broken: list[Broken], place: str) -> list[str]:
    """The error with its line, and what is left out for it."""
    if not broken:
        return []
    lines = [f"{one.first}" if one.first == one.last else f"{one.first}-{one.last}" for one in broken[:5]]
    names = [name for one in broken for name in one.names][:5]
    more = " and more" if len(broken) > 5 else ""
    held = f" ({', '.join(names)})" if names else ""
    plural = "s" if len(broken) > 1 or broken[0].first != broken[0].last else ""
    return [
        f"There is a syntax error in {place}line {broken[0].line}: {broken[0].message}. "
        f"Left out: line{plural} {', '.join(lines)}{more}{held}; the rest is used."
    ]


def _functions(statements: list[Statement]) -> tuple[dict[str, Function], dict[str, list[int]]]:
    """All functions by name, the last of each; and the lines of those defined in several statements."""
    functions: dict[str, Function] = {}
    lines: dict[str, list[int]] = {}
    for statement in statements:
        if only_as_program(statement.node):
            continue
        # A node's lines count from the start of what was parsed at once.
        shift = statement.line - first_line(statement.node)
        own: dict[str, Function] = {}
        for node in at_top(statement.node):
            if isinstance(node, Definition):
                own[node.name] = Function(_arguments(node.args), node.lineno + shift)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                known, takes = _taken(node.value, functions | own)
                for target in targets:
                    if isinstance(target, ast.Name):
                        if known:
                            own[target.id] = Function(takes, node.lineno + shift)
                        else:
                            functions.pop(target.id, None)
                            lines.pop(target.id, None)
        for name, function in own.items():
            again = not isinstance(statement.node, ast.Assign) or name not in functions
            lines[name] = [*lines.get(name, []), function.line] if again else lines[name]
        functions |= own
    return functions, {name: places for name, places in lines.items() if len(places) > 1}


def _arguments(arguments: ast.arguments) -> tuple[str, ...] | None:
    if arguments.kwarg is not None:
        return None
    return tuple(one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])


def _taken(value: ast.expr, functions: dict[str, Function]) -> tuple[bool, tuple[str, ...] | None]:
    """Whether a value is a function as far as can be seen, and the arguments that it takes."""
    if isinstance(value, ast.Lambda):
        return True, _arguments(value.args)
    if isinstance(value, ast.Name) and value.id in functions:
        return True, functions[value.id].takes
    if isinstance(value, ast.Call) and _last_name(value.func) == "partial" and value.args:
        base = value.args[0]
        takes = functions[base.id].takes if isinstance(base, ast.Name) and base.id in functions else None
        if takes is None or any(isinstance(one, ast.Starred) for one in value.args):
            return True, None
        return True, takes[len(value.args) - 1 :]
    return False, None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
