"""Cases of the three steps in one: each score, scales, masks, biases, causality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .scores import mask_of
from .situations import Drawn, Lengths, Rng, away_from_zero, layouts, normal, special

_NAMES = {
    "L": "L, the number of targets",
    "S": "S, the number of sources",
    "d": "d, the width",
    "e": "e, the width of the values",
}


def attention_cases(rng: Rng) -> Iterator[Drawn]:
    """Queries, keys and values with every option."""
    yield from layouts(rng, _attention, _NAMES)

    def case(words: str, *, lengths: Lengths | None = None, features: tuple[str, ...] = (), **options: Any) -> Drawn:
        return special(words, rng, _attention, _NAMES, features=features, lengths=lengths, options=options)

    heads = Lengths((3,))
    yield case("the score dot", score="dot")
    yield case("the score scaled_dot", score="scaled_dot")
    yield case("a scale", scale=2.5)
    yield case("a scale", score="scaled_dot", scale=0.7)
    yield case("a scale for each head", lengths=heads, features=("a scale",), scale=rng.uniform(1.5, 3, 3))
    two = Lengths((2, 3))
    yield case("a scale for each head", lengths=two, features=("a scale",), scale=rng.uniform(1.5, 3, (1, 3)))
    yield case("masked", lengths=heads, mask=mask_of(rng, Lengths((3,), L=1), None))
    yield case("a bias", bias=normal(rng, heads.L, heads.S))
    yield case("a bias and a scale", features=("a bias", "a scale"), bias=normal(rng, heads.L, heads.S), scale=2.5)
    for words, row in (("masked", None), ("a fully masked row", 1)):
        yield case(words, lengths=heads, features=("masked",), mask=mask_of(rng, heads, row))
    yield case("the log-normaliser", scale=2.5, return_log_normaliser=True)
    hidden = mask_of(rng, heads, 1)
    yield case("the log-normaliser of masked scores", lengths=heads, mask=hidden, return_log_normaliser=True)
    yield case("causal", causal=True)
    yield case("causal", lengths=Lengths((), L=5, S=3), causal=True)
    both = ("causal", "masked")
    yield case("causal and masked", lengths=heads, features=both, mask=mask_of(rng, heads, None), causal=True)
    yield special("a zero vector", rng, _with_zero_vectors, _NAMES)
    yield special("large numbers", rng, _long_queries, _NAMES, options={"score": "dot"})


def _attention(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {
        "queries": away_from_zero(rng, *n.lead, n.L, n.d),
        "keys": away_from_zero(rng, *n.lead, n.S, n.d),
        "values": normal(rng, *n.lead, n.S, n.e),
    }


def _long_queries(rng: Rng, lengths: Lengths) -> dict[str, Any]:
    arguments = _attention(rng, lengths)
    # About 1000 for the dot product of each row with the first key, and much less for the last row.
    directions = arguments["keys"][..., :1, :]
    sizes = 1000 / np.sum(directions * directions, axis=-1, keepdims=True)
    return {**arguments, "queries": np.linspace(1, 0.01, lengths.L)[:, None] * sizes * directions}


def _with_zero_vectors(rng: Rng, lengths: Lengths) -> dict[str, Any]:
    arguments = _attention(rng, lengths)
    arguments["queries"][..., 1, :] = 0
    arguments["keys"][..., 2, :] = 0
    return arguments
