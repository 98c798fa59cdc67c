"""Number words: translated, and attention scored against the true alignment."""

from __future__ import annotations

import argparse
import json
from typing import Any, NamedTuple

import numpy as np

from ...tasks.french_numbers import french_pair
from ...tasks.number_baseline import word_by_word
from ...tasks.number_translation import TranslationScore, Translator
from ...tasks.number_words import LIMIT, NumberPair, Split, draw_six_digits, draw_split, number_pair
from ...training import blas_threads, load_model, save_model
from ...visualize import explain
from ...visualize.explanations import mean_agreement
from ..places import TASK_MODEL, TRAINING_FILE, fresh, output_folder, task_model
from .command import TaskCommand
from .explaining import add_explain, agreement_lines, save_explanations
from .pictures import save_weights

_EPOCHS = 8
_EXPLAINED = 50
_PAIRS = {"german": number_pair, "french": french_pair}
_SHORT = 100_000


class _Data(NamedTuple):
    split: Split
    six_digits: list[NumberPair]


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=tuple(_PAIRS), default="german", help="what to translate to (german)")
    parser.add_argument(
        "--short", action="store_true", help="learn from numbers below 100,000 only, and be tested on six digits too"
    )


def _data(configuration: dict[str, Any]) -> _Data:
    pair, rng = _PAIRS[configuration["language"]], np.random.default_rng(configuration["seed"])
    short = configuration["short"]
    split = draw_split(rng=rng, pair=pair, below=_SHORT if short else LIMIT)
    return _Data(split, draw_six_digits(1000, rng=rng, pair=pair) if short else [])


def _translator(configuration: dict[str, Any], split: Split) -> Translator:
    score, learn_scale = configuration["score"], configuration["learn_scale"]
    rng = np.random.default_rng(configuration["seed"])
    return Translator(split.train, score=score, learn_scale=learn_scale, rng=rng)


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "numbers")
    score = None if arguments.score == "none" else arguments.score
    configuration = {
        "score": score,
        "learn_scale": score is not None and not arguments.beta_one,
        "seed": arguments.seed,
        "language": arguments.language,
        "short": arguments.short,
    }
    split = _data(configuration).split
    translator = _translator(configuration, split)
    translator.fit(
        split.train,
        epochs=_EPOCHS if arguments.minutes is None else None,
        minutes=arguments.minutes,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
        configuration=configuration,
    )
    save_model(folder / TASK_MODEL, "numbers", translator.model, configuration)
    return _evaluate(argparse.Namespace(model=folder, json=arguments.json, heatmap=None, explain=None))


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "numbers")
    saved = load_model(path, "numbers")
    data = _data(saved.configuration)
    translator = _translator(saved.configuration, data.split)
    translator.model.load_state_dict(saved.weights)
    translator.model.eval()
    tested = {"unseen numbers": data.split.test}
    if data.six_digits:
        tested["numbers of six digits, longer than any it learned from"] = data.six_digits
    with blas_threads(1):
        scores = {name: translator.evaluate(pairs) for name, pairs in tested.items()}
    baseline = word_by_word(data.split.train)
    by_word = {
        name: float(np.mean([baseline(pair.source) == list(pair.target) for pair in pairs]))
        for name, pairs in tested.items()
    }
    if arguments.heatmap is not None:
        shown = max(data.six_digits or data.split.test, key=lambda pair: len(pair.target))
        translation = translator.translate([shown.source])[0]
        save_weights(arguments.heatmap, translation.weights, shown.source, translation.words)
    agreement = {}
    if arguments.explain is not None:
        explained = [explain(translator.explained(pair)) for pair in data.split.test[:_EXPLAINED]]
        agreement = mean_agreement(explained)
        shown = data.split.test[0]
        save_explanations(arguments.explain, explained[0], shown.source, [*shown.target, "(end)"])
    if arguments.json:
        figures = {name: {**_figures(score), "word_by_word": by_word[name]} for name, score in scores.items()}
        about = {**saved.configuration, "sharpness": translator.sharpness, "model": str(path)}
        print(json.dumps({**about, "scores": figures, "agreement": agreement}))
        return 0
    for name, score in scores.items():
        line = f"{len(tested[name])} {name}: {100 * score.exact:.1f} % exact"
        if score.alignment is not None:
            line += f", alignment right for {100 * score.alignment.accuracy:.1f} % of the words that have one"
        print(f"{line}; word by word in English order: {100 * by_word[name]:.1f} % exact")
    print("\n".join([*agreement_lines(agreement), f"the model is {path}"]))
    return 0


def _figures(score: TranslationScore) -> dict[str, Any]:
    return {"exact": score.exact, "alignment": None if score.alignment is None else score.alignment._asdict()}


COMMAND = TaskCommand(
    name="numbers",
    summary="translates number words, and scores attention against the true alignment",
    example="attention-np train numbers --language french --score cosine --beta-one --seed 3",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes=f"how long to train (for {_EPOCHS} epochs, about half a minute)",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=add_explain,
    evaluate=_evaluate,
)
