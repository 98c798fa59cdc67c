"""SCAN: commands of a small grammar, carried out action by action."""

from __future__ import annotations

import argparse
import json

from ...tasks.scan.baselines import score_baselines
from ...tasks.scan.grammar import interpret
from ...tasks.scan.scores import ScanScore, score_answers
from ...tasks.scan.splits import SPLITS, Split
from ...tasks.scan.training import (
    CELLS,
    TRANSFORMER,
    ScanSettings,
    answer,
    attention_of,
    load_scan,
    save_scan,
    train_scan,
    variant_of,
)
from ...training import blas_threads
from ..options import at_least_one, share_left_out
from ..places import TASK_MODEL, TRAINING_FILE, fresh, output_folder, task_model
from .command import TaskCommand
from .pictures import save_weights

_DRAWN_ACTIONS = 12


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = ScanSettings()
    parser.add_argument("--split", choices=tuple(SPLITS), default="simple", help="what to learn from (simple)")
    parser.add_argument(
        "--cell", choices=(*CELLS, TRANSFORMER), default=defaults.cell, help=f"of the recurrences, or none at all ({defaults.cell})"
    )
    parser.add_argument(
        "--presentations",
        type=at_least_one,
        default=defaults.presentations,
        metavar="N",
        help=f"commands to show in all ({defaults.presentations})",
    )
    parser.add_argument(
        "--dropout", type=share_left_out, default=0.0, metavar="P", help="the share that is left out (0)"
    )


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "scan")
    settings = ScanSettings(
        cell=arguments.cell,
        variant=variant_of(arguments.score, arguments.beta_one),
        presentations=arguments.presentations,
        dropout=arguments.dropout,
    )
    model, result = train_scan(
        SPLITS[arguments.split](),
        settings,
        seed=arguments.seed,
        minutes=arguments.minutes,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
        configuration={"split": arguments.split},
    )
    shown = result.steps * settings.batch_size
    save_scan(folder / TASK_MODEL, model, settings, split=arguments.split, seed=arguments.seed, shown=shown)
    return _evaluate(argparse.Namespace(model=folder, json=arguments.json, heatmap=None, command=None))


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--command", metavar="TEXT", help="the command to draw, and to carry out (one that was never trained on)"
    )


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "scan")
    model, settings, facts = load_scan(path)
    split = SPLITS[facts["split"]]()
    shown = _shown(split, arguments.command)
    with blas_threads(1):
        score = score_answers(split.test, answer(model, [command.words for command in split.test]))
        (actions,) = answer(model, [shown])
        weights = attention_of(model, shown, actions)
    baselines = score_baselines(split)
    if arguments.heatmap is not None:
        save_weights(arguments.heatmap, weights, [*shown, "<end>"], [*actions, "<end>"])
    if arguments.json:
        figures = {
            **score.as_dict(),
            "baselines": {name: baseline.as_dict() for name, baseline in baselines.items()},
            "tested": len(split.test),
            "command": {"words": shown, "actions": actions, "right": actions == interpret(" ".join(shown))},
            "settings": settings.as_dict(),
            **facts,
            "model": str(path),
        }
        print(json.dumps(figures))
        return 0
    print(f"{settings.cell}, {settings.variant}, {facts['split']} split, {facts['shown']:,} commands shown")
    print("\n".join(_lines(score, baselines, len(split.test))))
    right = "right" if actions == interpret(" ".join(shown)) else "wrong"
    print(f"{' '.join(shown)} -> {' '.join(actions)} ({right})")
    print(f"the model is {path}")
    print(f"next: attention-np evaluate scan --model {path.parent} --heatmap scan.png")
    return 0


def _lines(score: ScanScore, baselines: dict[str, ScanScore], tested: int) -> list[str]:
    lines = [f"{f'on {tested:,} commands never shown':<34}{'exact':>9}{'actions right':>16}"]
    for name, row in {"the model": score, **baselines}.items():
        lines.append(f"{name:<34}{100 * row.exact:>7.1f} %{100 * row.tokens:>14.1f} %")
    by_words = ", ".join(f"{words}: {100 * exact:.0f}" for words, exact in score.by_words.items())
    return [*lines, f"exact by words of the command, in %: {by_words}"]


def _shown(split: Split, wanted: str | None) -> tuple[str, ...]:
    """The command to draw: the one that is asked for, or the one of most words among the tested that ask for few actions."""
    if wanted is None:
        short = [command for command in split.test if len(command.actions) <= _DRAWN_ACTIONS]
        return max(short or split.test, key=lambda command: len(command.words)).words
    interpret(wanted)
    words = tuple(wanted.split())
    if all(command.words != words for command in split.test):
        raise ValueError(f"--command: {wanted!r} was trained on; name one of the split's other commands")
    return words


COMMAND = TaskCommand(
    name="scan",
    summary="carries out the commands of SCAN's grammar (Lake and Baroni 2018)",
    example="attention-np train scan --split simple --cell elman --score cosine --seed 3",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes="how long to train (for --presentations)",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=_add_evaluation_arguments,
    evaluate=_evaluate,
)
