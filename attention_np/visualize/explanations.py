"""Three explanations of the same prediction, side by side: where attention lay, what the gradient says, what leaving out does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .comparison import Panel, heatmaps
from .measures import rank_correlation

Array = NDArray[Any]


class Explainable(Protocol):
    """A prediction of T words from S inputs, as its model shows it; see `attention_np.models.explained`."""

    def attention(self) -> Array:
        """Weights (T, S)."""

    def gradient_times_input(self) -> Array:
        """For each word the gradient of its log-probability times each input, (T, S)."""

    def log_probabilities(self, present: Array) -> Array:
        """Of the T words where only some inputs are there: `present` (S,) is boolean."""


class Explanations(NamedTuple):
    """What three methods say of one prediction, (T, S) each.

    Attributes
    ----------
    attention : array
        Weights.
    gradient_times_input : array
        :math:`x_i \\cdot \\partial \\log p_t / \\partial x_i`: what the log-probability would lose, to first order, without the input.
    leave_one_out : array
        What it does lose: :math:`\\log p_t - \\log p_t` without input i.
    """

    attention: Array
    gradient_times_input: Array
    leave_one_out: Array

    def agreement(self) -> dict[str, float]:
        r"""For each two methods the rank correlation of their magnitudes, the mean over the words that have one.

        Magnitudes, since attention has no sign: an input that speaks against a word is looked at too.
        """
        named = self._asdict()
        return {
            f"{one} and {other}".replace("_", " "): _mean_correlation(named[one], named[other])
            for one, other in combinations(named, 2)
        }

    def shares(self) -> dict[str, Array]:
        """Each method's magnitudes as shares of a word's whole, so that they can be drawn on one scale."""
        return {
            name.replace("_", " "): np.abs(values) / np.maximum(np.abs(values).sum(axis=-1, keepdims=True), 1e-300)
            for name, values in self._asdict().items()
        }

    def plot(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.object_]:
        """Draw the three side by side as shares; `heatmaps` says what comes back."""
        panels = [Panel(name, share, sources, targets) for name, share in self.shares().items()]
        return heatmaps(panels, label="share of each row")


def explain(subject: Explainable) -> Explanations:
    """Ask all three methods about one prediction.

    Leaving out costs a forward pass for each input. The three need not agree, and often do not (Jain and Wallace 2019): attention
    says where a model looked in one layer, the others what its answer depends on.
    """
    attention = subject.attention()
    everything = np.ones(attention.shape[-1], bool)
    whole = subject.log_probabilities(everything)
    without = []
    for place in range(len(everything)):
        present = everything.copy()
        present[place] = False
        without.append(whole - subject.log_probabilities(present))
    return Explanations(attention, subject.gradient_times_input(), np.stack(without, axis=-1))


def mean_agreement(explained: Iterable[Explanations]) -> dict[str, float]:
    """The agreements of several predictions, averaged; one that has no order is left out."""
    rows = [explanations.agreement() for explanations in explained]
    return {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]} if rows else {}


def _mean_correlation(one: Array, other: Array) -> float:
    if one.shape[-1] < 2:
        return float("nan")
    found = [rank_correlation(x, y) for x, y in zip(np.abs(one), np.abs(other), strict=True)]
    known = [value for value in found if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
