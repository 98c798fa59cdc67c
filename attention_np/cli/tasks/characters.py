"""Characters: a model of the documentation that is installed here, scored in bits and made to write."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ...functional import causal_mask
from ...models.transformer import TransformerSettings
from ...models.transformer.settings import POSITIONS
from ...tasks.characters.alphabet import Alphabet
from ...tasks.characters.scores import baseline_bits, model_bits
from ...tasks.characters.texts import Texts, read_texts
from ...tasks.characters.training import CharacterModel, CharacterSettings
from ...training import blas_threads, load_model, save_model
from ..options import at_least_one, not_negative
from ..places import TASK_MODEL, TRAINING_FILE, cache_folder, fresh, output_folder, task_model
from .command import TaskCommand
from .pictures import save_weights

_MINUTES = 5.0
_DRAWN = 40
"""Characters of the test text whose attention is drawn."""


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=at_least_one, default=128, help="of the vectors, a multiple of 4 (128)")
    parser.add_argument("--depth", type=at_least_one, default=4, help="blocks (4)")
    parser.add_argument("--context", type=at_least_one, default=128, help="characters seen at a time, an even number (128)")
    parser.add_argument("--positions", choices=POSITIONS, default="rotary", help="how places are told (rotary)")
    _add_packages(parser)


def _add_packages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="packages", nargs="+", default=[], metavar="PACKAGE", help="more installed packages to read"
    )


def _train(arguments: argparse.Namespace) -> int:
    folder = output_folder(arguments.out, "characters")
    texts = read_texts(arguments.packages, cache_folder())
    transformer = TransformerSettings(
        width=arguments.width,
        depth=arguments.depth,
        score=arguments.score,
        learn_scale=False if arguments.beta_one else None,
        positions=arguments.positions,
    )
    settings = CharacterSettings(transformer, arguments.context)
    configuration = {
        **settings.as_dict(),
        "alphabet": texts.alphabet,
        "seed": arguments.seed,
        "packages": arguments.packages,
        "data": texts.sha256,
    }
    model = _model(configuration)
    result = model.fit(
        texts,
        minutes=_MINUTES if arguments.minutes is None else arguments.minutes,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
        configuration=configuration,
    )
    facts = {"steps": result.steps, "characters": result.steps * settings.batch * settings.context}
    save_model(folder / TASK_MODEL, "characters", model.model, configuration, **facts)
    return _report(model, texts, folder / TASK_MODEL, facts, arguments.json)


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sample", type=at_least_one, metavar="N", help="write N characters, and score nothing (draw these)")
    parser.add_argument("--temperature", type=float, default=0.8, help="how boldly to write; 0 is the likeliest (0.8)")
    parser.add_argument("--top-k", type=at_least_one, metavar="K", help="draw from the K likeliest characters (from all)")
    parser.add_argument("--beginning", default="", metavar="TEXT", help="what the written text begins with")
    parser.add_argument("--seed", type=not_negative, default=0, help="of what is drawn (0)")


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "characters")
    saved = load_model(path, "characters")
    model = _model(saved.configuration)
    model.model.load_state_dict(saved.weights)
    model.model.eval()
    if arguments.sample is not None:
        return _sample(model, arguments)
    texts = read_texts(saved.configuration["packages"], cache_folder())
    if texts.sha256 != saved.configuration["data"]:
        print(
            "attention-np: this machine's documentation has changed since the model was trained; "
            "what is scored may have been trained on",
            file=sys.stderr,
        )
    if arguments.heatmap is not None:
        _draw(arguments.heatmap, model, texts.test[:_DRAWN])
    return _report(model, texts, path, saved.facts, arguments.json)


def _sample(model: CharacterModel, arguments: argparse.Namespace) -> int:
    with blas_threads(1):
        written = model.sample(
            arguments.sample,
            beginning=arguments.beginning,
            temperature=arguments.temperature,
            top_k=arguments.top_k,
            rng=np.random.default_rng(arguments.seed),
        )
    text = arguments.beginning + written
    if arguments.heatmap is not None:
        _draw(arguments.heatmap, model, text[:_DRAWN])
    print(json.dumps({"text": text}) if arguments.json else text.replace("\f", "\n\n----\n\n"))
    return 0


def _draw(path: Path, model: CharacterModel, text: str) -> None:
    weights = model.model.weights(model.alphabet.encode(text)[None])[-1, 0].mean(axis=0)
    title = "Where the last block looks before the next character, mean of its heads"
    save_weights(path, weights, text, text, title, mask=causal_mask(len(text), len(text)))


def _report(model: CharacterModel, texts: Texts, path: Path, facts: dict[str, Any], as_json: bool) -> int:
    with blas_threads(1):
        bits = model_bits(model, texts)
    baselines = baseline_bits(texts)
    sharpness = [
        [round(float(each), 3) for each in block.attention.inner.sharpness.value]
        for block in model.model.decoder.blocks
        if block.attention.inner.sharpness is not None
    ]
    if as_json:
        figures = {"bits": bits, "baselines": baselines, "sharpness": sharpness, "test_characters": len(texts.test)}
        print(json.dumps({**figures, **facts, "data": texts.sha256, "model": str(path)}))
        return 0
    print(f"bits per character of {len(texts.test):,} characters from modules that were held out:")
    for name, value in [("the model", bits), *baselines.items()]:
        print(f"  {name:24} {value:.3f}")
    print(f"{facts['steps']:,} steps, {facts['characters']:,} characters read; data SHA-256 {texts.sha256}")
    print(f"the model is {path}")
    print(f"next: attention-np evaluate characters --model {path.parent} --sample 400 --temperature 0.8 --top-k 20")
    return 0


def _model(configuration: dict[str, Any]) -> CharacterModel:
    names = ("transformer", "context", "batch", "learning_rate", "weight_decay")
    settings = CharacterSettings.from_dict({name: configuration[name] for name in names})
    rng = np.random.default_rng(configuration["seed"])
    return CharacterModel(Alphabet(configuration["alphabet"]), settings, rng=rng)


COMMAND = TaskCommand(
    name="characters",
    summary="a model of the installed documentation, character by character, which then writes some",
    example="attention-np train characters --minutes 5 --seed 3",
    scores=("cosine", "dot", "scaled_dot"),
    minutes=f"how long to train ({_MINUTES:g})",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=_add_evaluation_arguments,
    evaluate=_evaluate,
)
