"""Writing the target: a recurrent unit that looks back at the source through attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..functional import tanh, tanh_backward
from ..functional._checks import Array
from ..layers import GRU, Attention, Dropout, Layer, Linear
from ..layers.module import called_once


class Decoded(NamedTuple):
    """What is known before each word: features (B, T, out), attention weights (B, T, S) or None, and the state (B, h) after the last."""

    features: Array
    weights: Array | None
    state: Array


_LookBackward = Callable[[Array, Array | None], tuple[Array, Array | None]]


class DecoderBackward(Protocol):
    """Upstreams of features and weights; gives d_embedded, d_memory (None without attention) and d_initial."""

    def __call__(self, *, d_features: Array, d_weights: Array | None = None) -> tuple[Array, Array | None, Array]: ...


class Decoder(Layer):
    r"""A recurrent unit, attention from its states over the source, and a layer that joins the two (Luong et al. 2015).

    .. math:: h_t = \mathrm{GRU}(y_{t-1}, h_{t-1}), \quad (c_t, p_t) = \mathrm{attention}(h_t W_q, \; m W_k, \; m), \quad
              f_t = \tanh([h_t; c_t] W)

    The context enters behind the recurrence and not into it, so all states of a known target are made first, and all of
    attention is one product.

    Parameters
    ----------
    in_width : int
        Of the embedded words.
    width : int
        h, of the states and of the memory.
    out_width : int
        Of the features.
    score : {"cosine", "dot", "scaled_dot", "additive"} or None
        None: no attention; all that is known of the source is the initial state.
    scale, learn_scale
        As in `Attention`.
    dropout : float
        The share of the features left out while training.
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        in_width: int,
        width: int,
        out_width: int,
        *,
        score: str | None,
        scale: float | None = None,
        learn_scale: bool = False,
        dropout: float,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.recurrent = GRU(in_width, width, rng=rng, dtype=dtype)
        self.attention: Attention | None = None
        if score is not None:
            self.query = Linear(width, width, bias=False, rng=rng, dtype=dtype)
            self.key = Linear(width, width, bias=False, rng=rng, dtype=dtype)
            self.attention = Attention(score, scale, learn_scale, width=width, rng=rng, dtype=dtype)
        self.join = Linear(width if score is None else 2 * width, out_width, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)

    def __call__(
        self, embedded: Array, memory: Array, memory_mask: Array, initial: Array
    ) -> tuple[Decoded, DecoderBackward]:
        """Prepare to write each word of a known target.

        Parameters
        ----------
        embedded : array (B, T, in)
            The word before each.
        memory : array (B, S, h)
            The source's states.
        memory_mask : boolean array (B, S)
            True where there is a word.
        initial : array (B, h)
            The state before the first word.

        Returns
        -------
        decoded : Decoded
        backward : DecoderBackward
        """
        read, recurrent_backward = self.recurrent(embedded, None, initial)
        features, weights, look_backward = self._look(read.outputs, memory, memory_mask)

        @called_once
        def backward(*, d_features: Array, d_weights: Array | None = None) -> tuple[Array, Array | None, Array]:
            d_states, d_memory = look_backward(d_features, d_weights)
            d_embedded, d_initial = recurrent_backward(d_outputs=d_states)
            return d_embedded, d_memory, d_initial

        return Decoded(features, weights, read.final), backward

    def step(self, embedded: Array, memory: Array, memory_mask: Array, states: Array) -> Decoded:
        """Prepare to write one word, for K beams of each source at once.

        Parameters
        ----------
        embedded : array (B, K, in)
            Each beam's last word.
        memory, memory_mask
            As in a call.
        states : array (B, K, h)
            Each beam's state before that word.

        Returns
        -------
        Decoded
            Its T axis is the beams'; the state is (B, K, h).
        """
        sources, beams, width = states.shape
        read, _ = self.recurrent(embedded.reshape(sources * beams, 1, -1), None, states.reshape(-1, width))
        next_states = read.final.reshape(states.shape)
        features, weights, _ = self._look(next_states, memory, memory_mask)
        return Decoded(features, weights, next_states)

    def _look(self, states: Array, memory: Array, memory_mask: Array) -> tuple[Array, Array | None, _LookBackward]:
        """From states (B, T, h) to features (B, T, out), by way of the source."""
        if self.attention is None:
            features, join_backward = self._join(states)

            def backward_without(d_features: Array, _: Array | None) -> tuple[Array, Array | None]:
                return join_backward(d_features), None

            return features, None, backward_without

        queries, query_backward = self.query(states)
        keys, key_backward = self.key(memory)
        attended, attention_backward = self.attention(queries, keys, memory, memory_mask[..., None, :])
        features, join_backward = self._join(np.concatenate([states, attended.context], axis=-1))

        def backward(d_features: Array, d_weights: Array | None) -> tuple[Array, Array | None]:
            d_states, d_context = np.split(join_backward(d_features), 2, axis=-1)
            d_queries, d_keys, d_values = attention_backward(d_context=d_context, d_weights=d_weights)
            return d_states + query_backward(d_queries), key_backward(d_keys) + d_values

        return features, attended.weights, backward

    def _join(self, joined: Array) -> tuple[Array, Callable[[Array], Array]]:
        projected, join_backward = self.join(joined)
        bent = tanh(projected)
        features, dropout_backward = self.dropout(bent)

        def backward(d_features: Array) -> Array:
            return join_backward(tanh_backward(dropout_backward(d_features), bent))

        return features, backward
