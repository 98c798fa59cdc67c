"""Short stories in the style of the bAbI tasks: questions, answers, and the sentences that attention took them from."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...tasks.stories.evidence import EvidenceScore
from ...tasks.stories.model import (
    MEMORY,
    TRANSFORMER,
    WIDTHS,
    StoryModel,
    StorySettings,
    load_stories,
    save_stories,
    sharpness,
)
from ...tasks.stories.scores import Reading, StoryScore, looks, read, score_model
from ...tasks.stories.story import KINDS, Story
from ...tasks.stories.training import EPOCHS, STORIES, TESTED, held_out, train_model
from ..options import at_least_one
from ..places import TASK_MODEL, TRAINING_FILE, fresh, output_folder, task_model
from .command import TaskCommand, no_arguments
from .pictures import save_weights

_WITHOUT = "without-attention"
_DRAWN_SENTENCES = 10
_ROLLOUT = "evidence here: as many sentences as the answer follows from, those of which most reaches the question by attention rollout"


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=(*KINDS, "all"), default="all", help="of questions (all: one model for all kinds)")
    parser.add_argument("--architecture", choices=tuple(WIDTHS), default=MEMORY, help=f"what reads and answers ({MEMORY})")
    parser.add_argument(
        "--epochs",
        type=at_least_one,
        metavar="N",
        help=f"of {STORIES:,} new stories a kind ({EPOCHS[MEMORY]}; of a transformer {EPOCHS[TRANSFORMER]})",
    )
    parser.add_argument(
        "--hops", type=at_least_one, default=3, metavar="N", help="readings of a story, or blocks of a transformer (3)"
    )


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "stories")
    score = None if arguments.score == "none" else arguments.score
    kinds = tuple(KINDS) if arguments.kind == "all" else (arguments.kind,)
    settings = StorySettings(
        kinds,
        score,
        learn_scale=score is not None and not arguments.beta_one,
        hops=arguments.hops,
        architecture=arguments.architecture,
    )
    _train_one(settings, folder / TASK_MODEL, folder / TRAINING_FILE, arguments)
    if score is not None:
        # The same model with equal weights: what attention is worth.
        without = dataclasses.replace(settings, score=None, learn_scale=False)
        _train_one(without, folder / f"{_WITHOUT}.npz", folder / f"{_WITHOUT}-{TRAINING_FILE}", arguments)
    return _evaluate(argparse.Namespace(model=folder, json=arguments.json, heatmap=None))


def _train_one(settings: StorySettings, path: Path, checkpoint: Path, arguments: argparse.Namespace) -> None:
    model = train_model(
        settings,
        seed=arguments.seed,
        epochs=arguments.epochs if arguments.minutes is None else None,
        minutes=None if arguments.minutes is None else arguments.minutes / 2,
        checkpoint=fresh(checkpoint, arguments.resume),
        resume=arguments.resume,
    )
    save_stories(path, model, settings, seed=arguments.seed)


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "stories")
    model, settings, seed = load_stories(path)
    stories = held_out(settings, seed)
    scores = score_model(model, stories)
    beside = path.with_name(f"{_WITHOUT}.npz")
    without = {} if settings.score is None else score_model(load_stories(beside)[0], stories)
    story = _shown(stories)
    (reading,) = read(model, [story])
    if arguments.heatmap is not None:
        _save_heatmap(arguments.heatmap, story, reading, looks(model))
    if arguments.json:
        figures = {
            "scores": {kind: score.as_dict() for kind, score in scores.items()},
            "without_attention": {kind: score.right for kind, score in without.items()},
            "tested": TESTED,
            "sharpness": list(sharpness(model).values()),
            "settings": settings.as_dict(),
            "seed": seed,
            "model": str(path),
        }
        print(json.dumps(figures))
        return 0
    print(_heading(settings, model))
    print("\n".join([*_answer_lines(scores, without), *_evidence_lines(scores)]))
    if settings.architecture == TRANSFORMER and settings.score is not None:
        print(_ROLLOUT)
    support = ", ".join(" ".join(story.sentences[place]) for place in story.support)
    print(f"{_asked(story)} {reading.answer} (right: {story.answer}, since: {support})")
    print(f"the model is {path}")
    print(f"next: attention-np evaluate stories --model {path.parent} --heatmap stories.png")
    return 0


def _heading(settings: StorySettings, model: StoryModel) -> str:
    score = "no attention" if settings.score is None else settings.score.replace("_", " ")
    betas = ", ".join(f"{beta:.1f}" for beta in sharpness(model).values())
    made, readings = ("", "hops") if settings.architecture == MEMORY else ("transformer, ", "blocks")
    sharp = f", β of its {readings} {betas}" if settings.learn_scale else ""
    return f"{made}{score}, {settings.hops} {readings}{sharp}; one model for: {', '.join(settings.kinds)}"


def _answer_lines(scores: Mapping[str, StoryScore], without: Mapping[str, StoryScore]) -> list[str]:
    lines = [f"{f'of {TESTED:,} stories never shown':<32}{'right':>9}{'equal weights':>16}{'commonest':>12}{'last place':>13}"]
    for kind, score in scores.items():
        equal = _percent(without[kind].right if without else None)
        cells = f"{_percent(score.right):>9}{equal:>16}{_percent(score.most_frequent):>12}{_percent(score.last_place):>13}"
        lines.append(f"{kind:<32}{cells}")
    return lines


def _evidence_lines(scores: Mapping[str, StoryScore]) -> list[str]:
    """Attention as evidence: a row for each kind, none without attention."""
    lines = [
        f"{'attention as evidence':<32}{'precision':>9}{'recall':>16}{'exact':>12}{'as many of the latest':>25}{'best alone':>28}"
    ]
    for kind, score in scores.items():
        if score.evidence is not None and score.latest is not None and score.pointer is not None:
            found, latest = (_evidence_cells(each) for each in (score.evidence, score.latest))
            alone = f"{score.pointer.row} {_percent(score.pointer.share)}"
            lines.append(f"{kind:<32}{found[0]:>9}{found[1]:>16}{found[2]:>12}{' / '.join(latest[:2]):>25}{alone:>28}")
    return lines if len(lines) > 1 else []


def _evidence_cells(score: EvidenceScore) -> tuple[str, ...]:
    return tuple(_percent(share) for share in score)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _shown(stories: Sequence[Story]) -> Story:
    """The story to draw: the longest of those with few sentences, of two supporting facts where there are such."""
    two = [story for story in stories if story.kind == "two"] or stories
    few = [story for story in two if len(story.sentences) <= _DRAWN_SENTENCES]
    return max(few, key=lambda story: len(story.sentences))


def _asked(story: Story) -> str:
    words = " ".join(story.question)
    return f"{words[0].upper()}{words[1:]}?"


def _save_heatmap(path: Path, story: Story, reading: Reading, rows: Sequence[str]) -> None:
    """Hops or heads by sentences; a sentence that the answer follows from is marked."""
    sentences = [
        f"{'» ' if place in story.support else ''}{' '.join(sentence)}" for place, sentence in enumerate(story.sentences)
    ]
    title = f"{_asked(story)} {reading.answer} (right: {story.answer}). » marks what it follows from"
    save_weights(path, reading.weights, sentences, rows, title)


COMMAND = TaskCommand(
    name="stories",
    summary="answers questions about short stories, and shows the sentences that it took the answers from",
    example="attention-np train stories --kind two --score cosine --seed 3",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes="how long to train, half of it the same model without attention (for --epochs)",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=no_arguments,
    evaluate=_evaluate,
)
