"""Attention one query at a time, for a recurrence that each query depends on."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array
from ..functional.products import matrix_product
from ..functional.scores import default_scale
from .attention import SCORES
from .module import Layer, Parameter, uniform
from .sharpness import Sharpness


class StepAttention(Layer):
    r"""Scores of one query after the other over a memory that stays, and the memory's mean by their softmax.

    .. math:: s_{ti} = \mathrm{score}(g_t W, \; m_i U), \qquad p_{ti} = \mathrm{softmax}_i(\beta s_{ti}), \qquad c_t = \sum_i p_{ti} m_i

    The score is the cosine, a dot product, or, with one more vector v, the additive :math:`v \cdot \tanh(g_t W + m_i U)`. All
    that does not depend on the query is made once, before the first step or after the last: the keys :math:`m U`,
    and the gradients of keys, memory and parameters.

    Parameters
    ----------
    width : int
        Of queries, memory and keys.
    score : {"cosine", "dot", "scaled_dot", "additive"}
    learn_scale : bool
        Learn β (see `Sharpness`); else it is 1, and 1/√width for ``scaled_dot``.
    rng : numpy.random.Generator
    dtype : dtype

    Attributes
    ----------
    query_weight, key_weight : Parameter (width, width)
        W and U. W is applied by the caller, in one product with its other maps of the same state.
    """

    def __init__(
        self,
        width: int,
        *,
        score: str,
        learn_scale: bool = False,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if score not in SCORES:
            raise ValueError(f"score: expected one of {', '.join(SCORES)}, or None for no attention, got {score!r}")
        bound = width**-0.5
        self.score = score
        self.query_weight = Parameter(uniform((width, width), bound, rng, dtype))
        self.key_weight = Parameter(uniform((width, width), bound, rng, dtype))
        if score == "additive":
            self.score_vector = Parameter(uniform((width,), bound, rng, dtype))
        self.sharpness = Sharpness(10.0, dtype=dtype) if learn_scale else None

    @property
    def scale_in_force(self) -> float:
        """β as the next run will use it."""
        if self.sharpness is not None:
            return float(self.sharpness.value)
        return default_scale(self.score, len(self.key_weight.value))

    def over(self, memory: Array, mask: Array, steps: int) -> Looks:
        """Make ready to look so many times at `memory` (B, S, h), where `mask` (B, S) is True."""
        looks = {"additive": AdditiveLooks, "cosine": CosineLooks}.get(self.score, DotLooks)
        return looks(self, memory, mask, steps)


class Looks:
    """The looks of one run: first all steps forwards, then all backwards, then `finish`.

    Attributes
    ----------
    weights : array (T, B, S)
    """

    def __init__(self, attention: StepAttention, memory: Array, mask: Array, steps: int) -> None:
        batch, sources, width = memory.shape
        self.attention, self.memory, self.mask = attention, memory, mask
        self.keys = _mapped(memory, attention.key_weight.value)
        self.scale = np.asarray(attention.scale_in_force, memory.dtype)
        self.absent = np.where(mask, 0, -np.inf).astype(memory.dtype)
        self.scores = np.empty((steps, batch, sources), memory.dtype)
        self.weights = np.empty_like(self.scores)
        self.d_logits = np.empty_like(self.scores)

    def look(self, t: int, query: Array) -> Array:
        """The context (B, h) of the queries (B, h) of step t."""
        self._score(t, query, out=self.scores[t])
        weights = self.weights[t]
        np.multiply(self.scores[t], self.scale, out=weights)
        weights += self.absent
        _softmax_in_place(weights)
        return np.matmul(weights[:, None, :], self.memory)[:, 0]

    def look_back(self, t: int, d_context: Array, d_query: Array) -> None:
        """Fill the gradient of step t's queries."""
        weights = self.weights[t]
        d_weights = np.matmul(self.memory, d_context[:, :, None])[:, :, 0]
        d_weights -= np.vecdot(weights, d_weights)[:, None]
        d_logits = np.multiply(weights, d_weights, out=self.d_logits[t])
        self._score_backward(t, d_logits * self.scale, out=d_query)

    def finish(self, d_contexts: Array) -> Array:
        """Add the gradients of the parameters, but for W, and give that of the memory; `d_contexts` (T, B, h) has all steps."""
        attention = self.attention
        if attention.sharpness is not None:
            attention.sharpness.add_gradient(np.sum(self.d_logits * self.scores, where=self.mask))
        d_keys = self._keys_backward()
        rows, d_rows = _rows(self.memory), _rows(d_keys)
        attention.key_weight.grad += matrix_product(rows.T, d_rows)
        d_memory = _over_steps(self.weights, d_contexts)
        d_memory += _mapped(d_keys, attention.key_weight.value.T)
        return d_memory

    def _score(self, t: int, query: Array, out: Array) -> None:
        raise NotImplementedError

    def _score_backward(self, t: int, d_scores: Array, out: Array) -> None:
        raise NotImplementedError

    def _keys_backward(self) -> Array:
        raise NotImplementedError


class DotLooks(Looks):
    """By the dot product of query and key."""

    def __init__(self, attention: StepAttention, memory: Array, mask: Array, steps: int) -> None:
        super().__init__(attention, memory, mask, steps)
        self.queries = np.empty((steps, *memory.shape[::2]), memory.dtype)

    def _score(self, t: int, query: Array, out: Array) -> None:
        self.queries[t] = query
        np.matmul(self.keys, query[:, :, None], out=out[:, :, None])

    def _score_backward(self, t: int, d_scores: Array, out: Array) -> None:
        np.matmul(d_scores[:, None, :], self.keys, out=out[:, None, :])

    def _keys_backward(self) -> Array:
        return _over_steps(self.d_logits * self.scale, self.queries)


class CosineLooks(DotLooks):
    """By the dot product of their directions."""

    def __init__(self, attention: StepAttention, memory: Array, mask: Array, steps: int) -> None:
        super().__init__(attention, memory, mask, steps)
        self.keys, self.key_lengths = _direction(self.keys)
        self.query_lengths = np.empty((steps, len(memory), 1), memory.dtype)

    def _score(self, t: int, query: Array, out: Array) -> None:
        direction, self.query_lengths[t] = _direction(query)
        super()._score(t, direction, out)

    def _score_backward(self, t: int, d_scores: Array, out: Array) -> None:
        super()._score_backward(t, d_scores, out)
        _direction_backward_in_place(out, self.queries[t], self.query_lengths[t])

    def _keys_backward(self) -> Array:
        d_keys = super()._keys_backward()
        _direction_backward_in_place(d_keys, self.keys, self.key_lengths)
        return d_keys


class AdditiveLooks(Looks):
    """By a small network of their sum."""

    def __init__(self, attention: StepAttention, memory: Array, mask: Array, steps: int) -> None:
        super().__init__(attention, memory, mask, steps)
        self.bent = np.empty((steps, *memory.shape), memory.dtype)
        self.d_keys = np.zeros_like(memory)

    def _score(self, t: int, query: Array, out: Array) -> None:
        bent = np.add(self.keys, query[:, None, :], out=self.bent[t])
        np.tanh(bent, out=bent)
        np.matmul(bent, self.attention.score_vector.value, out=out)

    def _score_backward(self, t: int, d_scores: Array, out: Array) -> None:
        # (1 - bent^2) v per d_score; the sum over the sources is the query's, each of its terms its key's.
        d_sums = np.multiply(self.bent[t], self.bent[t])
        np.subtract(1, d_sums, out=d_sums)
        d_sums *= self.attention.score_vector.value
        d_sums *= d_scores[:, :, None]
        np.sum(d_sums, axis=1, out=out)
        self.d_keys += d_sums

    def _keys_backward(self) -> Array:
        d_scores = self.d_logits * self.scale
        self.attention.score_vector.grad += d_scores.reshape(-1) @ _rows(self.bent)
        return self.d_keys


def _softmax_in_place(scores: Array) -> None:
    """Along the last axis; where every score is -inf, all weights are 0."""
    scores -= scores.max(axis=-1, keepdims=True, initial=np.finfo(scores.dtype).min)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    # The largest exponential is 1, so a smaller sum is that of nothing at all.
    np.maximum(total, 1, out=total)
    scores /= total


def _direction(vectors: Array) -> tuple[Array, Array]:
    """Unit vectors, and lengths; a vector of zeros has no direction, and as if of infinite length gets zeros for it.

    Squared as they are, not in units of their largest component as in `cosine_scores`: these are linear maps of states between -1 and 1.
    """
    lengths = np.sqrt(np.vecdot(vectors, vectors))[..., None]
    lengths[lengths == 0] = np.inf
    return vectors / lengths, lengths


def _direction_backward_in_place(d_directions: Array, directions: Array, lengths: Array) -> None:
    """Only what is across a vector turns it, and a long one turns less."""
    d_directions -= directions * np.vecdot(d_directions, directions)[..., None]
    d_directions /= lengths


def _over_steps(weights: Array, vectors: Array) -> Array:
    """From (T, B, S) and (T, B, h), the sums over the steps of each source's weight times the vector: (B, S, h)."""
    return np.matmul(weights.transpose(1, 2, 0), vectors.swapaxes(0, 1))


def _mapped(vectors: Array, weight: Array) -> Array:
    return matrix_product(_rows(vectors), weight).reshape(vectors.shape)


def _rows(array: Array) -> Array:
    return array.reshape(array.size // array.shape[-1], array.shape[-1])
