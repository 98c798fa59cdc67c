"""Several attentions side by side, each in a subspace of its own, with a sharpness of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..functional import (
    alibi_bias,
    alibi_slopes,
    grouped_attention,
    grouped_attention_backward,
    softmax,
)
from ..functional._checks import Array
from ..functional.attention_options import SCORES as PRODUCT_SCORES
from ..functional.attention_options import Options
from ..functional.logits import scaled_scores
from ..functional.scores import default_scale
from .additive_heads import AdditiveHeads
from .heads import map_to_heads, mask_for_heads, merge_heads, split_heads
from .key_value_cache import KeyValueCache
from .linear import Linear
from .module import Layer, called_once
from .rms_norm import RMSNorm
from .sharpness import Sharpness

SCORES = (*PRODUCT_SCORES, "additive")
POSITIONS = ("rotary", "alibi")


class MultiHeadAttention(Layer):
    r"""Attention in `heads` subspaces (Vaswani et al. 2017, section 3.2.2), by cosine unless another score is chosen.

    .. math:: \mathrm{out} = \mathrm{concat}_h \bigl( \mathrm{attention}(w W^q_h, v W^k_{g(h)}, v W^v_{g(h)}) \bigr) W^o

    Parameters
    ----------
    width : int
        Of targets, inputs and outputs; a multiple of `heads`.
    heads : int
    score : {"cosine", "dot", "scaled_dot", "additive"}
        The additive one holds a hidden layer for every pair (see `AdditiveHeads`): for short inputs.
    scale : float, optional
        Fixed sharpness; None is 1, and 1/√(width / heads) for ``scaled_dot``.
    learn_scale : bool, optional
        Learn a sharpness per head; where it is not said, exactly if the score is the cosine and no scale is given.
    initial_scale : float
        Where each head's sharpness starts.
    key_value_heads : int, optional
        Heads of keys and values, each shared by a group of neighbouring heads (see `grouped_attention`); a divisor of `heads`, which
        it is unless given.
    positions : {"rotary", "alibi"}, optional
        How self attention tells places apart: by turning queries and keys (see `rotary`), or by a bias that falls with the distance (see
        `alibi_bias`). None: it does not.
    window : int, optional
        In self attention, how many of the nearest positions a target sees on each side, its own among them (see `sliding_window_mask`).
    qk_norm : bool
        Normalise queries and keys by `rms_norm`, with gains that all heads share (see `functional.qk_norm`).
    rng : numpy.random.Generator
    dtype : dtype

    Raises
    ------
    ValueError
        If `width` is not a multiple of `heads` or these not of `key_value_heads`, a name is unknown, a scale is both given and learned,
        there is no window, or rotary positions meet an odd width of heads or the additive score.
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
        key_value_heads: int | None = None,
        positions: str | None = None,
        window: int | None = None,
        qk_norm: bool = False,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if heads < 1 or width % heads:
            raise ValueError(f"width: expected a multiple of heads = {heads}, got {width}")
        if score not in SCORES:
            raise ValueError(f"score: expected one of {', '.join(SCORES)}, got {score!r}")
        if learn_scale and scale is not None:
            raise ValueError(f"scale: expected None where learn_scale is set, got {scale}; give initial_scale instead")
        groups = heads if key_value_heads is None else key_value_heads
        if groups < 1 or heads % groups:
            raise ValueError(f"key_value_heads: expected a divisor of heads = {heads}, got {key_value_heads}")
        if positions is not None and positions not in POSITIONS:
            raise ValueError(f"positions: expected one of {', '.join(POSITIONS)}, or None, got {positions!r}")
        head_width = width // heads
        if positions == "rotary" and head_width % 2:
            raise ValueError(f"width: expected an even width of each head for rotary positions, got {head_width}")
        if positions == "rotary" and score == "additive":
            raise ValueError("positions: expected alibi or None for the additive score; a rotation needs a product")
        if window is not None and window < 1:
            raise ValueError(f"window: expected at least 1, got {window}")
        self.heads = heads
        self.key_value_heads = groups
        self.score = score
        self.scale = scale
        self.positions = positions
        self.window = window
        self.query = Linear(width, width, rng=rng, dtype=dtype)
        self.key = Linear(width, groups * head_width, rng=rng, dtype=dtype)
        self.value = Linear(width, groups * head_width, rng=rng, dtype=dtype)
        self.output = Linear(width, width, rng=rng, dtype=dtype)
        learned = score == "cosine" and scale is None if learn_scale is None else learn_scale
        self.sharpness = Sharpness(initial_scale, shape=(heads,), dtype=dtype) if learned else None
        self.query_norm = RMSNorm(head_width, dtype=dtype) if qk_norm else None
        self.key_norm = RMSNorm(head_width, dtype=dtype) if qk_norm else None
        self.additive = None
        if score == "additive":
            self.additive = AdditiveHeads(heads, head_width, shared=heads // groups, rng=rng, dtype=dtype)

    @property
    def scale_in_force(self) -> Array | float:
        """What multiplies the scores: a number for each head where it is learned, else one for all."""
        if self.sharpness is not None:
            return self.sharpness.value
        return default_scale(self.score, len(self.query.weight.value) // self.heads) if self.scale is None else self.scale

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
        self._require_self_attention(own)
        attended_to = targets if inputs is None else inputs
        queries, query_backward = self._queries(targets, 0)
        keys, key_backward = self._keys(attended_to, 0)
        values, value_backward = self._values(attended_to)
        options = self._options(queries, keys, mask, causal)
        context, context_backward = self._attend(queries, keys, values, options)
        outputs, output_backward = self.output(merge_heads(context))

        @called_once
        def backward(d_outputs: Array) -> tuple[Array, ...]:
            d_context = split_heads(output_backward(d_outputs), self.heads)
            d_queries, d_keys, d_values, d_scale = context_backward(d_context)
            if self.sharpness is not None:
                self.sharpness.add_gradient(d_scale)
            d_targets = query_backward(d_queries)
            d_inputs = key_backward(d_keys) + value_backward(d_values)
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
            Is extended by this call; what no later target can see through the window is dropped.
        inputs : array (..., S, width), optional
            What is new to be attended to.
        mask : boolean array, optional
            Broadcasts to (..., L, all that the cache has seen).
        causal : bool
            No target looks ahead of itself: for several new targets at once.

        Returns
        -------
        array (..., L, width)
        """
        self._require_self_attention(inputs is not None and inputs.shape == targets.shape)
        extended = replace(cache)
        if inputs is not None:
            extended.extend(self._keys(inputs, cache.seen)[0], self._values(inputs)[0])
        if extended.keys is None or extended.values is None:
            raise ValueError("inputs: expected some at the first step with an empty cache, got None")
        queries, _ = self._queries(targets, cache.seen)
        if mask is not None and mask.shape[-1:] == (extended.seen,):
            mask = mask[..., extended.dropped :]
        options = self._options(queries, extended.keys, mask, causal)
        context, _ = self._attend(queries, extended.keys, extended.values, options)
        if self.window is not None:
            extended.keep_last(self.window - 1)
        # Only now: a step that is refused changes nothing.
        cache.keys, cache.values, cache.dropped = extended.keys, extended.values, extended.dropped
        return self.output(merge_heads(context))[0]

    def weights(
        self, targets: Array, inputs: Array | None = None, *, mask: Array | None = None, causal: bool = False
    ) -> Array:
        """The weights of every head, (..., heads, L, S), which the forward pass does not keep: for looking at."""
        self._require_self_attention(inputs is None)
        queries, _ = self._queries(targets, 0)
        keys, _ = self._keys(targets if inputs is None else inputs, 0)
        options = self._options(queries, keys, mask, causal)
        if self.additive is not None:
            return self.additive.weights(queries, keys, options)
        keys_of_heads = np.repeat(keys, self.heads // self.key_value_heads, axis=-3)
        _, logits, allowed = scaled_scores(queries, keys_of_heads, options)
        return softmax(logits, mask=allowed)

    def _attend(self, queries: Array, keys: Array, values: Array, options: Options) -> tuple[Array, Callable[..., Any]]:
        """The context, and a backward that takes its gradient and gives those of queries, keys, values and scale."""
        if self.additive is not None:
            return self.additive(queries, keys, values, options)
        named = options._asdict()
        context, log_normaliser = grouped_attention(queries, keys, values, **named, return_log_normaliser=True)

        def backward(d_context: Array) -> tuple[Array, ...]:
            return grouped_attention_backward(
                d_context, queries, keys, values, **named, context=context, log_normaliser=log_normaliser
            )

        return context, backward

    def _queries(self, targets: Array, first: int) -> tuple[Array, Callable[[Array], Array]]:
        turned_from = first if self.positions == "rotary" else None
        return map_to_heads(self.query, self.heads, targets, norm=self.query_norm, first=turned_from)

    def _keys(self, inputs: Array, first: int) -> tuple[Array, Callable[[Array], Array]]:
        turned_from = first if self.positions == "rotary" else None
        return map_to_heads(self.key, self.key_value_heads, inputs, norm=self.key_norm, first=turned_from)

    def _values(self, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        return map_to_heads(self.value, self.key_value_heads, inputs)

    def _options(self, queries: Array, keys: Array, mask: Array | None, causal: bool) -> Options:
        bias = None
        if self.positions == "alibi":
            bias = alibi_bias(alibi_slopes(self.heads, queries.dtype), queries.shape[-2], keys.shape[-2])
        return Options(
            score=self.score,
            scale=self.scale if self.sharpness is None else self.sharpness.value,
            mask=mask_for_heads(mask),
            bias=bias,
            causal=causal,
            window=self.window,
        )

    def _require_self_attention(self, own: bool) -> None:
        if not own and (self.positions is not None or self.window is not None):
            raise ValueError(
                "inputs: expected the targets' own with positions or a window, which are for self attention; "
                "make the layer of cross attention without them"
            )
