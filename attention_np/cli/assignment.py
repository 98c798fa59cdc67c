"""``attention-np assignment``: makes an assignment of some exercises, and proves that its marks are right."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from ..classroom.assignment import Assignment, load_assignment
from ..classroom.assignment.create import create, hand_out_name
from ..classroom.assignment.verify import verify_assignment, verify_exercises
from ..classroom.catalogue import exercises
from ..classroom.own import own_exercises
from ..classroom.proof import Proof
from ..classroom.worker import Isolation, isolation_here

_NEW = """\
Writes DIR/student with the hand-outs, a Python file and a notebook, and DIR/teacher with the key, the solutions and a
README. The key, teacher/assignment.json, holds a secret: whoever has it knows all cases beforehand."""
_VERIFY = """\
Proves each exercise: the blank has no points, the solution all of them, every known mistake fewer and by its name; of a
varied one also that the package's own function is no answer. Without DIR, all exercises that the package has."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "assignment",
        help="makes an assignment of some exercises, and proves that its marks are right",
        epilog="example: attention-np assignment new week3 --exercises softmax,softmax_backward --vary",
    )
    parser.set_defaults(run=_which)
    actions = parser.add_subparsers(title="actions", metavar="action")
    new = actions.add_parser(
        "new",
        help="writes hand-outs for students and the teacher's key",
        description=_NEW,
        epilog="example: attention-np assignment new week3 --exercises softmax,context --due 2026-12-01T23:59 --vary",
    )
    new.add_argument("folder", metavar="DIR", type=Path, help="a new or an empty folder")
    new.add_argument(
        "--exercises", metavar="A,B,…", default="", help="their names, as attention-np exercises lists them"
    )
    new.add_argument(
        "--from", dest="own", metavar="FOLDER", type=Path, help="a folder of your own exercises instead of ours"
    )
    new.add_argument("--title", default="", help="what stands above the hand-outs (the folder's name)")
    new.add_argument("--due", type=_due, metavar="TIME", help="what comes later is late, as in 2026-12-01T23:59")
    new.add_argument(
        "--vary",
        action="store_true",
        help="vary axes, results and factors by a secret, so that the package's own functions are no answer: for work that is graded",
    )
    new.set_defaults(run=run_new)
    verify = actions.add_parser(
        "verify",
        help="proves blank, solution and known mistakes of each exercise",
        description=_VERIFY,
        epilog="example: attention-np assignment verify week3",
    )
    verify.add_argument("folder", metavar="DIR", type=Path, nargs="?", help="the folder of an assignment")
    verify.add_argument("--exercises", metavar="FOLDER", type=Path, help="a folder of your own exercises instead")
    verify.add_argument("--allow-root", action="store_true", help="as root, run the solutions as root too")
    verify.add_argument("--json", action="store_true", help="print JSON")
    verify.set_defaults(run=run_verify)


def run_new(arguments: argparse.Namespace) -> int:
    """Make an assignment."""
    names = [name.strip() for name in arguments.exercises.split(",") if name.strip()]
    if not names and arguments.own is None:
        raise ValueError("--exercises: which? As in --exercises softmax,context; `attention-np exercises` lists them")
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"--exercises: expected each name once, got {repeated} twice")
    made = create(
        arguments.folder, names, own=arguments.own, title=arguments.title, due=arguments.due, vary=arguments.vary
    )
    print("\n".join(_made_lines(arguments.folder, made, arguments.vary)))
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Prove exercises; 1 if one is not proved."""
    if arguments.folder is not None and arguments.exercises is not None:
        raise ValueError("--exercises: expected the folder of an assignment or --exercises, got both")
    isolation = isolation_here(allow_root=arguments.allow_root)
    started = time.perf_counter()
    found = []
    for proof in _proofs(arguments, isolation):
        found.append(proof)
        if not arguments.json:
            print("\n".join(_proof_lines(proof)), flush=True)
    failed = [proof.exercise for proof in found if proof.failures]
    seconds = time.perf_counter() - started
    level = next((proof.isolation for proof in found if proof.isolation), "")
    if arguments.json:
        rows = [{**asdict(proof), "proved": not proof.failures} for proof in found]
        print(json.dumps({"proved": not failed, "isolation": level, "seconds": seconds, "exercises": rows}))
    else:
        print(f"\n{_verdict(len(found), failed)}, in {seconds:.1f} s\nthe solutions ran with: {level}")
    return 1 if failed else 0


def _proofs(arguments: argparse.Namespace, isolation: Isolation) -> Iterator[Proof]:
    if arguments.folder is not None:
        return verify_assignment(load_assignment(arguments.folder), isolation)
    return verify_exercises(
        exercises() if arguments.exercises is None else own_exercises(arguments.exercises), isolation
    )


def _which(arguments: argparse.Namespace) -> int:
    raise ValueError("assignment: expected new or verify, as in: attention-np assignment verify week3")


def _due(text: str) -> datetime:
    """A time; without a time zone it is that of this machine."""
    try:
        time_given = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a time as 2026-12-01T23:59, got {text}") from None
    return time_given if time_given.tzinfo else time_given.astimezone()


def _made_lines(folder: Path, made: Assignment, vary: bool) -> list[str]:
    width = max(len(exercise.name) for exercise in made.exercises) + 2
    lines = [f"{'name':<{width}}points  {'different' if vary else ''}".rstrip()]
    for exercise in made.exercises:
        different = exercise.statement.partition("**Different here.** ")[2].partition("\n")[0].replace("`", "")
        said = (different or "nothing: it is handed out as it is") if vary else ""
        lines.append(f"{exercise.name:<{width}}{exercise.points:>6}  {said}".rstrip())
    name = hand_out_name(folder)
    due = f", due {made.due:%Y-%m-%d %H:%M %z}" if made.due else ""
    return [
        *lines,
        "",
        f"{made.points} points{due}",
        f"for students: {folder / 'student' / name}.py or .ipynb",
        f"for you alone: {folder / 'teacher'}, with the secret; keep it",
        f"prove it: attention-np assignment verify {folder}",
    ]


def _proof_lines(proof: Proof) -> list[str]:
    said = (
        f"blank {proof.blank}, solution {proof.solution} of {proof.points} points, "
        f"{proof.named} of {proof.mistakes} mistakes caught and named; {proof.cases} cases, {proof.seconds:.1f} s"
    )
    lines = [f"{proof.exercise}: {'NOT proved' if proof.failures else 'proved'}: {said}"]
    return [*lines, *(f"  {failure}" for failure in proof.failures)]


def _verdict(count: int, failed: list[str]) -> str:
    if failed:
        return f"{len(failed)} of {count} not proved: {', '.join(failed)}"
    return f"{count} exercise{'s' * (count != 1)} proved"
