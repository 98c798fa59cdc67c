"""Summaries of the documentation that is installed here."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ...tasks.splits import Dataset, prepare
from ...tasks.summaries import SummarizerSettings, Summary, explained_summary, write_summaries
from ...tasks.summary_model import TrainedSummarizer, load_summarizer, save_summarizer, train_summarizer
from ...tasks.summary_scores import score_summaries
from ...training import blas_threads
from ...visualize import explain
from ...visualize.explanations import mean_agreement
from ..places import MODEL_FILE, TRAINING_FILE, cache_folder, fresh, model_path, output_folder, remember_model
from ..tables import difference_lines, score_lines
from .command import TaskCommand
from .explaining import add_explain, agreement_lines, save_explanations
from .pictures import save_weights

_MINUTES = 4.0
_EXPLAINED = 20
_SHOWN_WORDS = 20


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="packages", nargs="+", default=[], metavar="PACKAGE", help="more installed packages to read"
    )


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "summaries")
    score = None if arguments.score == "none" else arguments.score
    settings = SummarizerSettings(score=score, learn_scale=score is not None and not arguments.beta_one)
    packages = tuple(arguments.packages)
    dataset = prepare(packages, cache_folder())
    trained, result = train_summarizer(
        dataset,
        settings,
        seed=arguments.seed,
        minutes=arguments.minutes or _MINUTES,
        packages=packages,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
    )
    save_summarizer(folder / MODEL_FILE, trained)
    remember_model(folder / MODEL_FILE)
    if arguments.json:
        figures = {"steps": result.steps, "best_epoch": result.best_epoch, "validation_loss": result.best}
        print(json.dumps({**figures, "model": str(folder / MODEL_FILE)}))
        return 0
    print(f"{result.steps} steps; best epoch {result.best_epoch}, validation loss {result.best:.3f}")
    print(f"the model is {folder / MODEL_FILE}")
    print(f"next: attention-np evaluate summaries --model {folder}")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    trained = load_summarizer(model_path(arguments.model))
    if (arguments.heatmap or arguments.explain) and trained.settings.score is None:
        raise ValueError("--heatmap, --explain: this model has no attention to draw")
    dataset = prepare(tuple(trained.facts["packages"]), cache_folder())
    if dataset.sha256 != trained.facts["data"]:
        print(
            "attention-np: this machine's documentation has changed since the model was trained; "
            "what is scored may have been trained on",
            file=sys.stderr,
        )
    summaries = _write(trained, dataset)
    scores = score_summaries(dataset, [summary.text for summary in summaries])
    if arguments.heatmap is not None:
        # The longest says most.
        shown = max(summaries, key=lambda summary: len(summary.words))
        save_weights(arguments.heatmap, shown.weights, shown.source, shown.words)
    agreement = {} if arguments.explain is None else _explain(trained, summaries, arguments.explain)
    if arguments.json:
        print(json.dumps({**scores.as_dict(), "data": dataset.sha256, "agreement": agreement}))
        return 0
    lines = [*score_lines(scores), *difference_lines(scores), *agreement_lines(agreement)]
    print("\n".join([*lines, f"data SHA-256 {dataset.sha256}"]))
    return 0


def _write(trained: TrainedSummarizer, dataset: Dataset) -> list[Summary]:
    with blas_threads(1):
        return write_summaries(trained.model, trained.vocabulary, [pair.source for pair in dataset.test])


def _explain(trained: TrainedSummarizer, summaries: list[Summary], path: Path) -> dict[str, float]:
    """Three explanations of what was written, of the first few summaries; one of them is drawn."""
    chosen = [summary for summary in summaries if summary.words][:_EXPLAINED]
    if not chosen:
        raise ValueError("--explain: the model wrote nothing, so there is nothing to explain")
    with blas_threads(1):
        explained = [explain(explained_summary(trained.model, trained.vocabulary, summary)) for summary in chosen]
    shown = min(range(len(chosen)), key=lambda index: abs(len(chosen[index].source) - _SHOWN_WORDS))
    save_explanations(path, explained[shown], chosen[shown].source, [*chosen[shown].words, "(end)"])
    return mean_agreement(explained)


COMMAND = TaskCommand(
    name="summaries",
    summary="summarises the documentation that is installed here, with attention and a pointer",
    example="attention-np train summaries --minutes 5 --score scaled_dot --out my-model",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes=f"how long to train ({_MINUTES:g})",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=add_explain,
    evaluate=_evaluate,
)
