"""How well commands were carried out: whole sequences, and single actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...functional._checks import Array
from .grammar import Command


@dataclass(frozen=True)
class ScanScore:
    """The score of some answers.

    Attributes
    ----------
    exact : float
        The share of commands with every action right and no other, the paper's accuracy.
    tokens : float
        The share of right actions: those that stand in their place, of as many as the longer of answer and
        truth has.
    by_words, by_actions : dict of int to float
        `exact` for the commands of so many words, and for those that ask for so many actions.
    """

    exact: float
    tokens: float
    by_words: dict[int, float]
    by_actions: dict[int, float]

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON can say it."""
        return asdict(self)


def score_answers(commands: Sequence[Command], answers: Sequence[Sequence[str]]) -> ScanScore:
    """Compare an answer to each command with what the grammar says.

    Raises
    ------
    ValueError
        If there are no commands, or another number of answers.
    """
    if not commands or len(commands) != len(answers):
        raise ValueError(f"answers: expected one for each of {len(commands)} (at least 1) commands, got {len(answers)}")
    pairs = [(command.actions, tuple(answer)) for command, answer in zip(commands, answers, strict=True)]
    exact = np.array([truth == answer for truth, answer in pairs])
    right = sum(sum(map(str.__eq__, truth, answer)) for truth, answer in pairs)
    places = sum(max(len(truth), len(answer)) for truth, answer in pairs)
    return ScanScore(
        float(exact.mean()),
        right / places,
        _by(exact, np.array([len(command.words) for command in commands])),
        _by(exact, np.array([len(command.actions) for command in commands])),
    )


def _by(exact: Array, lengths: Array) -> dict[int, float]:
    return {int(length): float(exact[lengths == length].mean()) for length in np.unique(lengths)}
