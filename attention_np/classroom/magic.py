"""The cell magic ``%%check NAME``: runs the cell, checks the function that it defines, and lets the notebook go on.

The function is called in the kernel where it lives, with the helpers of earlier cells: it is one's own, on one's own machine.
Whatever is wrong with it, the next cells find the right function under its name, so that "Run All" reaches the end.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .assignment.variation import as_handed_out
from .catalogue import exercise_named
from .check.page import mark_html
from .check.words import hint_line, mark_lines
from .exercise import Exercise
from .marking import Mark, mark_live
from .marking.score import without_points

_USAGE = "expected %%check NAME, or %%check NAME --hint 1 (2, 3)"
_SEED = 0
_marks: dict[str, Mark] = {}
_stand_ins: dict[str, Callable[..., Any]] = {}
"""By name: what was put in the place of a function that was not right."""


def register(shell: Any) -> None:
    """Add the magic to an IPython shell."""

    def check(line: str, cell: str) -> None:
        """Run the cell, check the function that it defines: %%check softmax_backward, or with --hint 1 (2, 3)."""
        from IPython.display import display

        try:
            exercise, hint = _asked(line)
            exercise = as_handed_out(exercise, cell)
        except ValueError as problem:
            # The cell is somebody's, whatever became of the line above it.
            print("\n".join(filter(None, [_run(shell, cell, "%%check"), f"%%check: {problem}"])))
            return
        display(_checked(shell, exercise, hint, cell))

    shell.register_magic_function(check, magic_kind="cell", magic_name="check")
    if _with_a_body not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(_with_a_body)


def share_of(name: str) -> float:
    """The share of its points that the last check of an exercise in this kernel came to.

    Raises
    ------
    ValueError
        If there was none.
    """
    if name not in _marks:
        raise ValueError(f"{name} was not checked: run its cell, which begins with %%check {name}")
    return _marks[name].points / _marks[name].max_points


def _with_a_body(lines: list[str]) -> list[str]:
    """A cell of nothing but the magic's line is left blank; IPython would raise an error."""
    return [*lines, "\n"] if len(lines) == 1 and lines[0].startswith("%%check") else lines


class Checked:
    """What a notebook shows of a check: the coloured report, or its lines where there is no HTML.

    Attributes
    ----------
    mark : Mark
    """

    def __init__(self, exercise: Exercise, mark: Mark, hint: int | None) -> None:
        self.mark = mark
        self._exercise, self._hint = exercise, hint

    def __repr__(self) -> str:
        name = self.mark.exercise
        if self.mark.verdict == "not-attempted":
            hint = [] if self._hint is None else [f"  {hint_line(self._exercise, self._hint)}"]
            return "\n".join([f"{name}: left blank; {_goes_on(name)}", *hint])
        lines = mark_lines(self._exercise, self.mark, self._hint)
        return "\n".join([*lines, *([] if self.mark.verdict == "pass" else ["", f"  From here on {_goes_on(name)}."])])

    def _repr_html_(self) -> str:
        remark = "" if self.mark.verdict == "pass" else _goes_on(self.mark.exercise)
        return mark_html(self._exercise, self.mark, self._hint, remark)


def _goes_on(name: str) -> str:
    return f"the next cells use the package's own {name}"


def _asked(line: str) -> tuple[Exercise, int | None]:
    name, *rest = line.split() or [""]
    if not name or rest and (len(rest) != 2 or rest[0] != "--hint" or rest[1] not in ("1", "2", "3")):
        raise ValueError(_USAGE)
    return exercise_named(name), int(rest[1]) if rest else None


def _checked(shell: Any, exercise: Exercise, hint: int | None, cell: str) -> Checked:
    name = exercise.name
    right = _right_function(exercise)
    if name in shell.user_ns and any(shell.user_ns[name] is one for one in (right, _stand_ins.get(name))):
        # Imported, or from an earlier run of this cell: it is not the learner's.
        del shell.user_ns[name]
    problem = _run(shell, cell, name)
    function = shell.user_ns.get(name)
    if problem:
        mark = without_points(exercise, "crashed", problem)
    elif function is None:
        mark = without_points(exercise, "not-attempted", f"There is no function {name} in the cell.")
    elif not callable(function):
        mark = without_points(exercise, "crashed", f"{name} is of type {type(function).__name__}, and no function.")
    else:
        with _silence():
            mark = mark_live(exercise, function, rng=np.random.default_rng(_SEED))
    _marks[name] = mark
    if mark.verdict != "pass":
        shell.user_ns[name] = _stand_ins[name] = right
    return Checked(exercise, mark, hint)


def _right_function(exercise: Exercise) -> Callable[..., Any]:
    if not exercise.driver:
        return exercise.subject.reference
    # The reference is the driver's; the function alone is in the solution.
    space: dict[str, Any] = {}
    exec(compile(exercise.solution, f"solution of {exercise.name}", "exec"), space)
    found: Callable[..., Any] = space[exercise.name]
    return found


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What the function prints at each of many calls is no part of the report."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _run(shell: Any, cell: str, name: str) -> str:
    """Run the cell in the user's namespace; what went wrong, in a sentence."""
    file = f"the cell of {name}"
    # The magic's own line counts, as in the margin of the notebook.
    try:
        source = "\n" + shell.transform_cell(cell)
        # Where a traceback and the checker find the lines.
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        tree = shell.compile.ast_parse(source, file)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(shell.compile(tree, file, "exec"), shell.user_ns)
        if last is not None:
            value = eval(shell.compile(ast.Expression(last.value), file, "eval"), shell.user_ns)
            sys.displayhook(value)
    except KeyboardInterrupt:
        raise
    except SyntaxError as error:
        return f"There is a syntax error in line {error.lineno}: {error.msg}."
    except BaseException as error:
        return _raised(error, file)
    return ""


def _raised(error: BaseException, file: str) -> str:
    said = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"The cell raised {said}" + (f" in line {own[-1].lineno}: `{own[-1].line}`." if own else ".")
