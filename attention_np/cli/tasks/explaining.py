"""``evaluate TASK --explain FILE.png``: three explanations side by side, and how far they agree."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...visualize.explanations import Explanations


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--explain",
        metavar="FILE.png",
        type=Path,
        help="draw attention, gradient times input, and leaving each word out, and print how far they agree",
    )


def save_explanations(path: Path, explained: Explanations, sources: Sequence[str], targets: Sequence[str]) -> None:
    """Draw them side by side, as shares."""
    explained.plot(sources, targets)[0].figure.savefig(path)


def agreement_lines(agreement: Mapping[str, float]) -> list[str]:
    """A line for each two methods."""
    if not agreement:
        return []
    lines = ["rank correlation (Kendall's tau) of what each method says that a written word depends on:"]
    return lines + [f"  {name:<46}{tau:+.2f}" for name, tau in agreement.items()]
