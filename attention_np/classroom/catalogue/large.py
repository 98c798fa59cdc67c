"""One case for each backward function whose arrays are too large for numerical differentiation to pass for a derivative.

Tens of thousands of entries: whoever moves one at a time and runs the forward pass again exceeds the time; whoever loops over
targets, sources and components in plain Python does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...gradcheck.cases.contracts import backward_case
from ...gradcheck.cases.situations import Drawn, Lengths, normal
from ...gradcheck.evidence import Situation
from ..exercise import LARGE_ARRAYS, Group

Rng = np.random.Generator

LARGE = Group(LARGE_ARRAYS, 3, lambda situation: LARGE_ARRAYS in situation.features)
LENGTHS = Lengths((8,), L=96, S=104, d=40, e=48)
FEWER = Lengths((4,), L=80, S=88, d=40, e=48)
"""Where one forward pass is several products."""

_WIDE = (*LENGTHS.lead, LENGTHS.L, 96)
_LONG = (*LENGTHS.lead, LENGTHS.L, LENGTHS.S)
_VOCABULARY = 4000


def _pair(rng: Rng) -> dict[str, Any]:
    n = LENGTHS
    return {"queries": normal(rng, *n.lead, n.L, n.d), "keys": normal(rng, *n.lead, n.S, n.d)}


def _additive(rng: Rng) -> dict[str, Any]:
    # One number for each query, key and hidden component: fewer of each than elsewhere.
    return {
        "queries": normal(rng, 4, 48, 32),
        "keys": normal(rng, 4, 56, 40),
        "query_weight": normal(rng, 32, 24),
        "key_weight": normal(rng, 40, 24),
        "score_vector": normal(rng, 24),
    }


def _values(rng: Rng) -> dict[str, Any]:
    return {"weights": rng.uniform(0.1, 1, _LONG), "values": normal(rng, *LENGTHS.lead, LENGTHS.S, LENGTHS.e)}


def _linear(rng: Rng) -> dict[str, Any]:
    return {"inputs": normal(rng, *_WIDE), "weight": normal(rng, _WIDE[-1], 80), "bias": normal(rng, 80)}


def _embedding(rng: Rng) -> dict[str, Any]:
    return {"ids": rng.integers(0, _VOCABULARY, _WIDE[:-1]), "table": normal(rng, _VOCABULARY, 48)}


def _classes(rng: Rng) -> dict[str, Any]:
    return {"logits": 2 * normal(rng, *_LONG), "targets": rng.integers(0, LENGTHS.S, _LONG[:-1])}


def _rows(rng: Rng) -> dict[str, Any]:
    return {"inputs": 1 + 2 * normal(rng, *_WIDE), "gain": normal(rng, _WIDE[-1]), "bias": normal(rng, _WIDE[-1])}


_ARGUMENTS: Mapping[str, Callable[[Rng], dict[str, Any]]] = {
    "dot_scores": _pair,
    "scaled_dot_scores": _pair,
    "cosine_scores": _pair,
    "additive_scores": _additive,
    "softmax": lambda rng: {"scores": normal(rng, *_LONG)},
    "context": _values,
    "linear": _linear,
    "embedding": _embedding,
    "cross_entropy": _classes,
    "layer_norm": _rows,
}
"""By the name of the forward function of the contract."""


def large_case(forward: str, rng: Rng) -> Situation:
    """The large case of a forward function's backward."""
    features = frozenset({LARGE_ARRAYS})
    drawn = Drawn(LARGE_ARRAYS, features, _ARGUMENTS[forward](rng), {}, {})
    case, upstream = backward_case(forward, drawn, rng)
    return Situation(f"{forward}_backward", LARGE_ARRAYS, features, case.arguments, case.options, upstream, {})
