"""``attention-np exercises``: the catalogue, and one exercise with its hints, one at a time."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..classroom.catalogue import chosen_from, exercises
from ..classroom.example import example_lines, example_results, fact_lines
from ..classroom.exercise import Exercise
from ..classroom.own import own_exercises


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "exercises",
        help="lists the exercises, and shows one with its hints, one at a time",
        epilog="example: attention-np exercises softmax_backward --hint 1",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the exercise to show (all, in a list)")
    parser.add_argument("--hint", type=int, choices=(1, 2, 3), help="a hint: 1 is a nudge, 3 nearly the line itself")
    parser.add_argument("--exercises", metavar="DIR", type=Path, help="a folder of your own exercises instead of ours")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List all, or show one."""
    offered = exercises() if arguments.exercises is None else own_exercises(arguments.exercises)
    if arguments.name is None:
        if arguments.hint is not None:
            raise ValueError("--hint: of which exercise? As in: attention-np exercises softmax_backward --hint 1")
        if arguments.json:
            print(json.dumps({"exercises": [_row(exercise) for exercise in offered]}))
        else:
            print("\n".join(_list_lines(offered)))
        return 0
    exercise = chosen_from(offered, arguments.name)
    if arguments.json:
        print(json.dumps(_as_dict(exercise, arguments.hint)))
    else:
        print("\n".join(_shown_lines(exercise, arguments.hint)))
    return 0


def _list_lines(offered: tuple[Exercise, ...]) -> list[str]:
    width = max(len(exercise.name) for exercise in offered) + 2
    topics = max(len(exercise.topic) for exercise in offered) + 2
    lines = [f"{'name':<{width}}{'topic':<{topics}}difficulty  minutes  points"]
    for exercise in offered:
        lines.append(
            f"{exercise.name:<{width}}{exercise.topic:<{topics}}{exercise.difficulty:>10}{exercise.minutes:>9}{exercise.points:>8}"
        )
    return [*lines, "", f"{len(offered)} exercises; one of them: attention-np exercises {offered[0].name}"]


def _shown_lines(exercise: Exercise, hint: int | None) -> list[str]:
    if hint is not None:
        return [f"Hint {hint} of 3 for {exercise.name}: {exercise.hints[hint - 1]}"]
    return [
        f"{exercise.name}: {exercise.title}",
        *fact_lines(exercise),
        "",
        exercise.statement,
        "",
        "A worked example:",
        *(f"  {line}" for line in example_lines(exercise)),
        "",
        "Start from this:",
        "",
        exercise.blank,
        f"A hint: attention-np exercises {exercise.name} --hint 1",
    ]


def _row(exercise: Exercise) -> dict[str, Any]:
    return {
        "name": exercise.name,
        "title": exercise.title,
        "topic": exercise.topic,
        "difficulty": exercise.difficulty,
        "minutes": exercise.minutes,
        "points": exercise.points,
        "notebook": exercise.notebook,
    }


def _as_dict(exercise: Exercise, hint: int | None) -> dict[str, Any]:
    if hint is not None:
        return {"name": exercise.name, "hint": hint, "text": exercise.hints[hint - 1]}
    example = {name: getattr(value, "tolist", lambda value=value: value)() for name, value in exercise.example.items()}
    return {
        **_row(exercise),
        "groups": {group.name: group.points for group in exercise.groups},
        "statement": exercise.statement,
        "example": {
            "arguments": example,
            "results": {name: value.tolist() for name, value in example_results(exercise).items()},
        },
        "blank": exercise.blank,
    }
