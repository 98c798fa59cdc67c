"""``attention-np train TASK``: any task; interrupted work resumes to the same bits."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from ..training import Processes, training_processes, world
from .options import at_least_one, not_negative, positive
from .tasks import COMMANDS
from .tasks.command import TaskCommand


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
        _add_ways_of_exchange(task)
        command.add_training_arguments(task)
        task.set_defaults(run=partial(_run, command))


def _add_ways_of_exchange(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "in several processes",
        "mpiexec -n 4 attention-np train ... shares each batch among them, and gives what one process gives; or else:",
    )
    ways = group.add_mutually_exclusive_group()
    ways.add_argument(
        "--local-steps", type=at_least_one, metavar="N", help="each takes N steps alone before all average their weights"
    )
    ways.add_argument(
        "--staleness",
        type=not_negative,
        metavar="N",
        help="the first keeps the weights, and takes gradients from the others that at most N updates have overtaken",
    )


def _run(command: TaskCommand, arguments: argparse.Namespace) -> int:
    processes = Processes(world(), local_steps=arguments.local_steps, staleness=arguments.staleness)
    with training_processes(processes):
        return command.train(arguments)
