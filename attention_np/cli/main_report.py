"""The main job's page and pictures."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..tasks.cleaning import Pair
from ..tasks.number_translation import TranslationScore
from ..tasks.number_words import NumberPair
from ..tasks.splits import Dataset
from ..tasks.summaries import Summary
from ..tasks.summary_model import TrainedSummarizer
from ..tasks.summary_scores import SummaryScores
from ..tasks.transducer import Translation
from ..visualize.report import Curve, Example, Image, Section, Table, write_report

_EXAMPLES = 100
_PICTURES = 5


@dataclass(frozen=True)
class ActOne:
    """What act one gave: by variant the scores, histories, and the translation of one shown number."""

    trained_on: int
    tested_on: int
    scores: dict[str, TranslationScore]
    histories: dict[str, list[dict[str, float]]]
    shown: NumberPair
    translations: dict[str, Translation]

    @property
    def scored_words(self) -> str:
        """Which words the alignment is scored on, in a sentence."""
        share = next(score.alignment.share_scored for score in self.scores.values() if score.alignment is not None)
        return (
            f"Alignment: the strongest weight lies on the one true counterpart; {100 * share:.0f} % of the German words "
            "have one and are scored."
        )

    def as_dict(self) -> dict[str, Any]:
        """The scores, as JSON can say them."""
        return {
            name: {
                "exact": score.exact,
                "alignment": None if score.alignment is None else score.alignment.accuracy,
                "mean peak weight": None if score.alignment is None else score.alignment.mean_peak,
            }
            for name, score in self.scores.items()
        }


@dataclass(frozen=True)
class ActTwo:
    """What act two gave: the model, its history, and its summaries of test pairs."""

    trained: TrainedSummarizer
    history: list[dict[str, Any]]
    dataset: Dataset
    tested: Sequence[Pair]
    summaries: list[Summary]
    scores: SummaryScores
    ablations: dict[str, tuple[float, float, float]]

    @property
    def drawn(self) -> list[int]:
        """Test examples to show, in random order with seed 0: neither the best nor the worst."""
        count = min(_EXAMPLES, len(self.summaries))
        return np.random.default_rng(0).permutation(len(self.summaries))[:count].tolist()

    def as_dict(self) -> dict[str, Any]:
        """Scores and provenance, as JSON can say them."""
        return {
            **self.scores.as_dict(),
            "ROUGE-L by variant": {name: list(interval) for name, interval in self.ablations.items()},
            "sharpness": self.trained.sharpness,
            "settings": self.trained.settings.as_dict(),
            **self.trained.facts,
            "counts": self.dataset.counts,
        }


def save_pictures(folder: Path, act_one: ActOne, act_two: ActTwo) -> list[Path]:
    """Draw act one's comparison and some summaries as PNG files; gives their paths."""
    from ..visualize import heatmap
    from ..visualize.comparison import Panel, heatmaps

    panels = []
    for name, translation in act_one.translations.items():
        score = act_one.scores[name]
        right = "" if score.alignment is None else f", alignment {100 * score.alignment.accuracy:.0f} %"
        title = f"{name}\nexact {100 * score.exact:.1f} %{right}"
        panels.append(Panel(title, translation.weights, act_one.shown.source, translation.words))
    comparison = heatmaps(panels, title=f"Where attention looks: {act_one.shown.number:,} from English to German")
    paths = [folder / "translation.png"]
    comparison[0].figure.savefig(paths[0], dpi=150)
    with_map = (index for index in act_two.drawn if act_two.summaries[index].words)
    for number, index in zip(range(1, _PICTURES + 1), with_map, strict=False):
        summary, pair = act_two.summaries[index], act_two.tested[index]
        if summary.weights is None:
            break
        drawn = heatmap(summary.weights, summary.source, summary.words, title=pair.docstring.object_name)
        paths.append(folder / f"summary-{number}.png")
        drawn.figure.savefig(paths[-1], dpi=110)
    return paths


def write_main_report(folder: Path, act_one: ActOne, act_two: ActTwo, label: str, seconds: float) -> Path:
    """Write ``report.html`` into `folder`, `label` standing above all if there is one; gives its path."""
    facts = {
        "Data": f"{len(act_two.tested)} test texts of installed documentation; SHA-256 {act_two.dataset.sha256}",
        "Model": f"{sum(p.value.size for p in act_two.trained.model.parameters()):,} parameters, "
        f"{act_two.trained.facts['steps']:,} steps, seed {act_two.trained.facts['seed']}",
        "Learned sharpness": "-" if act_two.trained.sharpness is None else f"{act_two.trained.sharpness:.1f}",
        "Time": f"{seconds / 60:.1f} minutes, NumPy {np.__version__}, Python {platform.python_version()}",
    }
    title = "Attention, trained and looked at"
    sections = [_translation_section(folder, act_one), *_summary_sections(act_two)]
    if label:
        sections.insert(0, Section(label))
    path = folder / "report.html"
    write_report(path, title, sections, facts)
    return path


def _translation_section(folder: Path, act: ActOne) -> Section:
    rows = []
    for name, score in act.scores.items():
        alignment = score.alignment
        rows.append(
            [
                name,
                f"{100 * score.exact:.1f} %",
                "-" if alignment is None else f"{100 * alignment.accuracy:.1f} %",
                "-" if alignment is None else f"{alignment.mean_peak:.2f}",
            ]
        )
    curve = Curve(
        "Loss while training",
        "epoch",
        "mean loss per word, nats",
        {
            name: ([row["epoch"] for row in history], [row["train_loss"] for row in history])
            for name, history in act.histories.items()
        },
    )
    said = ", ".join(f"{name}: {' '.join(translation.words)}" for name, translation in act.translations.items())
    alt = (
        f"Three heatmaps for the number {act.shown.number:,}, English words in the columns and the German words that each "
        f"model wrote in the rows, on one scale from 0 to 1. {said}."
    )
    return Section(
        "Act one: translation whose alignment can be measured",
        paragraphs=(
            "Three models translate English number words to German. Whether a translation is right says little about where a "
            "model looked: here the true counterpart of each word is known, and attention is scored against it.",
            f"{act.trained_on:,} numbers were learned, {act.tested_on:,} others translated. {act.scored_words}",
        ),
        tables=(Table("Unseen numbers", ["attention", "exact", "alignment right", "mean peak weight"], rows, ""),),
        curves=(curve,),
        images=(Image((folder / "translation.png").read_bytes(), alt, "One unseen number, on one honest scale."),),
    )


def _summary_sections(act: ActTwo) -> list[Section]:
    score_rows = [
        [row.name, *(f"{mean:.1f} [{low:.1f}, {high:.1f}]" for mean, low, high in row.intervals.values())]
        for row in act.scores.rows
    ]
    difference_rows = [
        [name, f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"] for name, (mean, low, high) in act.scores.differences.items()
    ]
    tables = [
        Table(
            "Test texts, 95 % bootstrap intervals",
            ["", "ROUGE-1", "ROUGE-2", "ROUGE-L"],
            score_rows,
            "F1 with Porter's stemmer against the raw first lines. The oracles look at the reference: they bound what "
            "excerpting and copying could reach.",
        ),
        Table(
            "ROUGE-L of the model minus the baseline's",
            ["baseline", "difference"],
            difference_rows,
            "Paired bootstrap.",
        ),
    ]
    if act.ablations:
        rows = [[name, f"{mean:.1f} [{low:.1f}, {high:.1f}]"] for name, (mean, low, high) in act.ablations.items()]
        tables.append(Table("What attention does", ["model", "ROUGE-L"], rows, "The same data, time and seed."))
    epochs = [row["epoch"] for row in act.history]
    curves = [
        Curve(
            "Loss while training",
            "epoch",
            "mean loss per word, nats",
            {
                "training (with dropout)": (epochs, [row["train_loss"] for row in act.history]),
                "validation": (epochs, [row["loss"] for row in act.history]),
            },
        )
    ]
    if act.trained.sharpness is not None and "sharpness" in act.history[0]:
        values = [row["sharpness"] for row in act.history]
        curves.append(Curve("Learned sharpness", "epoch", "sharpness", {"sharpness": (epochs, values)}))
    examples = [] if act.trained.sharpness is None else [_example(act, index) for index in act.drawn]
    return [
        Section(
            "Act two: text summaries",
            paragraphs=(
                "The texts are docstrings of the Python standard library, NumPy and Matplotlib, read from the files installed "
                "on this machine; the first line, which a person wrote, is the summary to be found. Test texts come from "
                "modules that training never saw.",
                "The model is small and was trained for minutes. Its summaries are fluent and often wrong. What the figures "
                "show is the gap to the baselines and the effect of attention, not good summaries.",
            ),
            tables=tuple(tables),
            curves=tuple(curves),
        ),
        Section(
            "Where attention lay",
            examples=tuple(examples),
            drawn=f"{len(examples)} of {len(act.summaries)} test texts, drawn at random with seed 0",
        ),
    ]


def _example(act: ActTwo, index: int) -> Example:
    pair, summary = act.tested[index], act.summaries[index]
    weights = np.zeros((0, len(summary.source))) if summary.weights is None else summary.weights
    return Example(
        pair.docstring.object_name,
        summary.source,
        summary.words,
        weights,
        [share > 0.5 for share in summary.copied],
        pair.reference,
        summary.text,
        float(act.scores.of_model[index]) / 100,
        {name: texts[index] for name, texts in act.scores.texts.items()},
    )
