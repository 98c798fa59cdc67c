"""``attention-np train TASK``: any task; interrupted work resumes to the same bits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ..layers.attention import SCORES
from ..tasks.number_translation import Translator
from ..tasks.number_words import draw_split
from ..tasks.splits import prepare
from ..tasks.summaries import SummarizerSettings
from ..tasks.summary_model import save_summarizer, train_summarizer
from ..training import blas_threads
from .places import MODEL_FILE, cache_folder, output_folder, remember_model

TRAINING_FILE = "training.npz"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "train",
        help="trains a model for a task",
        epilog="example: attention-np train summaries --minutes 5 --score scaled_dot --out my-model",
    )
    parser.add_argument("task", choices=("summaries", "numbers"), help="what to learn")
    add_training_arguments(parser)
    parser.add_argument("--beta-one", action="store_true", help="no sharpness: the scores as they are")
    parser.set_defaults(run=run)


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the main job and ``train`` both take."""
    parser.add_argument("--minutes", type=positive, default=4.0, help="how long to train a summariser (4)")
    parser.add_argument("--score", choices=SCORES, default="cosine", help="the attention's score (cosine)")
    parser.add_argument("--seed", type=not_negative, default=0, help="of everything random (0)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="the folder for what is made (in the cache)")
    parser.add_argument("--resume", action="store_true", help="go on where training was interrupted")
    parser.add_argument(
        "--from", dest="packages", nargs="+", default=[], metavar="PACKAGE", help="more installed packages to read"
    )


def positive(text: str) -> float:
    """A number above zero, for argparse."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number


def not_negative(text: str) -> int:
    """A whole number from zero on, for argparse."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text}")
    return number


def fresh(checkpoint: Path, resume: bool) -> Path:
    """The checkpoint to train with; an earlier training that is not resumed is kept beside it."""
    if checkpoint.exists() and not resume:
        checkpoint.replace(checkpoint.with_name("previous-" + checkpoint.name))
    return checkpoint


def run(arguments: argparse.Namespace) -> int:
    """Train, and save the model."""
    folder = output_folder(arguments.out, arguments.task)
    if arguments.task == "numbers":
        return _train_numbers(arguments, folder)
    settings = SummarizerSettings(score=arguments.score, learn_scale=not arguments.beta_one)
    packages = tuple(arguments.packages)
    dataset = prepare(packages, cache_folder())
    trained, result = train_summarizer(
        dataset,
        settings,
        seed=arguments.seed,
        minutes=arguments.minutes,
        packages=packages,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
    )
    save_summarizer(folder / MODEL_FILE, trained)
    remember_model(folder / MODEL_FILE)
    print(f"{result.steps} steps; best epoch {result.best_epoch}, validation loss {result.best:.3f}")
    print(f"the model is {folder / MODEL_FILE}")
    print(f"next: attention-np evaluate summaries --model {folder}")
    return 0


def _train_numbers(arguments: argparse.Namespace, folder: Path) -> int:
    split = draw_split(rng=np.random.default_rng(arguments.seed))
    learn_scale = not arguments.beta_one
    translator = Translator(
        split.train, score=arguments.score, learn_scale=learn_scale, rng=np.random.default_rng(arguments.seed)
    )
    translator.fit(
        split.train,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
        configuration={"score": arguments.score, "learn_scale": learn_scale, "seed": arguments.seed},
    )
    with blas_threads(1):
        score = translator.evaluate(split.test)
    line = f"exact on {len(split.test)} unseen numbers: {100 * score.exact:.1f} %"
    if score.alignment is not None:
        line += f"; alignment right: {100 * score.alignment.accuracy:.1f} %"
    print(line, file=sys.stdout)
    return 0
