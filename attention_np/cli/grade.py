"""``attention-np grade``: a class of untrusted files, each exercise in a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..classroom.assignment import Assignment, load_assignment
from ..classroom.catalogue import exercises
from ..classroom.files import write_text
from ..classroom.grading import (
    Class,
    Found,
    Kept,
    by_roster,
    corrected,
    find,
    grade,
    read_corrections,
    read_roster,
    without_assignment,
    without_roster,
)
from ..classroom.outputs import PLATFORMS, class_csv, class_json, class_lines, gradescope_json, write_pages
from ..classroom.own import own_exercises
from ..classroom.worker import isolation_here
from .options import at_least_one
from .places import output_folder

_EPILOG = """\
A folder is a class: each file, folder and .zip in it is one student's; several folders given at once may be a student's each.
Of several files of one student with the same function the latest counts.
Without --assignment all exercises that somebody handed in are graded, with the same cases in every run.

example: attention-np grade submissions --assignment week-3 --roster class.csv --csv scores.csv --html report"""
_SECONDS_BETWEEN_LINES = 10.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "grade", help="grades a class of untrusted files, each exercise in a process of its own", epilog=_EPILOG
    )
    parser.add_argument("paths", metavar="FILES-OR-DIRS", nargs="+", type=Path, help=".py, .ipynb, .zip, or folders of them")
    offered = parser.add_mutually_exclusive_group()
    offered.add_argument("--assignment", metavar="DIR", type=Path, help="the assignment that was handed out")
    offered.add_argument("--exercises", metavar="DIR", type=Path, help="a folder of your own exercises instead of ours")
    parser.add_argument("--roster", metavar="F.csv", type=Path, help="who should have handed in: id,name,email")
    parser.add_argument("--corrections", metavar="F.csv", type=Path, help="points by hand: student,exercise,points,reason")
    parser.add_argument("--jobs", metavar="N", type=at_least_one, default=_processors(), help="so many at a time (%(default)s)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where results are kept, and found again (the cache)")
    parser.add_argument("--csv", metavar="F", type=Path, help="write the scores as CSV")
    parser.add_argument("--csv-for", choices=PLATFORMS, help="with the columns that it imports")
    parser.add_argument("--json", metavar="F", help="write everything as JSON (-: print it instead of the table)")
    parser.add_argument("--html", metavar="F", type=Path, help="write a page for the class and one for each student")
    parser.add_argument("--gradescope", metavar="F", type=Path, help="write Gradescope's results.json of one submission")
    parser.add_argument(
        "--allow-root", action="store_true", help="as root, run submissions as root too, not as a user of their own"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Grade, write what is asked for, and print the table; 0 whatever the students wrote."""
    if arguments.csv_for is not None and arguments.csv is None:
        raise ValueError("--csv-for: into which file? As in: --csv scores.csv --csv-for moodle")
    for option in ("csv", "json", "gradescope"):
        _check_file(option, getattr(arguments, option))
    roster = () if arguments.roster is None else read_roster(arguments.roster)
    corrections = () if arguments.corrections is None else read_corrections(arguments.corrections)
    assignment = None if arguments.assignment is None else load_assignment(arguments.assignment)
    if assignment is None:
        offered = exercises() if arguments.exercises is None else own_exercises(arguments.exercises)
        assignment = without_assignment(offered, "")
    found = find(arguments.paths, {one.name for one in assignment.exercises}, {one.name for one in roster})
    if not found.students:
        raise ValueError(f"FILES-OR-DIRS: nothing was handed in below {', '.join(map(str, arguments.paths))}")
    if arguments.assignment is None:
        assignment = _occurring(assignment, found, arguments.paths)
    people, remarks = by_roster(found.students, roster) if roster else (without_roster(found.students), [])
    if arguments.gradescope is not None and len(found.students) != 1:
        raise ValueError(f"--gradescope: expected one submission, got {len(found.students)}; Gradescope grades each by itself")
    folder = output_folder(arguments.out, "grades")
    try:
        graded = grade(
            people,
            assignment,
            isolation=isolation_here(allow_root=arguments.allow_root),
            kept=Kept(folder / "results"),
            jobs=arguments.jobs,
            progress=_progress(),
            remarks=[*found.left_out, *remarks],
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; what is graded is kept: the same command grades the rest") from None
    graded = corrected(graded, corrections)
    _write(graded, arguments)
    if arguments.json != "-":
        print("\n".join([*class_lines(graded), f"Results are kept in {folder}; the same command grades only what is new."]))
    return 0


def _check_file(option: str, path: Path | str | None) -> None:
    """Refuse before minutes of grading what would fail behind them."""
    if path is None or path == "-":
        return
    if Path(path).is_dir() or not Path(path).resolve().parent.is_dir():
        raise ValueError(f"--{option}: expected a file in a folder that exists, got {path}")


def _occurring(assignment: Assignment, found: Found, paths: list[Path]) -> Assignment:
    """Only what somebody handed in."""
    names = {name for student in found.students for read in student.files for name in read.submission.functions}
    occurring = [one for one in assignment.exercises if one.name in names]
    if not occurring:
        notes = [note for student in found.students for note in student.notes]
        why = f"; {notes[0]}" if notes else ""
        raise ValueError(f"FILES-OR-DIRS: no function in them has the name of an exercise (attention-np exercises){why}")
    return without_assignment(occurring, paths[0].resolve().name if paths[0].is_dir() else "Exercises")


def _write(graded: Class, arguments: argparse.Namespace) -> None:
    if arguments.csv is not None:
        write_text(arguments.csv, class_csv(graded, arguments.csv_for))
    if arguments.json == "-":
        print(class_json(graded), end="")
    elif arguments.json is not None:
        write_text(Path(arguments.json), class_json(graded))
    if arguments.gradescope is not None:
        write_text(arguments.gradescope, gradescope_json(graded))
    if arguments.html is not None:
        page = write_pages(graded, arguments.html)
        print(f"the class's page: {page}", file=sys.stderr)


def _progress() -> Callable[[int, int], None]:
    """One line that is written over on a terminal; else a line now and then."""
    said = float("-inf")

    def progress(done: int, count: int) -> None:
        nonlocal said
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        last = done == count
        if not (terminal or last or now - said >= _SECONDS_BETWEEN_LINES):
            return
        said = now
        line = f"graded {done} of {count}" if count else "nothing new to grade"
        print(f"\r\033[2K{line}" if terminal else line, end="\n" if last or not terminal else "", file=sys.stderr, flush=True)

    return progress


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
