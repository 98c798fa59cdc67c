"""Multi-head attention by a kernel: time and memory that grow with the length and not with its square."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from ..functional import linear_attention, linear_attention_backward
from ..functional._checks import Array
from .heads import map_to_heads, mask_for_heads, merge_heads, split_heads
from .linear import Linear
from .module import Layer, called_once


@dataclass
class LinearAttentionCache:
    """All that has to be known of what has been seen, (..., heads, d, d + 1) with d = width / heads; None before the first step.

    Unlike a key–value cache it does not grow.
    """

    state: Array | None = None


class LinearAttention(Layer):
    r"""Linear attention in `heads` subspaces (Katharopoulos et al. 2020), called as `MultiHeadAttention` is.

    .. math:: \mathrm{out} = \mathrm{concat}_h \bigl( \mathrm{linear\ attention}(w W^q_h, v W^k_h, v W^v_h) \bigr) W^o

    There is no softmax and no sharpness: a kernel of positive features takes the place of :math:`e^{\beta s}` (see `functional.linear_attention`).

    Parameters
    ----------
    width : int
        Of targets, inputs and outputs; a multiple of `heads`.
    heads : int
    rng : numpy.random.Generator
    dtype : dtype

    Raises
    ------
    ValueError
        If `width` is not a multiple of `heads`.
    """

    def __init__(
        self, width: int, heads: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        if heads < 1 or width % heads:
            raise ValueError(f"width: expected a multiple of heads = {heads}, got {width}")
        self.heads = heads
        self.query = Linear(width, width, rng=rng, dtype=dtype)
        self.key = Linear(width, width, rng=rng, dtype=dtype)
        self.value = Linear(width, width, rng=rng, dtype=dtype)
        self.output = Linear(width, width, rng=rng, dtype=dtype)

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
            True where attending is allowed; broadcasts to (..., 1, S), the same for all targets (see `padding_mask`).
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
        queries, query_backward = map_to_heads(self.query, self.heads, targets)
        keys, key_backward = map_to_heads(self.key, self.heads, attended_to)
        values, value_backward = map_to_heads(self.value, self.heads, attended_to)
        allowed = mask_for_heads(mask)
        context = linear_attention(queries, keys, values, mask=allowed, causal=causal)
        outputs, output_backward = self.output(merge_heads(context))

        @called_once
        def backward(d_outputs: Array) -> tuple[Array, ...]:
            d_context = split_heads(output_backward(d_outputs), self.heads)
            d_queries, d_keys, d_values = linear_attention_backward(
                d_context, queries, keys, values, mask=allowed, causal=causal
            )
            d_targets = query_backward(d_queries)
            d_inputs = key_backward(d_keys) + value_backward(d_values)
            return (d_targets + d_inputs,) if own else (d_targets, d_inputs)

        return outputs, backward

    def step(
        self,
        targets: Array,
        cache: LinearAttentionCache,
        *,
        inputs: Array | None = None,
        mask: Array | None = None,
        causal: bool = False,
    ) -> Array:
        """Predict on: add the new inputs to the state, and attend over all that it stands for.

        Self attention gives its new targets as `inputs` too, and then equals the last rows of the causal full pass; cross
        attention gives its inputs once and None ever after.

        Parameters
        ----------
        targets : array (..., L, width)
            The new targets, usually one.
        cache : LinearAttentionCache
            Is brought up to date by this call.
        inputs : array (..., S, width), optional
            What is new to be attended to.
        mask : boolean array, optional
            Of the new inputs alone, (..., 1, S): what was masked before is not in the state.
        causal : bool
            No target looks ahead of itself: for several new targets at once.

        Returns
        -------
        array (..., L, width)
        """
        if inputs is None and cache.state is None:
            raise ValueError("inputs: expected some at the first step with an empty cache, got None")
        attended_to = targets[..., :0, :] if inputs is None else inputs
        queries, _ = map_to_heads(self.query, self.heads, targets)
        keys, _ = map_to_heads(self.key, self.heads, attended_to)
        values, _ = map_to_heads(self.value, self.heads, attended_to)
        context, state = linear_attention(
            queries,
            keys,
            values,
            mask=mask_for_heads(mask),
            causal=causal and inputs is not None,
            state=cache.state,
            return_state=True,
        )
        cache.state = state
        return self.output(merge_heads(context))[0]
