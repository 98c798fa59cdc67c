"""Cases of the three steps: scores, softmax, context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .ordinary import additive_arguments, queries_and_keys, scores, weights_and_values
from .situations import Drawn, Lengths, Rng, layouts, normal, special

_NAMES = {"L": "L, the number of targets", "S": "S, the number of sources", "d": "d, the width"}
_VALUE_NAMES = {"L": _NAMES["L"], "S": _NAMES["S"], "e": "e, the width of the values"}
_ADDITIVE_NAMES = {**_NAMES, "h": "the hidden width"}


def dot_cases(rng: Rng) -> Iterator[Drawn]:
    """Queries and keys of ordinary lengths."""
    yield from layouts(rng, queries_and_keys, _NAMES)


def cosine_cases(rng: Rng) -> Iterator[Drawn]:
    """As `dot_cases`, and zero vectors, and vectors so long and short that their squares overflow and vanish."""
    yield from dot_cases(rng)
    yield special("a zero vector", rng, _with_zero_vectors, _NAMES)
    for words, size in (("large numbers", 1e200), ("tiny numbers", 1e-200)):

        def resized(rng: Rng, lengths: Lengths, size: float = size) -> dict[str, Any]:
            return {name: size * vectors for name, vectors in queries_and_keys(rng, lengths).items()}

        yield special(words, rng, resized, _NAMES)


def additive_cases(rng: Rng) -> Iterator[Drawn]:
    """Queries and keys of different widths."""
    yield from layouts(rng, additive_arguments, _ADDITIVE_NAMES)


def softmax_cases(rng: Rng) -> Iterator[Drawn]:
    """Scores with and without a mask, along other axes, and far beyond what the exponential bears."""
    yield from layouts(rng, scores, _NAMES)
    for axis, lengths in ((-2, Lengths(())), (0, Lengths((3,)))):
        yield special("another axis", rng, scores, _NAMES, options={"axis": axis}, lengths=lengths)
    for words, row in (("masked", None), ("a fully masked row", 1)):
        for lead in ((), (3,)):
            lengths = Lengths(lead)
            options = {"mask": mask_of(rng, lengths, row)}
            yield special(words, rng, scores, _NAMES, features=("masked",), options=options, lengths=lengths)

    padding = mask_of(rng, Lengths((3,), L=1), None)
    yield special("masked", rng, scores, _NAMES, options={"mask": padding}, lengths=Lengths((3,)))

    def impossible(rng: Rng, lengths: Lengths) -> dict[str, Any]:
        return {"scores": np.where(mask_of(rng, lengths, None), scores(rng, lengths)["scores"], -np.inf)}

    yield special("scores of -inf", rng, impossible, _NAMES)

    def large(rng: Rng, lengths: Lengths) -> dict[str, Any]:
        # Each row so far from the others that no shift suits two of them.
        return {"scores": 1000 * np.arange(-1.0, lengths.L - 1)[:, None] + 3 * normal(rng, lengths.L, lengths.S)}

    yield special("large numbers", rng, large, _NAMES)


def context_cases(rng: Rng) -> Iterator[Drawn]:
    """Weights, which need not sum to one here, and values."""
    yield from layouts(rng, weights_and_values, _VALUE_NAMES)


def mask_of(rng: Rng, lengths: Lengths, hidden_row: int | None) -> np.ndarray:
    """About two thirds allowed, something in each row but in `hidden_row`."""
    mask = rng.random((*lengths.lead, lengths.L, lengths.S)) < 0.65
    mask[..., 0, -1] = False
    mask[..., np.arange(lengths.L), np.arange(lengths.L) % lengths.S] = True
    if hidden_row is not None:
        mask[..., hidden_row, :] = False
    return mask


def _with_zero_vectors(rng: Rng, lengths: Lengths) -> dict[str, Any]:
    arguments = queries_and_keys(rng, lengths)
    arguments["queries"][..., 1, :] = 0
    arguments["keys"][..., 2, :] = 0
    return arguments
