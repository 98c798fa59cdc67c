"""Number words: translated, and attention scored against the true alignment."""

from __future__ import annotations

import argparse
import json

import numpy as np

from ...tasks.number_translation import Translator
from ...tasks.number_words import draw_split
from ...training import blas_threads, load_model, save_model
from ..places import TASK_MODEL, TRAINING_FILE, fresh, output_folder, task_model
from .command import TaskCommand, no_arguments
from .pictures import save_weights

_EPOCHS = 8


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "numbers")
    split = draw_split(rng=np.random.default_rng(arguments.seed))
    score = None if arguments.score == "none" else arguments.score
    learn_scale = score is not None and not arguments.beta_one
    translator = Translator(
        split.train, score=score, learn_scale=learn_scale, rng=np.random.default_rng(arguments.seed)
    )
    configuration = {"score": score, "learn_scale": learn_scale, "seed": arguments.seed}
    translator.fit(
        split.train,
        epochs=_EPOCHS if arguments.minutes is None else None,
        minutes=arguments.minutes,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
        configuration=configuration,
    )
    save_model(folder / TASK_MODEL, "numbers", translator.model, configuration)
    return _evaluate(argparse.Namespace(model=folder, json=arguments.json, heatmap=None))


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "numbers")
    saved = load_model(path, "numbers")
    seed = saved.configuration["seed"]
    split = draw_split(rng=np.random.default_rng(seed))
    translator = Translator(
        split.train,
        score=saved.configuration["score"],
        learn_scale=saved.configuration["learn_scale"],
        rng=np.random.default_rng(seed),
    )
    translator.model.load_state_dict(saved.weights)
    translator.model.eval()
    with blas_threads(1):
        score = translator.evaluate(split.test)
    if arguments.heatmap is not None:
        shown = max(split.test, key=lambda pair: len(pair.target))
        translation = translator.translate([shown.source])[0]
        save_weights(arguments.heatmap, translation.weights, shown.source, translation.words)
    alignment = score.alignment
    if arguments.json:
        figures = {"exact": score.exact, "alignment": None if alignment is None else alignment._asdict()}
        print(json.dumps({**figures, "tested": len(split.test), "model": str(path)}))
        return 0
    line = f"exact on {len(split.test)} unseen numbers: {100 * score.exact:.1f} %"
    if alignment is not None:
        line += f"; alignment right: {100 * alignment.accuracy:.1f} %"
    print(line)
    print(f"the model is {path}")
    return 0


COMMAND = TaskCommand(
    name="numbers",
    summary="translates number words, and scores attention against the true alignment",
    example="attention-np train numbers --score cosine --beta-one --seed 3",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes=f"how long to train (for {_EPOCHS} epochs, about half a minute)",
    add_training_arguments=no_arguments,
    train=_train,
    add_evaluation_arguments=no_arguments,
    evaluate=_evaluate,
)
