"""Several attentions side by side, each in a subspace of its own, with a sharpness of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..functional import attention, attention_backward, softmax
from ..functional._checks import Array
from ..functional.attention_options import SCORES, Options
from ..functional.logits import scaled_scores
from .linear import Linear
from .module import Layer, called_once
from .sharpness import Sharpness


@dataclass
class KeyValueCache:
    """Keys and values of what has been seen, (..., heads, S, width / heads) each; None before the first step."""

    keys: Array | None = None
    values: Array | None = None

    def extend(self, keys: Array, values: Array) -> None:
        """Put new keys and values behind those that are held."""
        self.keys = keys if self.keys is None else np.concatenate([self.keys, keys], axis=-2)
        self.values = values if self.values is None else np.concatenate([self.values, values], axis=-2)


class MultiHeadAttention(Layer):
    r"""Attention in `heads` subspaces (Vaswani et al. 2017, section 3.2.2), by cosine unless another score is chosen.

    .. math:: \mathrm{out} = \mathrm{concat}_h \bigl( \mathrm{attention}(w W^q_h, v W^k_h, v W^v_h) \bigr) W^o

    Parameters
    ----------
    width : int
        Of targets, inputs and outputs; a multiple of `heads`.
    heads : int
    score : {"cosine", "dot", "scaled_dot"}
    scale : float, optional
        Fixed sharpness; None is 1, and 1/√(width / heads) for ``scaled_dot``.
    learn_scale : bool, optional
        Learn a sharpness per head; where it is not said, exactly if the score is the cosine and no scale is given.
    initial_scale : float
        Where each head's sharpness starts.
    rng : numpy.random.Generator
    dtype : dtype

    Raises
    ------
    ValueError
        If `width` is not a multiple of `heads`, the score is unknown, or a scale is both given and learned.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        score: str = "cosine",
        *,
        scale: float | None = None,
        learn_scale: bool | None = None,
        initial_scale: float = 10.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if heads < 1 or width % heads:
            raise ValueError(f"width: expected a multiple of heads = {heads}, got {width}")
        if score not in SCORES:
            raise ValueError(f"score: expected one of {', '.join(SCORES)}, got {score!r}")
        if learn_scale and scale is not None:
            raise ValueError(f"scale: expected None where learn_scale is set, got {scale}; give initial_scale instead")
        self.heads = heads
        self.score = score
        self.scale = scale
        self.query = Linear(width, width, rng=rng, dtype=dtype)
        self.key = Linear(width, width, rng=rng, dtype=dtype)
        self.value = Linear(width, width, rng=rng, dtype=dtype)
        self.output = Linear(width, width, rng=rng, dtype=dtype)
        learned = score == "cosine" and scale is None if learn_scale is None else learn_scale
        self.sharpness = Sharpness(initial_scale, shape=(heads,), dtype=dtype) if learned else None

    def __call__(
        self, targets: Array, inputs: Array | None = None, *, mask: Array | None = None, causal: bool = False
    ) -> tuple[Array, Callable[[Array], tuple[Array, ...]]]:
        """Attend from targets (..., L, width) over inputs (..., S, width), or over the targets themselves.

        Parameters
        ----------
        targets : array (..., L, width)
        inputs : array (..., S, width), optional
            What is attended to in cross attention; the targets (self attention) unless given.
        mask : boolean array, optional
            True where attending is allowed; broadcasts to (..., L, S), for all heads alike. Padding of the inputs, (batch, S), is
            ``padding[:, None, :]``.
        causal : bool
            No target looks ahead of itself.

        Returns
        -------
        outputs : array (..., L, width)
        backward : callable
            Takes d_outputs; gives ``(d_targets,)``, or ``(d_targets, d_inputs)`` in cross attention.
        """
        own = inputs is None
        attended_to = targets if inputs is None else inputs
        flat_queries, query_backward = self.query(targets)
        flat_keys, key_backward = self.key(attended_to)
        flat_values, value_backward = self.value(attended_to)
        queries, keys, values = (self._split(flat) for flat in (flat_queries, flat_keys, flat_values))
        options = self._options(mask, causal)
        context, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
        outputs, output_backward = self.output(self._merge(context))

        @called_once
        def backward(d_outputs: Array) -> tuple[Array, ...]:
            d_context = self._split(output_backward(d_outputs))
            d_queries, d_keys, d_values, d_scale = attention_backward(
                d_context, queries, keys, values, **options, context=context, log_normaliser=log_normaliser
            )
            if self.sharpness is not None:
                self.sharpness.add_gradient(d_scale)
            d_targets = query_backward(self._merge(d_queries))
            d_inputs = key_backward(self._merge(d_keys)) + value_backward(self._merge(d_values))
            return (d_targets + d_inputs,) if own else (d_targets, d_inputs)

        return outputs, backward

    def step(
        self,
        targets: Array,
        cache: KeyValueCache,
        *,
        inputs: Array | None = None,
        mask: Array | None = None,
        causal: bool = False,
    ) -> Array:
        """Predict on: add the new inputs' keys and values to the cache, and attend over all that it holds.

        Self attention gives its new targets as `inputs` too, and then equals the last rows of the causal full pass; cross
        attention gives its inputs once and None ever after.

        Parameters
        ----------
        targets : array (..., L, width)
            The new targets, usually one.
        cache : KeyValueCache
            Is extended by this call.
        inputs : array (..., S, width), optional
            What is new to be attended to.
        mask : boolean array, optional
            Broadcasts to (..., L, all that the cache holds).
        causal : bool
            No target looks ahead of itself: for several new targets at once.

        Returns
        -------
        array (..., L, width)
        """
        extended = KeyValueCache(cache.keys, cache.values)
        if inputs is not None:
            extended.extend(self._split(self.key(inputs)[0]), self._split(self.value(inputs)[0]))
        if extended.keys is None or extended.values is None:
            raise ValueError("inputs: expected some at the first step with an empty cache, got None")
        queries = self._split(self.query(targets)[0])
        context = attention(queries, extended.keys, extended.values, **self._options(mask, causal))
        cache.keys, cache.values = extended.keys, extended.values  # only now: a step that is refused changes nothing
        return self.output(self._merge(context))[0]

    def weights(
        self, targets: Array, inputs: Array | None = None, *, mask: Array | None = None, causal: bool = False
    ) -> Array:
        """The weights of every head, (..., heads, L, S), which the forward pass does not keep: for looking at."""
        queries = self._split(self.query(targets)[0])
        keys = self._split(self.key(targets if inputs is None else inputs)[0])
        _, logits, allowed = scaled_scores(queries, keys, Options(**self._options(mask, causal), bias=None))
        return softmax(logits, mask=allowed)

    def _options(self, mask: Array | None, causal: bool) -> dict[str, Any]:
        scale = self.scale if self.sharpness is None else self.sharpness.value
        return {
            "score": self.score,
            "scale": scale,
            "mask": None if mask is None else mask[..., None, :, :] if mask.ndim > 2 else mask,
            "causal": causal,
        }

    def _split(self, array: Array) -> Array:
        """(..., L, width) to (..., heads, L, width / heads), in this order in memory too, for the passes to come."""
        *lead, length, width = array.shape
        split = array.reshape(*lead, length, self.heads, width // self.heads)
        return np.ascontiguousarray(split.swapaxes(-2, -3))

    def _merge(self, array: Array) -> Array:
        """(..., heads, L, width / heads) to (..., L, width): the heads' axis goes back before it is merged."""
        *lead, heads, length, width = array.shape
        return array.swapaxes(-2, -3).reshape(*lead, length, heads * width)
