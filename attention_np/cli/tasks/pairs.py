"""Anyone's own pairs: learned from files of two columns, and scored on others."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...tasks.pairs.model import MINUTES, evaluate_pairs, train_pairs
from ...tasks.pairs.reading import BAD_ROWS, PairFile, longest_target, read_pairs, shared_sources
from ...tasks.pairs.scores import PairScore, baselines, score_pairs
from ...tasks.pairs.units import UNITS, join_units, split_units
from ...tasks.transducer import ARCHITECTURES, Symbols, Transducer, TransducerSettings
from ...training import blas_threads
from ..options import at_least_one
from ..places import TASK_MODEL, TRAINING_FILE, fresh, output_folder, task_model
from .command import TaskCommand
from .pictures import save_weights

_BEAMS = 5
# The longest target that was learned is no bound for those that were not.
_LONGER = 1.5


@dataclass(frozen=True)
class _Trained:
    transducer: Transducer
    facts: dict[str, Any]
    path: Path

    @property
    def source_units(self) -> str:
        return str(self.facts["source_units"])

    @property
    def target_units(self) -> str:
        return str(self.facts["target_units"])


def _add_training_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--train", dest="train_file", type=Path, required=True, metavar="TSV", help="rows of a source, a tab, a target"
    )
    parser.add_argument(
        "--dev", type=Path, required=True, metavar="TSV", help="rows that choose the best weights, and teach nothing"
    )
    parser.add_argument("--test", type=Path, metavar="TSV", help="rows to score at the end")
    parser.add_argument("--units", choices=UNITS, default="characters", help="what both columns are cut into (characters)")
    parser.add_argument("--source-units", choices=UNITS, help="what the first column is cut into (--units)")
    parser.add_argument(
        "--target-units", choices=UNITS, help="what the second column is cut into (--units); phones have blanks between"
    )
    parser.add_argument("--width", type=at_least_one, default=96, metavar="N", help="of the model, even (96)")
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="recurrent", help="what reads and writes (recurrent)")
    _add_reading_arguments(parser)


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test", type=Path, metavar="TSV", help="rows to score")
    parser.add_argument("--train", dest="train_file", type=Path, metavar="TSV", help="what was learned, for the baselines")
    parser.add_argument("--text", nargs="+", metavar="SOURCE", help="write the targets of these sources")
    _add_reading_arguments(parser)


def _add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--beams", type=at_least_one, default=_BEAMS, metavar="K", help=f"of the search ({_BEAMS}); 1: greedy")
    parser.add_argument("--encoding", metavar="NAME", help="of the files (UTF-8, or what a byte-order mark says)")
    parser.add_argument("--bad-rows", choices=BAD_ROWS, default="refuse", help="what to do with rows that are no pairs (refuse)")


def _train(arguments: argparse.Namespace) -> int:
    units = {
        "source_units": arguments.source_units or arguments.units,
        "target_units": arguments.target_units or arguments.units,
    }
    train = _read(arguments.train_file, arguments, units)
    development = _read(arguments.dev, arguments, units)
    test = None if arguments.test is None else _read(arguments.test, arguments, units)
    folder = output_folder(arguments.out, "pairs")
    score = None if arguments.score == "none" else arguments.score
    settings = TransducerSettings(
        score,
        learn_scale=score is not None and not arguments.beta_one,
        width=arguments.width,
        dropout=0.3,
        longest=max(10, round(_LONGER * longest_target(train.pairs))),
        architecture=arguments.architecture,
    )
    transducer, result = train_pairs(
        train,
        development,
        settings,
        seed=arguments.seed,
        minutes=arguments.minutes or MINUTES,
        checkpoint=fresh(folder / TRAINING_FILE, arguments.resume),
        resume=arguments.resume,
    )
    facts = {**units, "seed": arguments.seed, "rows": len(train.pairs), "data": train.sha256, "steps": result.steps}
    trained = _Trained(transducer, facts, folder / TASK_MODEL)
    transducer.save(trained.path, "pairs", **facts)
    if not arguments.json:
        print(f"{len(train.pairs):,} pairs learned in {result.steps:,} steps; the best weights are of epoch {result.best_epoch}")
    tested = {"dev": development}
    if test is not None:
        tested["test"] = test
    _report(trained, tested, train, arguments)
    if not arguments.json:
        text = join_units(development.pairs[0].source, units["source_units"])
        print(f"next: attention-np evaluate pairs --model {folder} --text {text!r} --heatmap map.png")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    path = task_model(arguments.model, "pairs")
    trained = _Trained(*Transducer.load(path, "pairs"), path)
    if arguments.text:
        return _write(trained, arguments)
    if arguments.test is None:
        raise ValueError("--test, --text: expected a file to score, or sources to write the targets of")
    units = {"source_units": trained.source_units, "target_units": trained.target_units}
    test = _read(arguments.test, arguments, units)
    train = None if arguments.train_file is None else _read(arguments.train_file, arguments, units)
    if arguments.heatmap is not None:
        _draw(trained, test.pairs[0].source, arguments)
    _report(trained, {"test": test}, train, arguments)
    return 0


def _read(path: Path, arguments: argparse.Namespace, units: dict[str, str]) -> PairFile:
    read = read_pairs(path, **units, encoding=arguments.encoding, bad_rows=arguments.bad_rows)
    if read.bad:
        print(f"attention-np: {read.describe_bad()}; they are left out", file=sys.stderr)
    return read


def _write(trained: _Trained, arguments: argparse.Namespace) -> int:
    """The targets of single sources."""
    sources = [split_units(text, trained.source_units) for text in arguments.text]
    with blas_threads(1):
        found = trained.transducer.translate(sources, beams=arguments.beams)
    if arguments.heatmap is not None:
        _draw(trained, sources[0], arguments)
    written = [join_units(translation.words, trained.target_units) for translation in found]
    if arguments.json:
        print(json.dumps(dict(zip(arguments.text, written, strict=True))))
        return 0
    for text, target in zip(arguments.text, written, strict=True):
        print(f"{text} -> {target}")
    return 0


def _draw(trained: _Trained, source: Symbols, arguments: argparse.Namespace) -> None:
    (found,) = trained.transducer.translate([source], beams=arguments.beams)
    title = f"Where attention lay for each of the {trained.target_units}"
    save_weights(arguments.heatmap, found.weights, source, found.words, title)


def _report(
    trained: _Trained, tested: dict[str, PairFile], train: PairFile | None, arguments: argparse.Namespace
) -> None:
    """Score files, and beside the model what needs none, where the training pairs are at hand."""
    units = trained.target_units
    rivals = {} if train is None else baselines(train.sources, train.targets, trained.source_units, units)
    figures: dict[str, Any] = {}
    for name, file in tested.items():
        with blas_threads(1):
            scores = {"the model": evaluate_pairs(trained.transducer, file.pairs, units, beams=arguments.beams)}
        for rival, write in rivals.items():
            scores[rival] = score_pairs([write(source) for source in file.sources], file.targets, units)
        known = None if train is None else shared_sources(train, file)
        if not arguments.json:
            print("\n".join(_lines(name, file, scores, known)))
        figures[name] = {
            "file": str(file.path),
            "encoding": file.encoding,
            "rows": len(file.pairs),
            "bad_rows": [row.line for row in file.bad],
            "sources_also_learned": known,
            "scores": {rival: score.as_dict() for rival, score in scores.items()},
        }
    if arguments.json:
        about = {**trained.facts, "beams": arguments.beams, "sharpness": trained.transducer.sharpness}
        print(json.dumps({**figures, **about, "model": str(trained.path)}))
        return
    print(f"the model is {trained.path}")


def _lines(name: str, file: PairFile, scores: dict[str, PairScore], known: int | None) -> list[str]:
    symbol = scores["the model"].symbol
    lines = [f"{f'{name}, {len(file.pairs):,} rows':<26}{'exact':>9}{'word errors':>14}{f'{symbol} errors':>18}"]
    for rival, score in scores.items():
        shares = 100 * score.exact, 100 * score.word_error_rate, 100 * score.symbol_error_rate
        lines.append(f"{rival:<26}{shares[0]:>7.1f} %{shares[1]:>12.1f} %{shares[2]:>16.1f} %")
    if known:
        lines.append(f"{known:,} of these sources were learned too, which flatters the scores")
    return lines


COMMAND = TaskCommand(
    name="pairs",
    summary="learns anyone's own pairs from files of two columns: spelling to phones, words to words",
    example="attention-np train pairs --train a.tsv --dev b.tsv --test c.tsv --target-units phones",
    scores=("cosine", "dot", "scaled_dot", "additive", "none"),
    minutes=f"how long to train ({MINUTES:g})",
    add_training_arguments=_add_training_arguments,
    train=_train,
    add_evaluation_arguments=_add_evaluation_arguments,
    evaluate=_evaluate,
)
