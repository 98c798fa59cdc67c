"""Attention in its three readable steps, forwards and backwards, any stage of which a mistake may replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...functional import causal_mask, context_backward, softmax, softmax_backward
from ...functional import context as weighted_sum
from ...functional._checks import Array
from ...functional.attention import SCORES, Scale
from ...functional.scores import default_scale


@dataclass(frozen=True)
class Given:
    """The arguments of attention, and what every stage may need to know of them."""

    queries: Array
    keys: Array
    values: Array
    score: str = "cosine"
    scale: Scale = None
    mask: Array | None = None
    bias: Array | None = None
    causal: bool = False

    @property
    def multiplier(self) -> Array:
        """The scale in force, with two axes more."""
        scale = default_scale(self.score, self.queries.shape[-1]) if self.scale is None else self.scale
        return np.asarray(scale, self.queries.dtype)[..., None, None]

    @property
    def added(self) -> Array:
        """The bias, 0 if there is none."""
        return np.zeros(()) if self.bias is None else self.bias

    @property
    def lengths(self) -> tuple[int, int]:
        """L and S."""
        return self.queries.shape[-2], self.keys.shape[-2]


# The right stages; a stage that is no function of the package takes `given` last.
def right_scores(given: Given) -> Array:
    return SCORES[given.score][0](given.queries, given.keys)


def right_logits(scores: Array, given: Given) -> Array:
    return scores * given.multiplier + given.added


def right_allowed(given: Given) -> Array | None:
    if not given.causal:
        return given.mask
    no_later = causal_mask(*given.lengths)
    return no_later if given.mask is None else given.mask & no_later


def right_weights(logits: Array, allowed: Array | None, given: Given) -> Array:
    return softmax(logits, mask=allowed)


def right_d_scores(d_logits: Array, given: Given) -> Array:
    return d_logits * given.multiplier


def right_d_queries(d_scores: Array, given: Given) -> Array:
    return SCORES[given.score][1](d_scores, given.queries, given.keys)[0]


def right_d_keys(d_scores: Array, given: Given) -> Array:
    return SCORES[given.score][1](d_scores, given.queries, given.keys)[1]


def right_d_scale(d_logits: Array, scores: Array, given: Given) -> Array:
    return to_shape_of_scale(np.sum(d_logits * scores, axis=(-2, -1)), given)


def to_shape_of_scale(array: Array, given: Given) -> Array:
    """Summed over the axes along which the scale was broadcast to the leading axes."""
    shape = given.scale.shape if isinstance(given.scale, np.ndarray) else ()
    summed = array.sum(axis=tuple(range(array.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return np.asarray(summed.sum(axis=stretched, keepdims=True)).reshape(shape)


@dataclass(frozen=True)
class Steps:
    """The stages, all of them right unless another is given."""

    scores: Callable[[Given], Array] = right_scores
    logits: Callable[[Array, Given], Array] = right_logits
    allowed: Callable[[Given], Array | None] = right_allowed
    weights: Callable[[Array, Array | None, Given], Array] = right_weights
    context: Callable[[Array, Array], Array] = weighted_sum
    d_weights: Callable[[Array, Array, Array], Array] = lambda *step: context_backward(*step)[0]
    d_values: Callable[[Array, Array, Array], Array] = lambda *step: context_backward(*step)[1]
    d_logits: Callable[[Array, Array], Array] = softmax_backward
    d_scores: Callable[[Array, Given], Array] = right_d_scores
    d_queries: Callable[[Array, Given], Array] = right_d_queries
    d_keys: Callable[[Array, Given], Array] = right_d_keys
    d_scale: Callable[[Array, Array, Given], Array] = right_d_scale

    def forward(self, given: Given) -> Array:
        """The context."""
        weights = self.weights(self.logits(self.scores(given), given), self.allowed(given), given)
        return self.context(weights, given.values)

    def backward(self, result: str, d_context: Array, given: Given) -> Array:
        """One of the four gradients, by its name."""
        scores, allowed = self.scores(given), self.allowed(given)
        weights = self.weights(self.logits(scores, given), allowed, given)
        if result == "d_values":
            return self.d_values(d_context, weights, given.values)
        d_logits = self.d_logits(self.d_weights(d_context, weights, given.values), weights)
        if result == "d_scale":
            return self.d_scale(d_logits, np.where(np.isfinite(scores), scores, 0), given)
        d_scores = self.d_scores(d_logits, given)
        return (self.d_queries if result == "d_queries" else self.d_keys)(d_scores, given)


# The gradients that each stage bears on.
PATHS = {
    "scores": ("d_queries", "d_keys", "d_values", "d_scale"),
    "logits": ("d_queries", "d_keys", "d_values", "d_scale"),
    "allowed": ("d_queries", "d_keys", "d_values", "d_scale"),
    "weights": ("d_queries", "d_keys", "d_values", "d_scale"),
    "d_weights": ("d_queries", "d_keys", "d_scale"),
    "d_values": ("d_values",),
    "d_logits": ("d_queries", "d_keys", "d_scale"),
    "d_scores": ("d_queries", "d_keys"),
    "d_queries": ("d_queries",),
    "d_keys": ("d_keys",),
    "d_scale": ("d_scale",),
}


def steps_with(stage: str, formula: Callable[..., Any]) -> Steps:
    """The right steps but for one stage."""
    return replace(Steps(), **{stage: formula})


def attention_formula(steps: Steps) -> Callable[..., Array]:
    """The forward pass in these steps, with the arguments of `attention`."""

    def formula(
        queries: Array, keys: Array, values: Array, *, return_log_normaliser: bool = False, **options: Any
    ) -> Array:
        return steps.forward(Given(queries, keys, values, **options))

    return formula


def attention_backward_formula(steps: Steps, result: str) -> Callable[..., Array]:
    """One gradient in these steps, with the arguments of `attention_backward`; what the forward pass kept is not used."""

    def formula(
        d_context: Array,
        queries: Array,
        keys: Array,
        values: Array,
        *,
        context: Array | None = None,
        log_normaliser: Array | None = None,
        **options: Any,
    ) -> Array:
        return steps.backward(result, d_context, Given(queries, keys, values, **options))

    return formula
