"""``attention-np summarize``: the prediction loop, from a saved model."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..tasks.cleaning import body_words, free_text_source, plain_text, source_words
from ..tasks.docstrings import find_object, harvest
from ..tasks.summaries import Summary, write_summaries
from ..tasks.summary_model import load_summarizer
from ..tasks.vocabulary import is_word
from .places import cache_folder, model_path

_LARGEST = 64 * 1024 * 1024
# The model reads 40 words; beyond this many characters there is nothing that it would see.
_READ = 100_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "summarize",
        help="summarises a text, or an installed object's documentation, with a trained model",
        epilog="example: attention-np summarize --object numpy.linalg.norm --heatmap norm.png",
    )
    parser.add_argument("text", nargs="?", help="the text, a file's path, or - for standard input")
    parser.add_argument("--object", metavar="NAME", help="an object with a docstring, such as numpy.linalg.norm")
    parser.add_argument("--heatmap", metavar="FILE.png", type=Path, help="draw where attention lay")
    parser.add_argument("--model", metavar="DIR", type=Path, help="the folder of a model (the last trained one)")
    parser.add_argument("--beams", type=int, default=8, help="how many beginnings the search keeps (8)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write one summary."""
    if (arguments.text is None) == (arguments.object is None):
        raise ValueError("summarize: expected either a text (or a file, or -) or --object NAME")
    if arguments.beams < 1:
        raise ValueError(f"--beams: expected at least 1, got {arguments.beams}")
    if arguments.heatmap is not None and not arguments.heatmap.resolve().parent.is_dir():
        raise ValueError(f"--heatmap: there is no folder {arguments.heatmap.resolve().parent}")
    trained = load_summarizer(model_path(arguments.model))
    reference = None
    if arguments.object is not None:
        packages = tuple(trained.facts.get("packages", ()))
        docstring = find_object(harvest(packages, cache_folder()).docstrings, arguments.object)
        words = body_words(plain_text(docstring.body))
        source, reference = source_words(docstring, words), docstring.summary
    else:
        source = free_text_source(_read(arguments.text))
        if not any(map(is_word, source[4:])):
            raise ValueError("text: expected some words to summarise, got none")
    (summary,) = write_summaries(trained.model, trained.vocabulary, [source], beams=arguments.beams)
    if arguments.heatmap is not None:
        _draw(arguments.heatmap, summary)
    if arguments.json:
        print(json.dumps({"summary": summary.text, "reference": reference, "words": summary.words}))
        return 0
    print(summary.text or "(the model has nothing to say)")
    if reference is not None:
        print(f"its author wrote: {reference}")
    return 0


def _read(text: str) -> str:
    """The text itself, or what a file or standard input holds."""
    if text == "-":
        return _decoded(sys.stdin.buffer.read(_LARGEST + 1), "standard input")
    try:
        path = Path(text)
        is_file, is_folder = path.is_file(), bool(text) and path.is_dir()
    except (OSError, ValueError):
        is_file = is_folder = False
    if is_folder:
        raise ValueError(f"text: {text} is a folder; expected a text, a file, or - for standard input")
    if is_file:
        with path.open("rb") as file:
            return _decoded(file.read(_LARGEST + 1), text)
    if "\0" in text:
        raise ValueError("text: expected text, got binary data")
    return text[:_READ]


def _decoded(data: bytes, name: str) -> str:
    if len(data) > _LARGEST:
        raise ValueError(f"{name}: expected at most {_LARGEST // 2**20} MB of text, got more")
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{name}: expected UTF-8 text, got something else (binary data, or another encoding)"
        ) from None
    if "\0" in decoded:
        raise ValueError(f"{name}: expected text, got binary data")
    return decoded[:_READ]


def _draw(path: Path, summary: Summary) -> None:
    from ..visualize import heatmap

    if summary.weights is None:
        raise ValueError("--heatmap: this model has no attention to draw")
    if not summary.words:
        raise ValueError("--heatmap: the summary is empty, there is nothing to draw")
    picture = heatmap(summary.weights, summary.source, summary.words, title="Where attention lay for each word")
    picture.figure.savefig(path)
