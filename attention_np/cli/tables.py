"""Tables of scores as lines of text."""

from __future__ import annotations

from ..tasks.number_translation import TranslationScore
from ..tasks.summary_scores import SummaryScores


def translation_lines(scores: dict[str, TranslationScore]) -> list[str]:
    """A row for each model of act one."""
    lines = [f"{'attention':<20}{'exact':>9}{'alignment':>12}{'peak weight':>13}"]
    for name, score in scores.items():
        alignment = score.alignment
        right = "-" if alignment is None else f"{100 * alignment.accuracy:.1f} %"
        peak = "-" if alignment is None else f"{alignment.mean_peak:.2f}"
        lines.append(f"{name:<20}{100 * score.exact:>7.1f} %{right:>12}{peak:>13}")
    return lines


def score_lines(scores: SummaryScores) -> list[str]:
    """A row for each system: ROUGE-1, -2 and -L with 95 % intervals."""
    width = max(len(row.name) for row in scores.rows) + 2
    lines = [f"{'':<{width}}{'ROUGE-1':>20}{'ROUGE-2':>20}{'ROUGE-L':>20}"]
    for row in scores.rows:
        cells = (f"{mean:.1f} [{low:.1f}, {high:.1f}]" for mean, low, high in row.intervals.values())
        lines.append(f"{row.name:<{width}}" + "".join(f"{cell:>20}" for cell in cells))
    return lines


def difference_lines(scores: SummaryScores) -> list[str]:
    """A row for each baseline: how far the model is above it in ROUGE-L, with a paired 95 % interval."""
    lines = ["", "ROUGE-L of the model minus that of each baseline, paired 95 % interval:"]
    width = max(len(name) for name in scores.differences) + 2
    for name, (mean, low, high) in scores.differences.items():
        lines.append(f"  {name:<{width}}{mean:+6.1f} [{low:+.1f}, {high:+.1f}]")
    return lines
