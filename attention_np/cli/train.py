"""``attention-np train TASK``: any task; interrupted work resumes to the same bits."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import not_negative, positive
from .tasks import COMMANDS


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand, with a parser for each task."""
    parser = subparsers.add_parser(
        "train", help="trains a model for a task", epilog="example: attention-np train summaries --minutes 5"
    )
    tasks = parser.add_subparsers(title="tasks", metavar="task", dest="task", required=True)
    for command in COMMANDS:
        task = tasks.add_parser(command.name, help=command.summary, epilog=f"example: {command.example}")
        scores = ", ".join([f"{command.scores[0]} unless said", *command.scores[1:]])
        task.add_argument(
            "--score", choices=command.scores, default=command.scores[0], metavar="S", help=f"of attention: {scores}"
        )
        task.add_argument("--beta-one", action="store_true", help="no sharpness: the scores as they are")
        task.add_argument("--minutes", type=positive, metavar="M", help=command.minutes)
        task.add_argument("--seed", type=not_negative, default=0, metavar="N", help="of everything random (0)")
        task.add_argument("--out", metavar="DIR", type=Path, help="the folder for what is made (in the cache)")
        task.add_argument("--resume", action="store_true", help="go on where training was interrupted")
        task.add_argument("--json", action="store_true", help="print JSON")
        command.add_training_arguments(task)
        task.set_defaults(run=command.train)
