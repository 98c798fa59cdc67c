"""What Lake and Baroni (ICML 2018) report, in % of the commands carried out exactly."""

from __future__ import annotations

from collections.abc import Mapping

WHOLE_SPLIT: Mapping[str, str] = {
    "simple": "Elman without attention < 1.5; with attention 59.7 on average (18.4-94.0); LSTM and GRU up to 99.8",
    "length": "best 20.8 (GRU with attention, 50 units, dropout 0.5); the net that is best over all experiments 13.8",
    "turn-left": "best 90.3 (GRU with attention)",
    "add-jump": "best 1.2 (LSTM with attention)",
}
"""A line for each split."""

_BY_CELL: Mapping[tuple[str, str, bool], str] = {
    ("simple", "elman", False): "< 1.5",
    ("simple", "elman", True): "59.7 (18.4-94.0)",
    ("length", "gru", True): "20.8",
    ("turn-left", "gru", True): "90.3",
    ("add-jump", "lstm", True): "1.2",
}


def reported(split: str, cell: str, attends: bool) -> str:
    """The paper's figure for such models, all of whose attention is additive; "-" where it gives none."""
    return _BY_CELL.get((split, cell, attends), "-")
