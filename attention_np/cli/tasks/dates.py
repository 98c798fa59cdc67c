"""Dates as people write them, to ISO 8601: read, and attention scored against where year, month and day stand."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ...tasks.dates.alignment import looked_at
from ...tasks.dates.examples import SPLITS, DateExample, DateSplit, draw_dates
from ...tasks.dates.model import MINUTES, DateScore, score_dates, score_rule, train_dates
from ...tasks.dates.rule import DateRule
from ...tasks.dates.styles import babel_version
from ...tasks.transducer import ARCHITECTURES, Transducer, TransducerSettings
from ...training import blas_threads
from ..places import TASK_MODEL, TRAINING_FILE, fresh, output_folder, task_model
from .command import TaskCommand
from .pictures import save_weights

_TITLE = "Where attention lay for each character"


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=tuple(SPLITS),
        default="days",
        help="what is asked afterwards (days): " + "; ".join(f"{name}: {what}" for name, what in SPLITS.items()),
    )
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="recurrent", help="what reads and writes (recurrent)")


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", nargs="+", metavar="DATE", help="read these dates, and score nothing")


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "dates")
    split = draw_dates(arguments.split, rng=np.random.default_rng(arguments.seed))
    score = None if arguments.score == "none" else arguments.score
    settings = TransducerSettings(
        score,
        learn_scale=score is not None and not arguments.beta_one,
        longest=12,
        architecture=arguments.architecture,
        # The parts of a date are known by what stands beside them, wherever they are; but only a product can be turned.
        positions="sinusoidal" if score == "additive" else "rotary",
    )
    facts = {"split": arguments.split, "seed": arguments.seed, "data": split.sha256, "babel": babel_version()}
    transducer, result = train_dates(
        split,
        settings,
        seed=arguments.seed,
        minutes=arguments.minutes or MINUTES,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
        configuration=facts,
    )
    transducer.save(folder / TASK_MODEL, "dates", **facts, steps=result.steps, best_epoch=result.best_epoch)
    if not arguments.json:
        print(f"{len(split.train):,} dates learned in {result.steps:,} steps")
    _report(folder / TASK_MODEL, split, arguments.json, heatmap=None)
    if not arguments.json:
        print(f"next: attention-np evaluate dates --model {folder} --text '25 novembre 1981' --heatmap date.png")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "dates")
    if arguments.text:
        return _read(path, arguments)
    _, facts = Transducer.load(path, "dates")
    split = draw_dates(facts["split"], rng=np.random.default_rng(facts["seed"]))
    if split.sha256 != facts["data"]:
        print(
            f"attention-np: the dates differ from those that the model learned, which were of Babel {facts['babel']} "
            f"(here: {babel_version()}); what is scored may have been trained on",
            file=sys.stderr,
        )
    _report(path, split, arguments.json, arguments.heatmap)
    return 0


def _read(path: Path, arguments: argparse.Namespace) -> int:
    transducer, _ = Transducer.load(path, "dates")
    with blas_threads(1):
        found = transducer.translate(arguments.text)
    if arguments.heatmap is not None:
        save_weights(arguments.heatmap, found[0].weights, list(arguments.text[0]), found[0].words, _TITLE)
    written = ["".join(translation.words) for translation in found]
    if arguments.json:
        print(json.dumps(dict(zip(arguments.text, written, strict=True))))
        return 0
    for text, date in zip(arguments.text, written, strict=True):
        print(f"{text} -> {date}")
    return 0


def _report(path: Path, split: DateSplit, as_json: bool, heatmap: Path | None) -> None:
    transducer, facts = Transducer.load(path, "dates")
    with blas_threads(1):
        score = score_dates(transducer, split.test)
        shown = _shown(split.test)
        (found,) = transducer.translate([shown.source])
    rule = score_rule(DateRule(split.train), split.test)
    if heatmap is not None:
        save_weights(heatmap, found.weights, shown.source, found.words, _TITLE)
    looked = None if found.weights is None else looked_at(found.weights, shown.text)
    written = "".join(found.words)
    if as_json:
        example = {"text": shown.text, "written": written, "right": shown.date.isoformat(), "looked_at": looked}
        figures = {**_figures(score), "rule": _figures(rule), "tested": len(split.test), "example": example}
        print(json.dumps({**figures, "sharpness": transducer.sharpness, **facts, "model": str(path)}))
        return
    print("\n".join(_lines(transducer, score, rule, facts, len(split.test))))
    print(f"{shown.text!r}: it writes {written}" + ("" if looked is None else f" while it looks at {looked}"))
    print(f"the model is {path}")


def _figures(score: DateScore) -> dict[str, Any]:
    alignment = None if score.alignment is None else score.alignment._asdict()
    return {"exact": score.exact, "by_locale": score.by_locale, "alignment": alignment}


def _lines(transducer: Transducer, score: DateScore, rule: DateScore, facts: dict[str, Any], tested: int) -> list[str]:
    sharpness = transducer.sharpness
    attention = "no attention" if sharpness is None else f"{transducer.settings.score} attention, sharpness {sharpness:.1f}"
    by_locale = ", ".join(f"{locale} {100 * exact:.0f}" for locale, exact in score.by_locale.items())
    lines = [
        f"{attention}; tested on {tested:,} dates: {SPLITS[facts['split']]}",
        f"exact: {100 * score.exact:.1f} %; a rule that looks names up and knows what numbers can be: {100 * rule.exact:.1f} %",
        f"exact by language, in %: {by_locale}",
    ]
    if (alignment := score.alignment) is not None:
        lines.append(
            f"the greatest weight lies inside the year for {100 * alignment.year:.1f} % of its digits, inside the month for "
            f"{100 * alignment.month:.1f} %, the day {100 * alignment.day:.1f} %; on the very digit of the year that is "
            f"written for {100 * alignment.digits:.1f} %"
        )
    return lines


def _shown(examples: list[DateExample]) -> DateExample:
    """The longest whose every character Matplotlib's font has."""
    return max(examples, key=lambda example: (example.text.isascii(), len(example.text)))


COMMAND = TaskCommand(
    name="dates",
    summary="reads dates of twenty languages, and scores attention against where year, month and day stand",
    example="attention-np train dates --split combinations --beta-one --seed 3",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes=f"how long to train ({MINUTES:g})",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=_add_evaluation_arguments,
    evaluate=_evaluate,
)
