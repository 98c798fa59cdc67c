"""Cases of what stands around attention: linear, embedding, cross-entropy, layer norm, activations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .ordinary import linear_arguments, logits_and_classes, rows_gain_bias
from .situations import Drawn, Lengths, Rng, away_from_zero, layouts, normal, single, special

_LINEAR = {"d": "the width of the inputs", "h": "the width of the outputs", "L": "the number of rows"}
_ROWS = {"L": "the number of rows", "d": "the width"}
_IDS = {"L": "the number of ids in a row", "h": "the size of the vocabulary", "d": "the width"}
_CLASSES = {"L": "the number of targets", "h": "the number of classes"}


def linear_cases(rng: Rng) -> Iterator[Drawn]:
    """Rows of inputs with any number of leading dimensions."""
    yield from layouts(rng, linear_arguments, _LINEAR)
    yield single(rng, linear_arguments, _LINEAR)


def embedding_cases(rng: Rng) -> Iterator[Drawn]:
    """Ids that differ, and ids that occur several times, in a row and in different rows."""
    yield from layouts(rng, _different_ids, _IDS)
    for lead in ((), (3,)):
        yield special("repeated ids", rng, _repeated_ids, _IDS, lengths=Lengths(lead, L=7, h=5))


def cross_entropy_cases(rng: Rng) -> Iterator[Drawn]:
    """Targets of which some or all may be ignored, with and without smoothing, and very large logits."""
    yield from layouts(rng, logits_and_classes, _CLASSES)
    yield single(rng, logits_and_classes, _CLASSES)
    for lead in ((), (3,)):
        lengths = Lengths(lead)
        yield special("label smoothing", rng, logits_and_classes, _CLASSES, lengths=lengths, options={"label_smoothing": 0.3})
        some = {"ignore_index": -1}
        yield special("ignored targets", rng, _ignored, _CLASSES, lengths=lengths, options=some)
        both = {**some, "label_smoothing": 0.2}
        features = ("ignored targets", "label smoothing")
        yield special(
            "smoothing and ignored targets", rng, _ignored, _CLASSES, lengths=lengths, options=both, features=features
        )

    def all_ignored(rng: Rng, lengths: Lengths) -> dict[str, Any]:
        arguments = logits_and_classes(rng, lengths)
        return {**arguments, "targets": np.full_like(arguments["targets"], -1)}

    def large(rng: Rng, lengths: Lengths) -> dict[str, Any]:
        arguments = logits_and_classes(rng, lengths)
        return {**arguments, "logits": 500 * arguments["logits"] + 1000}

    yield special("all targets ignored", rng, all_ignored, _CLASSES, options={"ignore_index": -1})
    yield special("large numbers", rng, large, _CLASSES)


def layer_norm_cases(rng: Rng) -> Iterator[Drawn]:
    """Rows with a gain and a bias, and an eps large enough to be seen."""
    yield from layouts(rng, rows_gain_bias, _ROWS)
    yield single(rng, rows_gain_bias, _ROWS)
    yield special("another eps", rng, rows_gain_bias, _ROWS, options={"eps": 0.1})


def activation_cases(rng: Rng) -> Iterator[Drawn]:
    """Numbers of both signs, and some whose exponential overflows."""
    yield from layouts(rng, _inputs, _ROWS)
    yield single(rng, _inputs, _ROWS)

    def large(rng: Rng, lengths: Lengths) -> dict[str, Any]:
        # Among ordinary numbers, so that what is nearly 0 is judged by their scale.
        inputs = away_from_zero(rng, lengths.L, lengths.d)
        inputs[0, :2] = 1000, -1000
        return {"inputs": inputs}

    yield special("large numbers", rng, large, _ROWS)


def relu_cases(rng: Rng) -> Iterator[Drawn]:
    """As `activation_cases`, and the kink itself."""
    yield from activation_cases(rng)

    def with_zeros(rng: Rng, lengths: Lengths) -> dict[str, Any]:
        inputs = away_from_zero(rng, lengths.L, lengths.d)
        inputs[::2, 1] = 0
        return {"inputs": inputs}

    yield special("zeros", rng, with_zeros, _ROWS)


def _different_ids(rng: Rng, n: Lengths) -> dict[str, Any]:
    positions = (*n.lead, n.L)
    count = int(np.prod(positions))
    ids = rng.permutation(count + n.h)[:count]
    if 0 not in ids:
        ids[0] = 0
    return {
        "ids": ids.reshape(positions),
        "table": normal(rng, count + n.h, n.d),
    }


def _repeated_ids(rng: Rng, n: Lengths) -> dict[str, Any]:
    # Ids that occur once, twice and three times in every row; the last row of the table is never used.
    row = np.concatenate([[0, 0, 0, 1, 1, 2], rng.integers(0, n.h - 1, n.L - 6)])
    ids = rng.permuted(np.broadcast_to(row, (*n.lead, n.L)), axis=-1)
    return {"ids": ids, "table": normal(rng, n.h, n.d)}


def _ignored(rng: Rng, n: Lengths) -> dict[str, Any]:
    arguments = logits_and_classes(rng, n)
    arguments["targets"][..., ::3] = -1
    return arguments


def _inputs(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"inputs": away_from_zero(rng, *n.lead, n.L, n.d)}
