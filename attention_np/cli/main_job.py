"""``attention-np`` without a subcommand: the main job in two acts, and a page to look at."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..layers.attention import SCORES
from ..tasks.number_translation import VARIANTS, Translator, train_variant
from ..tasks.number_words import NumberPair, draw_split
from ..tasks.splits import Dataset, prepare
from ..tasks.summaries import SummarizerSettings, Summary, write_summaries
from ..tasks.summary_model import TrainedSummarizer, save_summarizer, train_summarizer
from ..tasks.summary_scores import SummaryScores, score_summaries
from ..training import blas_threads
from .main_report import ActOne, ActTwo, save_pictures, write_main_report
from .options import not_negative, positive
from .places import MODEL_FILE, TRAINING_FILE, cache_folder, fresh, last_model, output_folder, remember_model
from .tables import difference_lines, score_lines, translation_lines

_QUICK_TEST = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the main job's options to the command itself."""
    parser.add_argument("--minutes", type=positive, default=4.0, help="how long to train a summariser (4)")
    parser.add_argument("--score", choices=SCORES, default="cosine", help="the attention's score (cosine)")
    parser.add_argument("--seed", type=not_negative, default=0, help="of everything random (0)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="the folder for what is made (in the cache)")
    parser.add_argument("--resume", action="store_true", help="go on where training was interrupted")
    parser.add_argument(
        "--from", dest="packages", nargs="+", default=[], metavar="PACKAGE", help="more installed packages to read"
    )
    parser.add_argument("--quick", action="store_true", help="a tiny run that shows the way, not the results")
    parser.add_argument("--ablate", action="store_true", help="also train without attention, and with sharpness 1")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON at the end")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Both acts; with --json, what they say goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr) if arguments.json else contextlib.nullcontext():
        figures = _play(arguments)
    if arguments.json:
        print(json.dumps(figures))
    return 0


def _play(arguments: argparse.Namespace) -> dict[str, Any]:
    started = time.perf_counter()
    folder = output_folder(arguments.out, "main-job")
    minutes = 0.3 if arguments.quick else arguments.minutes
    _say(_plan(arguments, minutes, folder))
    with blas_threads(1):
        act_one = _act_one(arguments.seed, arguments.quick)
        act_two = _act_two(arguments, minutes, folder)
    label = "A tiny run (--quick): its figures say nothing about the method" if arguments.quick else ""
    pictures = save_pictures(folder, act_one, act_two)
    report = write_main_report(folder, act_one, act_two, label, time.perf_counter() - started)
    figures = {"quick": arguments.quick, "translation": act_one.as_dict(), "summaries": act_two.as_dict()}
    (folder / "metrics.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    _say(_ending(folder, act_two, report, pictures, time.perf_counter() - started))
    return figures


def _plan(arguments: argparse.Namespace, minutes: float, folder: Path) -> str:
    models = 3 if arguments.ablate else 1
    estimate = 1.5 if arguments.quick else 3 + models * (minutes + 0.5)
    lines = [
        "TINY RUN (--quick): a few seconds of training, figures without meaning." if arguments.quick else "",
        "Act one: three models translate number words; attention is compared with the true alignment.",
        f"Act two: a summariser is trained for {minutes:g} minutes on the documentation installed here"
        + (", then two more for comparison." if models == 3 else "."),
        f"About {estimate:.0f} minutes in all. Ctrl-C in act two saves, and --resume goes on. Everything goes to {folder}",
    ]
    return "\n".join(line for line in lines if line)


def _act_one(seed: int, quick: bool) -> ActOne:
    _say("\nAct one: number words, English to German\n")
    rng = np.random.default_rng(seed)
    split = draw_split(600, 150, 50, rng=rng) if quick else draw_split(rng=rng)
    translators: dict[str, Translator] = {}
    histories, scores = {}, {}
    for variant in VARIANTS:
        _say(f"{variant}:")
        translators[variant], histories[variant] = train_variant(split, variant, seed=seed, epochs=2 if quick else 8)
        scores[variant] = translators[variant].evaluate(split.test)
    shown = _shown(split.test)
    translations = {name: translator.translate([shown.source])[0] for name, translator in translators.items()}
    act = ActOne(len(split.train), len(split.test), scores, histories, shown, translations)
    _say("\n" + "\n".join(translation_lines(scores)))
    _say(f"{len(split.train)} numbers to learn from, {len(split.test)} unseen ones to score. {act.scored_words}")
    return act


def _shown(pairs: list[NumberPair]) -> NumberPair:
    """The first test number of eight German words or more: long enough to see a blur."""
    return next((pair for pair in pairs if len(pair.target) >= 8), pairs[0])


def _act_two(arguments: argparse.Namespace, minutes: float, folder: Path) -> ActTwo:
    _say("\nAct two: summaries of the documentation installed on this machine\n")
    packages = tuple(arguments.packages)
    dataset = prepare(packages, cache_folder())
    for name, count in dataset.counts.items():
        _say(f"{count:>8,}  {name}")
    _say(f"data SHA-256 {dataset.sha256}\n")
    variants = {"the model": SummarizerSettings(score=arguments.score)}
    if arguments.ablate:
        variants["with sharpness 1"] = SummarizerSettings(score=arguments.score, learn_scale=False)
        variants["without attention and pointer"] = SummarizerSettings(score=None, learn_scale=False)
    ablations: dict[str, tuple[float, float, float]] = {}
    results: list[tuple[TrainedSummarizer, list[dict[str, Any]], Dataset, list[Summary], SummaryScores]] = []
    for name, settings in variants.items():
        if arguments.ablate:
            _say(f"{name}:")
        place = folder if not results else folder / name.replace(" ", "-")
        place.mkdir(exist_ok=True)
        trained, history = train_summarizer(
            dataset,
            settings,
            seed=arguments.seed,
            minutes=minutes,
            packages=packages,
            checkpoint=fresh(place / TRAINING_FILE, arguments.resume),
            resume=arguments.resume,
        )
        save_summarizer(place / MODEL_FILE, trained)
        tested = dataset.test[:: max(1, len(dataset.test) // _QUICK_TEST)] if arguments.quick else dataset.test
        summaries = write_summaries(trained.model, trained.vocabulary, [pair.source for pair in tested])
        scores = score_summaries(dataset, [summary.text for summary in summaries], tested)
        ablations[name] = scores.rows[0].intervals["ROUGE-L"]
        results.append((trained, history.history, dataset, summaries, scores))
    replaced = last_model()
    remember_model(folder / MODEL_FILE)
    if arguments.quick and replaced is not None and replaced != folder / MODEL_FILE:
        _say(f"summarize now uses this tiny model; the earlier one is --model {replaced}")
    trained, epochs, dataset, summaries, scores = results[0]
    act = ActTwo(trained, epochs, dataset, tested, summaries, scores, ablations if arguments.ablate else {})
    _say("\n" + "\n".join([*score_lines(scores), *difference_lines(scores)]))
    if arguments.ablate:
        _say("\nROUGE-L, side by side:")
        for name, (mean, low, high) in ablations.items():
            _say(f"  {name:<32}{mean:.1f} [{low:.1f}, {high:.1f}]")
    return act


def _ending(folder: Path, act: ActTwo, report: Path, pictures: list[Path], seconds: float) -> str:
    lines = ["", "Five examples, drawn at random:"]
    for index in act.drawn[:5]:
        pair, summary = act.tested[index], act.summaries[index]
        lines += [
            f"  {pair.docstring.object_name}",
            f"      model: {summary.text or '(nothing)'}",
            f"     author: {pair.reference}",
        ]
    lines += [
        "",
        f"Done in {seconds / 60:.1f} minutes. The summaries are often wrong: what this shows is the gap to the",
        "baselines and what attention does, not good summaries. To look at:",
        f"  {report}   (open it in a browser)",
        *(f"  {picture}" for picture in pictures),
        f"  {folder / MODEL_FILE}, {folder / 'metrics.json'}",
        "Next:",
        "  attention-np summarize --object numpy.linalg.norm --heatmap norm.png",
        '  attention-np summarize "Return the indices of the elements that are non-zero, grouped by element."',
        "  attention-np --ablate        (the same without attention, and without a sharpness)",
    ]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, flush=True)
