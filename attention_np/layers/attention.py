"""The article's layer: takes targets and inputs, gives relevance, distribution and result."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..functional import (
    additive_scores,
    additive_scores_backward,
    context,
    context_backward,
    cosine_scores,
    cosine_scores_backward,
    dot_scores,
    dot_scores_backward,
    softmax,
    softmax_backward,
)
from ..functional._checks import Array, require_floats, require_shape
from ..functional.scores import default_scale
from .module import Layer, Parameter, called_once, uniform
from .sharpness import Sharpness

SCORES = ("cosine", "dot", "scaled_dot", "additive")


class Attended(NamedTuple):
    """What attention gives: context (..., L, e), weights (..., L, S), and scores (..., L, S) before the sharpness."""

    context: Array
    weights: Array
    scores: Array


class AttentionBackward(Protocol):
    """One upstream per field of `Attended`, each optional; gives d_targets, d_inputs (and d_values, if values were given)."""

    def __call__(
        self, *, d_context: Array | None = None, d_weights: Array | None = None, d_scores: Array | None = None
    ) -> tuple[Array, ...]: ...


class Attention(Layer):
    r"""Each target asks all inputs, and receives their mean weighted by relevance.

    .. math:: s_{ji} = \mathrm{score}(w_j, v_i), \qquad p_{ji} = \mathrm{softmax}_i(\beta \, s_{ji}), \qquad c_j = \sum_i p_{ji} v_i

    Parameters
    ----------
    score : {"cosine", "dot", "scaled_dot", "additive"}
    scale : float, optional
        :math:`\beta`, fixed; None is 1, and 1/√d for ``scaled_dot``.
    learn_scale : bool
        Learn :math:`\beta` from `initial_scale` on instead (see `Sharpness`).
    initial_scale : float
    width : int, optional
        Of targets, inputs and the hidden layer; for the additive score's weights, which need it.
    rng : numpy.random.Generator, optional
        Draws the additive score's weights.
    dtype : dtype
        Of the parameters, where there are any.

    Raises
    ------
    ValueError
        If the score is unknown, a scale is both given and learned, or the additive score lacks `width` or `rng`.
    """

    def __init__(
        self,
        score: str = "cosine",
        scale: float | None = None,
        learn_scale: bool = False,
        initial_scale: float = 10.0,
        width: int | None = None,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if score not in SCORES:
            raise ValueError(f"score: expected one of {', '.join(SCORES)}, got {score!r}")
        if learn_scale and scale is not None:
            raise ValueError(f"scale: expected None where learn_scale is set, got {scale}; give initial_scale instead")
        self.score = score
        self.scale = scale
        self.sharpness = Sharpness(initial_scale, dtype=dtype) if learn_scale else None
        if score == "additive":
            if width is None or rng is None:
                raise ValueError("width, rng: expected both for the additive score, which has weights of its own")
            bound = width**-0.5
            self.query_weight = Parameter(uniform((width, width), bound, rng, dtype))
            self.key_weight = Parameter(uniform((width, width), bound, rng, dtype))
            self.score_vector = Parameter(uniform((width,), bound, rng, dtype))

    def scale_in_force(self, width: int) -> Array | float:
        """β as the next forward pass will use it, for queries and keys of this width."""
        if self.sharpness is not None:
            return self.sharpness.value
        return default_scale(self.score, width) if self.scale is None else self.scale

    def __call__(
        self, targets: Array, inputs: Array, values: Array | None = None, mask: Array | None = None
    ) -> tuple[Attended, AttentionBackward]:
        """Attend from targets over inputs.

        Parameters
        ----------
        targets : array (..., L, d)
            The article's w, the queries.
        inputs : array (..., S, d)
            The article's v, the keys.
        values : array (..., S, e), optional
            The inputs themselves unless given.
        mask : boolean array, optional
            True where attending is allowed; broadcasts to (..., L, S).

        Returns
        -------
        attended : Attended
        backward : AttentionBackward
        """
        own_values = values is not None
        summed = inputs if values is None else values
        scores = self._scores(targets, inputs)
        scale = np.asarray(self.scale_in_force(targets.shape[-1]), scores.dtype)
        weights = softmax(scores * scale, mask=mask)
        result = context(weights, summed)

        @called_once
        def backward(
            *, d_context: Array | None = None, d_weights: Array | None = None, d_scores: Array | None = None
        ) -> tuple[Array, ...]:
            require_floats(scores=scores, d_context=d_context, d_weights=d_weights, d_scores=d_scores)
            for name, upstream, field in (
                ("d_context", d_context, result),
                ("d_weights", d_weights, weights),
                ("d_scores", d_scores, scores),
            ):
                if upstream is not None:
                    require_shape(name, upstream, field.shape, "like its field")
            if d_context is None:
                d_context = np.zeros_like(result)
            d_weights_by_context, d_values = context_backward(d_context, weights, summed)
            d_all_weights = d_weights_by_context if d_weights is None else d_weights_by_context + d_weights
            d_logits = softmax_backward(d_all_weights, weights)
            if self.sharpness is not None:
                allowed = scores if mask is None else np.where(mask, scores, 0)
                self.sharpness.add_gradient(np.sum(d_logits * allowed))
            d_all_scores = d_logits * scale if d_scores is None else d_logits * scale + d_scores
            d_targets, d_inputs = self._scores_backward(d_all_scores, targets, inputs)
            if own_values:
                return d_targets, d_inputs, d_values
            return d_targets, d_inputs + d_values

        return Attended(result, weights, scores), backward

    def _scores(self, targets: Array, inputs: Array) -> Array:
        if self.score == "cosine":
            return cosine_scores(targets, inputs)
        if self.score == "additive":
            return additive_scores(targets, inputs, *(parameter.value for parameter in self._additive()))
        return dot_scores(targets, inputs)

    def _scores_backward(self, d_scores: Array, targets: Array, inputs: Array) -> tuple[Array, Array]:
        if self.score == "cosine":
            return cosine_scores_backward(d_scores, targets, inputs)
        if self.score == "additive":
            weights = self._additive()
            d_targets, d_inputs, *d_weights = additive_scores_backward(
                d_scores, targets, inputs, *(parameter.value for parameter in weights)
            )
            for parameter, gradient in zip(weights, d_weights, strict=True):
                parameter.grad += gradient
            return d_targets, d_inputs
        return dot_scores_backward(d_scores, targets, inputs)

    def _additive(self) -> tuple[Parameter, Parameter, Parameter]:
        return self.query_weight, self.key_weight, self.score_vector
