"""The statements that a name needs, in their order and on their lines."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import defaultdict

from .blocks import Statement
from .names import names_of

_MOST_STEPS = 400_000


class Slices:
    """The statements of a file, and what each of them needs of the others.

    Names are followed, objects are not: what changes an object under a second name is not seen.

    Parameters
    ----------
    statements : list of Statement
        In their order.
    name : str
        The file, for messages.
    """

    def __init__(self, statements: list[Statement], name: str) -> None:
        self._statements = statements
        self._name = name
        self._names = [names_of(statement) for statement in statements]
        self._binders: dict[str, list[int]] = defaultdict(list)
        by_call = {name: names.by_call for names in self._names for name in names.sure | names.perhaps if names.by_call}
        for index, names in enumerate(self._names):
            called = [by_call[name] for name in names.now & by_call.keys()]
            for bound in {*names.sure, *names.perhaps}.union(*called):
                self._binders[bound].append(index)

    def source_for(self, name: str) -> str:
        """The source that gives a name its value, each line where it was."""
        kept = self._needed(name)
        for index, statement in enumerate(self._statements):
            if _everything(statement.node):
                kept.add(index)
        return _written([self._statements[index] for index in sorted(kept)])

    def _needed(self, name: str) -> set[int]:
        """What a name needs when the file has run: (index, time) says that a statement is needed at a later one's time.

        A function's own names are looked up when it is called, so it needs what they stand for by then.
        """
        end = len(self._statements)
        waiting = [(index, end) for index in self._bound_by(name, end)]
        done: set[tuple[int, int]] = set()
        steps = 0
        while waiting:
            pair = waiting.pop()
            steps += 1
            if pair in done:
                continue
            done.add(pair)
            if steps + len(waiting) > _MOST_STEPS:
                raise ValueError(f"{self._name}: expected {name} to need less, got too many names that need each other")
            index, time = pair
            names = self._names[index]
            # Only a plain function surely waits for its caller; what else runs here may call what it holds.
            here = names.now | names.later if not _waits(self._statements[index].node) else names.now
            # What is read here may be called here, or kept and called at the later time.
            waiting += [(other, at) for read in here for other in self._bound_by(read, index) for at in {index, time}]
            waiting += [(other, time) for read in names.later for other in self._bound_by(read, time)]
        return {index for index, _ in done}

    def _bound_by(self, name: str, time: int) -> list[int]:
        """The statements to which a name owes its value before a time: back to the last that surely binds it."""
        binders = self._binders.get(name, [])
        found = []
        for index in reversed(binders[: bisect_left(binders, time)]):
            found.append(index)
            if name in self._names[index].sure:
                break
        return found


def _waits(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list


def _everything(node: ast.stmt) -> bool:
    """Imports that name nothing: which names they bring, only running them tells."""
    return isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.names[0].name == "*")


def _written(statements: list[Statement]) -> str:
    """The statements, each on its line; one from the future comes first, on the first line if it has to."""
    lines: list[str] = []
    for statement in statements:
        from_future = isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__"
        if from_future and any(lines):
            if lines[0] and not lines[0].startswith("from __future__"):
                continue
            lines[0] += ("; " if lines[0] else "") + " ".join(statement.lines)
            continue
        lines += [""] * (statement.line - len(lines))
        lines[statement.line - 1] += ("; " if lines[statement.line - 1] else "") + statement.lines[0]
        lines += statement.lines[1:]
    return "\n".join(lines) + "\n"
