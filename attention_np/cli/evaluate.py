"""``attention-np evaluate TASK``: metrics against baselines, on the held-out split."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..tasks.splits import prepare
from ..tasks.summaries import write_summaries
from ..tasks.summary_model import load_summarizer
from ..tasks.summary_scores import score_summaries
from ..training import blas_threads
from .places import cache_folder, model_path
from .tables import difference_lines, score_lines


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "evaluate",
        help="scores a trained model against baselines, on data that it never saw",
        epilog="example: attention-np evaluate summaries --model my-model",
    )
    parser.add_argument("task", choices=("summaries",), help="what was learned")
    parser.add_argument("--model", metavar="DIR", type=Path, help="the folder of a model (the last trained one)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score the test split."""
    trained = load_summarizer(model_path(arguments.model))
    dataset = prepare(tuple(trained.facts["packages"]), cache_folder())
    if dataset.sha256 != trained.facts["data"]:
        print(
            "attention-np: this machine's documentation has changed since the model was trained; "
            "what is scored may have been trained on",
            file=sys.stderr,
        )
    with blas_threads(1):
        summaries = write_summaries(trained.model, trained.vocabulary, [pair.source for pair in dataset.test])
    scores = score_summaries(dataset, [summary.text for summary in summaries])
    if arguments.json:
        print(json.dumps({**scores.as_dict(), "data": dataset.sha256}))
        return 0
    print("\n".join([*score_lines(scores), *difference_lines(scores), f"data SHA-256 {dataset.sha256}"]))
    return 0
