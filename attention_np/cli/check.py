"""``attention-np check``: a learner's own file, checked at once and offline."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..classroom.catalogue import chosen_from, exercises
from ..classroom.check.file import CheckedFile, check_file
from ..classroom.check.watch import changes
from ..classroom.check.words import VERDICTS, mark_lines
from ..classroom.exercise import Exercise
from ..classroom.marking import Mark
from ..classroom.own import own_exercises
from .processes import fail


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "check",
        help="checks the functions of your file that have the names of exercises, and says what is wrong with them",
        epilog="example: attention-np check my.py --exercise softmax_backward --hint",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a .py or .ipynb file; its functions are found by name")
    parser.add_argument(
        "--exercise", metavar="NAME", action="append", default=[], help="only this one; may be repeated"
    )
    parser.add_argument(
        "--exercises", metavar="DIR", type=Path, help="a folder of a teacher's own exercises instead of ours"
    )
    parser.add_argument(
        "--hint",
        metavar="N",
        nargs="?",
        type=_hint,
        const=1,
        help="hints to what is not right: 1 (or no number) is a nudge, 3 nearly the line itself",
    )
    parser.add_argument("--watch", action="store_true", help="check again whenever the file is saved, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print JSON (with --watch a line each time)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check once, or at each change."""
    offered = exercises() if arguments.exercises is None else own_exercises(arguments.exercises)
    for name in arguments.exercise:
        chosen_from(offered, name)
    if not arguments.watch:
        checked = check_file(arguments.file, offered, arguments.exercise)
        _say(checked, arguments)
        return _status(checked)
    status = 0
    try:
        for _ in changes(arguments.file):
            try:
                checked = check_file(arguments.file, offered, arguments.exercise)
                # Before it is said: who reads it may answer with Ctrl-C at once.
                status = _status(checked)
                _say(checked, arguments)
            except ValueError as problem:
                # It may be half written, or away while an editor replaces it.
                status = fail(str(problem), 2)
            sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"stopped watching {arguments.file}")
    return status


def _hint(text: str) -> int:
    if text not in ("1", "2", "3"):
        raise argparse.ArgumentTypeError(f"expected 1, 2 or 3, got {text}; the file is named before it")
    return int(text)


def _status(checked: CheckedFile) -> int:
    return 0 if checked.passed else 1


def _say(checked: CheckedFile, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(_as_dict(checked, arguments.hint)))
    else:
        print("\n".join(_lines(checked, arguments.hint)))


def _lines(checked: CheckedFile, hint: int | None) -> list[str]:
    name = checked.submission.name
    blocks = [[f"{name}: {remark}" for remark in checked.submission.remarks]]
    for exercise, mark in checked.marks:
        report = mark_lines(exercise, mark, hint)
        if count := len(mark.printed.splitlines()):
            report.append(f"  (It printed {count} {'line' if count == 1 else 'lines'}, which --json shows.)")
        # A report of several lines stands by itself.
        if len(report) > 1 or len(blocks[-1]) > 1:
            blocks.append(report)
        else:
            blocks[-1] += report
    return "\n\n".join("\n".join(block) for block in [*blocks, [_summary(checked, hint)]] if block).split("\n")


def _summary(checked: CheckedFile, hint: int | None) -> str:
    marks = [mark for _, mark in checked.marks]
    counted = {word: sum(VERDICTS[mark.verdict] == word for mark in marks) for word in VERDICTS.values()}
    said = ", ".join(f"{count} {word}" for word, count in counted.items() if count)
    points = f"{sum(mark.points for mark in marks)} of {sum(mark.max_points for mark in marks)} points"
    more = 1 if hint is None else hint + 1
    ask = f"; a hint: --hint {more}" if not checked.passed and more <= 3 else ""
    return f"{said}: {points}{ask}"


def _as_dict(checked: CheckedFile, hint: int | None) -> dict[str, Any]:
    return {
        "file": str(checked.submission.path),
        "remarks": list(checked.submission.remarks),
        "exercises": [_mark_dict(exercise, mark, hint) for exercise, mark in checked.marks],
    }


def _mark_dict(exercise: Exercise, mark: Mark, hint: int | None) -> dict[str, Any]:
    failing = mark.failing
    return {
        "name": mark.exercise,
        "verdict": mark.verdict,
        "passed": mark.verdict == "pass",
        "points": mark.points,
        "max_points": mark.max_points,
        "groups": [group._asdict() for group in mark.groups],
        "cases": None if mark.steps is None else mark.steps._asdict(),
        "diagnoses": [found._asdict() for found in mark.diagnoses],
        "message": mark.message,
        "smallest_failing": None
        if failing is None
        else {
            "case": failing.words,
            "arguments": _plain(failing.arguments),
            "given": _plain(failing.given),
            "right": _plain(failing.right),
        },
        "hint": None if hint is None or mark.verdict == "pass" else exercise.hints[hint - 1],
        "printed": mark.printed,
    }


def _plain(value: Any) -> Any:
    """As JSON has it, which knows neither arrays nor NaN nor infinity: these stand as words."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
