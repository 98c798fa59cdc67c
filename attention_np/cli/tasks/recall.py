"""Associative recall: how sharply attention can look, held against what is proved."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np

from ...models.associative_memory import AssociativeMemory
from ...tasks.recall.experiment import (
    EPOCHS,
    VARIANTS,
    RecallScore,
    Variant,
    configuration,
    make_model,
    score_model,
    train_model,
    weights_of_keys,
)
from ...tasks.recall.memories import VALUES
from ...training import load_model, save_model
from ..options import at_least_one
from ..places import cache_folder, fresh, output_folder
from .command import TaskCommand

_KEYS = (8, 16, 32, 64, 128, 256)
_DRAWN = "weights and accuracies beside the proved ceilings"
_COMPARED = "; ".join(variant.name for variant in VARIANTS)


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    numbers = " ".join(map(str, _KEYS))
    parser.add_argument("--keys", nargs="+", type=at_least_one, default=_KEYS, metavar="N", help=f"in memory ({numbers})")
    parser.add_argument(
        "--plot", metavar="FILE.png", type=Path, help=f"train three models a number ({_COMPARED}), and draw {_DRAWN}"
    )


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "recall")
    variants = VARIANTS if arguments.plot is not None else (Variant(arguments.score, not arguments.beta_one),)
    planned = [(variant, keys) for variant in variants for keys in sorted(set(arguments.keys))]
    minutes = None if arguments.minutes is None else arguments.minutes / len(planned)
    trained = []
    for variant, keys in planned:
        file = f"{variant.file_name}-{keys}.npz"
        model = train_model(
            keys,
            variant,
            seed=arguments.seed,
            epochs=EPOCHS if minutes is None else None,
            minutes=minutes,
            checkpoint=fresh(folder / f"training-{file}", arguments.resume),
            resume=arguments.resume,
        )
        save_model(folder / f"model-{file}", "recall", model, configuration(keys, variant, arguments.seed))
        trained.append((variant, model))
    _report(trained, folder, arguments)
    if not arguments.json:
        print(f"next: attention-np evaluate recall --model {folder} --heatmap recall-weights.png")
    return 0


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plot", metavar="FILE.png", type=Path, help=f"draw {_DRAWN}")


def _evaluate(arguments: argparse.Namespace) -> int:
    folder = cache_folder() / "recall" if arguments.model is None else arguments.model
    trained = [_loaded(path) for path in sorted(folder.glob("model-*.npz"))]
    if not trained:
        again = "" if arguments.model is None else f" --out {folder}"
        raise FileNotFoundError(f"--model: there are no models in {folder}; train some: attention-np train recall{again}")
    trained.sort(key=lambda pair: (pair[0], pair[1].keys))
    if arguments.heatmap is not None:
        _save_heatmaps(trained, arguments.heatmap)
    _report(trained, folder, arguments)
    return 0


def _loaded(path: Path) -> tuple[Variant, AssociativeMemory]:
    saved = load_model(path, "recall")
    variant = Variant(saved.configuration["score"], saved.configuration["learn_scale"])
    model = make_model(saved.configuration["keys"], variant, rng=np.random.default_rng(0))
    model.load_state_dict(saved.weights)
    return variant, model


def _report(trained: list[tuple[Variant, AssociativeMemory]], folder: Path, arguments: argparse.Namespace) -> None:
    """Print the table, or JSON, and draw the figure where it is asked for."""
    scores: dict[str, list[RecallScore]] = {}
    for variant, model in trained:
        scores.setdefault(variant.name, []).append(score_model(model))
    if arguments.plot is not None:
        # Matplotlib loads here, and only for those who draw.
        from ...visualize.recall import recall_figure

        recall_figure(scores).savefig(arguments.plot)
    if arguments.json:
        figures = {name: [dataclasses.asdict(row) for row in rows] for name, rows in scores.items()}
        print(json.dumps({"scores": figures, "model": str(folder)}))
        return
    print("\n".join(_lines(scores)))
    print(f"the models are in {folder}")
    if arguments.plot is not None:
        print(f"the figure is {arguments.plot}")


def _lines(scores: dict[str, list[RecallScore]]) -> list[str]:
    heading = ("right", "equal weights", "weight on the key", "its ceiling", "largest", "its ceiling", "β")
    widths = (9, 15, 19, 13, 9, 13, 7)
    lines = [f"{'':<20}{'keys':>6}" + "".join(f"{name:>{width}}" for name, width in zip(heading, widths, strict=True))]
    for name, rows in scores.items():
        for row in rows:
            cells = (
                f"{100 * row.accuracy:.1f} %",
                f"{100 * row.most_frequent:.1f} %",
                f"{row.right_weight:.4f}",
                _ceiling(row.ceiling_of_all),
                f"{row.largest_weight:.4f}",
                _ceiling(row.ceiling_of_one),
                f"{row.sharpness:.1f}",
            )
            lines.append(
                f"{name:<20}{row.keys:>6}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
            )
    return [*lines, f"(of memories never seen; a guess is right in {100 / VALUES:.1f} %; the weight is the keys' geometric mean)"]


def _ceiling(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _save_heatmaps(trained: list[tuple[Variant, AssociativeMemory]], path: Path) -> None:
    """Draw where each model of the fewest keys looks, side by side."""
    from ...visualize import Panel, heatmaps

    fewest = min(model.keys for _, model in trained)
    panels = []
    for variant, model in trained:
        if model.keys == fewest:
            right = 100 * score_model(model).accuracy
            names = [f"key {index}" for index in range(fewest)]
            panels.append(Panel(f"{variant.name}\n{right:.1f} % right", weights_of_keys(model), names, names))
    heatmaps(panels, title="Weights over the keys shown (columns), for each key asked for (rows)")[0].figure.savefig(path)


COMMAND = TaskCommand(
    name="recall",
    summary="recalls values by their keys, the task on which a cosine's ceiling bites",
    example="attention-np train recall --plot recall.png",
    scores=("cosine", "dot", "scaled_dot", "additive"),
    minutes=f"how long to train, all models together ({EPOCHS * 100} steps each, seconds)",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=_add_evaluation_arguments,
    evaluate=_evaluate,
)
