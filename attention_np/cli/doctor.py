"""``attention-np doctor``: what isolation this machine gives the grader, proved by handing in hostile submissions."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from ..classroom.doctor import FAMILIES, Case, Outcome, examine_all, fences_here, weaker
from ..classroom.worker import WorkerFailed, isolation_here

_EPILOG = """\
Each submission is graded as any other is, with a secret, files, sockets and processes planted around it: what it got of them is
told, and so is what is known to get through where a wall is missing. Exit status 1: something got what it should not, or honest
work lost marks.

example: attention-np doctor --only answers"""
_HOW = {
    "pass": "full marks",
    "wrong": "no marks",
    "crashed": "its process or its calls broke",
    "timeout": "killed when its time was over",
    "out-of-memory": "no more memory",
    "no-answer": "its process ended itself",
    "not-attempted": "no marks",
    "tampered": "refused, and told to you",
    "refused": "file not read",
    "grader-error": "the grader's own error",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "doctor", help="proves what isolation this machine gives the grader, by hostile submissions", epilog=_EPILOG
    )
    parser.add_argument("--only", metavar="FAMILY", choices=FAMILIES, help=f"one of: {', '.join(FAMILIES)}")
    parser.add_argument(
        "--level", choices=("full", "limits"), default="full", help="limits: without what only Linux has (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Try the suite; 1 if something got through that should not, or honest work lost marks."""
    isolation = isolation_here() if arguments.level == "full" else weaker(isolation_here())
    try:
        level, fences = fences_here(isolation)
    except WorkerFailed as failed:
        raise ValueError(str(failed)) from failed
    chosen = {name: cases for name, cases in FAMILIES.items() if arguments.only in (None, name)}
    rows: dict[str, list[Outcome]] = {}
    for family, cases in chosen.items():
        rows[family] = []
        if not arguments.json:
            print(family, flush=True)
        for outcome in examine_all(cases, isolation, fences):
            rows[family].append(outcome)
            if not arguments.json:
                print(_line(outcome), flush=True)
    outcomes = [outcome for some in rows.values() for outcome in some]
    untried = [case for cases in chosen.values() for case in cases if case.expected(fences) is None]
    if arguments.json:
        print(json.dumps(_as_dict(level, rows, untried)))
    else:
        print("\n".join(["", *_summary(level, outcomes, untried)]))
    bad = [outcome.case.name for outcome in outcomes if not outcome.well]
    if bad:
        print(f"attention-np: doctor: not as it should be: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


def _line(outcome: Outcome) -> str:
    how = _HOW[outcome.verdict]
    if not outcome.well:
        word = "BAD"
        how = "; ".join(outcome.got) or f"{outcome.points} of {outcome.max_points} points: {outcome.message}"
    elif outcome.case.honest:
        word = "well"
    else:
        word = "known" if outcome.got else "stopped"
        how = "; ".join(outcome.got) or how
    return f"  {word:<9}{how:<30}  {outcome.case.name}: {outcome.case.tries}"


def _summary(level: str, outcomes: Sequence[Outcome], untried: Sequence[Case]) -> list[str]:
    hostile = [outcome for outcome in outcomes if not outcome.case.honest]
    stopped = [outcome for outcome in hostile if outcome.expected.stopped]
    honest = [outcome for outcome in outcomes if outcome.case.honest]
    nothing, marks = (sum(outcome.well for outcome in some) for some in (stopped, honest))
    lines = [
        f"{nothing} of {len(stopped)} hostile submissions got nothing; {marks} of {len(honest)} honest ones got their marks.",
        f"isolation: {level}",
    ]
    known = [outcome.case for outcome in hostile if not outcome.expected.stopped]
    for words, cases in (("known to get through", known), ("not tried, since nothing would stop it", untried)):
        lines += [f"not prevented here ({words}): {case.name}: it {case.tries}" for case in cases]
    return lines


def _as_dict(level: str, rows: dict[str, list[Outcome]], untried: Sequence[Case]) -> dict[str, Any]:
    cases = [_row(family, outcome) for family, outcomes in rows.items() for outcome in outcomes]
    hostile = [row for row in cases if not row["honest"]]
    honest = [row for row in cases if row["honest"]]
    return {
        "isolation": level,
        "hostile": {"tried": len(hostile), "stopped": sum(row["stopped"] for row in hostile)},
        "honest": {"tried": len(honest), "full_marks": sum(row["points"] == row["max_points"] for row in honest)},
        "not_prevented": [row["name"] for row in hostile if row["known"]] + [case.name for case in untried],
        "as_it_should_be": all(row["well"] for row in cases),
        "submissions": cases,
    }


def _row(family: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "family": family,
        "name": outcome.case.name,
        "tries": outcome.case.tries,
        "honest": outcome.case.honest,
        "verdict": outcome.verdict,
        "points": outcome.points,
        "max_points": outcome.max_points,
        "stopped": not outcome.case.honest and not outcome.got,
        "known": not outcome.expected.stopped,
        "well": outcome.well,
        "got": list(outcome.got),
        "tampering": list(outcome.told),
    }
