"""``attention-np evaluate TASK``: metrics against baselines, on the held-out split."""

from __future__ import annotations

import argparse
from pathlib import Path

from .tasks import COMMANDS


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand, with a parser for each task."""
    parser = subparsers.add_parser(
        "evaluate",
        help="scores a trained model against baselines, on data that it never saw",
        epilog="example: attention-np evaluate summaries --model my-model",
    )
    tasks = parser.add_subparsers(title="tasks", metavar="task", dest="task", required=True)
    for command in COMMANDS:
        example = f"example: attention-np evaluate {command.name} --model my-model --heatmap map.png"
        task = tasks.add_parser(command.name, help=command.summary, epilog=example)
        task.add_argument("--model", metavar="DIR", type=Path, help="the folder of a model (the last trained one)")
        task.add_argument("--json", action="store_true", help="print JSON")
        task.add_argument("--heatmap", metavar="FILE.png", type=Path, help="draw where attention lay in one example")
        command.add_evaluation_arguments(task)
        task.set_defaults(run=command.evaluate)
