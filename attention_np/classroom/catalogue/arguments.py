"""Ordinary arguments of the package's forward functions in any lengths: very small ones, and very large ones.

The large ones are too large for numerical differentiation to pass for a derivative, having tens of thousands of entries: whoever moves
one at a time and runs the forward pass again exceeds the time; whoever loops over targets, sources and components does not.
The small ones are for differentiating a learner's own forward function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ... import functional
from ...functional._checks import Array
from ...gradcheck.cases.contracts import PAIRS, backward_case
from ...gradcheck.cases.ordinary import (
    additive_arguments,
    linear_arguments,
    logits_and_classes,
    queries_and_keys,
    rows_gain_bias,
    scores,
    weights_and_values,
)
from ...gradcheck.cases.situations import Drawn, Lengths, normal
from ...gradcheck.evidence import Situation
from ..exercise import LARGE_ARRAYS, Group
from ..pairing import ForwardCase, Pairing

Rng = np.random.Generator
Make = Callable[[Rng, Lengths], dict[str, Any]]

LARGE = Group(LARGE_ARRAYS, 3, lambda situation: LARGE_ARRAYS in situation.features)
LARGE_LENGTHS = Lengths((8,), L=96, S=104, d=40, e=48, h=104)
FEWER = Lengths((4,), L=80, S=88, d=40, e=48)
"""Where one forward pass is several products."""
SMALL = (Lengths((), L=2, S=4, d=3, e=5, h=6), Lengths((2,), L=3, S=2, d=4, e=1, h=5))

_WIDE = Lengths((8,), L=96, d=96, h=80)
_LARGE = {
    "additive_scores": Lengths((4,), L=48, S=56, d=32, e=40, h=24),
    "linear": _WIDE,
    "layer_norm": _WIDE,
    "embedding": Lengths((8,), L=96, d=48, h=4000),
}
_OPTIONS: Mapping[str, dict[str, Any]] = {
    "softmax": {"axis": -2},
    "cross_entropy": {"label_smoothing": 0.3},
    "layer_norm": {"eps": 0.1},
}


def _ids(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"ids": rng.integers(0, n.h, (*n.lead, n.L)), "table": normal(rng, n.h, n.d)}


_MAKERS: Mapping[str, Make] = {
    "dot_scores": queries_and_keys,
    "scaled_dot_scores": queries_and_keys,
    "cosine_scores": queries_and_keys,
    "additive_scores": additive_arguments,
    "softmax": scores,
    "context": weights_and_values,
    "linear": linear_arguments,
    "embedding": _ids,
    "cross_entropy": logits_and_classes,
    "layer_norm": rows_gain_bias,
}
"""By the name of the forward function of the contract."""


def large_case(forward: str, rng: Rng) -> Situation:
    """The large case of a forward function's backward."""
    features = frozenset({LARGE_ARRAYS})
    drawn = Drawn(LARGE_ARRAYS, features, _MAKERS[forward](rng, _LARGE.get(forward, LARGE_LENGTHS)), {}, {})
    case, upstream = backward_case(forward, drawn, rng)
    return Situation(f"{forward}_backward", LARGE_ARRAYS, features, case.arguments, case.options, upstream, {})


def pairing_of(forward: str) -> Pairing:
    """How the backward function of the contract belongs to this forward function."""
    pair = PAIRS[forward]

    def backward(arguments: Mapping[str, Any], output: Array, upstream: Array) -> Mapping[str, Any]:
        known = {**arguments, **pair.kept(dict(arguments), output)}
        first = {} if pair.upstream is None else {pair.upstream: upstream}
        return {**first, **{name: known[name] for name in pair.takes}}

    options = _OPTIONS.get(forward)
    cases = small_cases(_MAKERS[forward], [options] if options else [])
    return Pairing(forward, getattr(functional, forward), cases, backward, pair.upstream is None)


def own_pairing(function: Callable[..., Any], make: Make, upstream: str) -> Pairing:
    """The same for a forward function whose backward takes the upstream, and then what it takes itself."""
    return Pairing(
        function.__name__, function, small_cases(make), lambda given, _, d_output: {upstream: d_output, **given}
    )


def small_cases(make: Make, options: list[dict[str, Any]] | None = None) -> Callable[[Rng], Iterator[ForwardCase]]:
    """A case in each of the `SMALL` lengths, and one for each set of options."""

    def cases(rng: Rng) -> Iterator[ForwardCase]:
        for lengths in SMALL:
            yield ForwardCase(make(rng, lengths), {})
        for chosen in options or []:
            yield ForwardCase(make(rng, SMALL[0]), chosen)

    return cases
