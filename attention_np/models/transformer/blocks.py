"""The block that a transformer repeats: attention over itself, attention over a memory, a feed-forward layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ...functional import gelu, gelu_backward
from ...functional._checks import Array
from ...layers import Dropout, KeyValueCache, Layer, LayerNorm, Linear, MultiHeadAttention
from ...layers.module import called_once
from .settings import TransformerSettings


class FeedForward(Layer):
    r"""Each vector by itself through a wider layer, :math:`y = \mathrm{gelu}(x W_1 + b_1) W_2 + b_2`.

    Parameters
    ----------
    width, hidden : int
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(self, width: int, hidden: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> None:
        self.widen = Linear(width, hidden, rng=rng, dtype=dtype)
        self.narrow = Linear(hidden, width, rng=rng, dtype=dtype)

    def __call__(self, inputs: Array) -> tuple[Array, Callable[[Array], tuple[Array]]]:
        """Map `inputs` (..., width); the backward takes d_outputs and gives ``(d_inputs,)``."""
        widened, widen_backward = self.widen(inputs)
        outputs, narrow_backward = self.narrow(gelu(widened))

        @called_once
        def backward(d_outputs: Array) -> tuple[Array]:
            return (widen_backward(gelu_backward(narrow_backward(d_outputs), widened)),)

        return outputs, backward


class Residual(Layer):
    r"""A sublayer that adds to what runs through it, :math:`y = x + \mathrm{dropout}(f(\mathrm{norm}(x)))`.

    The norm stands before the sublayer ("pre-norm", Xiong et al. 2020). So the sum runs from the first block to the last
    untouched, and with it the gradient back, and the training bears a large learning rate from early on.

    Parameters
    ----------
    inner : Layer
        f; its backward gives a tuple of gradients, that of x first.
    width : int
    dropout : float
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self, inner: Layer, width: int, dropout: float, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.norm = LayerNorm(width, dtype=dtype)
        self.inner: Any = inner
        self.dropout = Dropout(dropout, rng=rng)

    def __call__(self, inputs: Array, *others: Array, **options: Any) -> tuple[Array, Callable[[Array], Any]]:
        """Add to `inputs` (..., width); `others` and `options` go on to the sublayer, and the others' gradients come back."""
        normalised, norm_backward = self.norm(inputs)
        changes, inner_backward = self.inner(normalised, *others, **options)
        kept, dropout_backward = self.dropout(changes)

        @called_once
        def backward(d_outputs: Array) -> tuple[Array, ...]:
            d_normalised, *d_others = inner_backward(dropout_backward(d_outputs))
            return d_outputs + norm_backward(d_normalised), *d_others

        return inputs + kept, backward


class Block(Layer):
    """Self attention, cross attention where there is a memory to look at, feed-forward: each a `Residual`.

    Parameters
    ----------
    settings : TransformerSettings
    causal : bool
        Whether self attention never looks ahead.
    cross : bool
        Whether there is a memory.
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        settings: TransformerSettings,
        *,
        causal: bool,
        cross: bool,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        def residual(inner: Layer) -> Residual:
            return Residual(inner, settings.width, settings.dropout, rng=rng, dtype=dtype)

        def attention(**own: Any) -> MultiHeadAttention:
            return MultiHeadAttention(
                settings.width,
                settings.heads,
                settings.score,
                scale=settings.scale,
                learn_scale=settings.learn_scale,
                **own,
                rng=rng,
                dtype=dtype,
            )

        hidden = 4 * settings.width if settings.hidden is None else settings.hidden
        self.causal = causal
        self.attention = residual(
            attention(
                key_value_heads=settings.key_value_heads,
                positions=None if settings.positions == "sinusoidal" else settings.positions,
                window=settings.window,
                qk_norm=settings.qk_norm,
            )
        )
        self.cross = residual(attention()) if cross else None
        self.feed_forward = residual(FeedForward(settings.width, hidden, rng=rng, dtype=dtype))

    def __call__(
        self,
        inputs: Array,
        mask: Array | None = None,
        memory: Array | None = None,
        memory_mask: Array | None = None,
    ) -> tuple[Array, Callable[[Array], tuple[Array, Any]]]:
        """Transform `inputs` (B, T, width).

        Parameters
        ----------
        inputs : array (B, T, width)
        mask : boolean array (B, 1, T), optional
            True where there is a word.
        memory : array (B, S, width), optional
            Needed exactly where the block has cross attention.
        memory_mask : boolean array (B, 1, S), optional

        Returns
        -------
        outputs : array (B, T, width)
        backward : callable
            Takes d_outputs; gives d_inputs and d_memory, None without cross attention.
        """
        if (self.cross is None) != (memory is None):
            expected = "None without cross attention" if self.cross is None else "an array (B, S, width) to look at"
            raise ValueError(f"memory: expected {expected}, got {None if memory is None else memory.shape}")
        attended, attention_backward = self.attention(inputs, mask=mask, causal=self.causal)
        looked, cross_backward = attended, None
        if self.cross is not None and memory is not None:
            looked, cross_backward = self.cross(attended, memory, mask=memory_mask)
        outputs, feed_forward_backward = self.feed_forward(looked)

        @called_once
        def backward(d_outputs: Array) -> tuple[Array, Any]:
            (d_attended,) = feed_forward_backward(d_outputs)
            d_memory = None
            if cross_backward is not None:
                d_attended, d_memory = cross_backward(d_attended)
            (d_inputs,) = attention_backward(d_attended)
            return d_inputs, d_memory

        return outputs, backward

    def step(
        self,
        inputs: Array,
        own: KeyValueCache,
        looked_at: KeyValueCache | None = None,
        memory: Array | None = None,
        memory_mask: Array | None = None,
    ) -> Array:
        """Predict on: what a call would give for the last words, from the caches and these words alone.

        Parameters
        ----------
        inputs : array (..., T, width)
            The new words'; (B, K, T, width) for K beams of each source.
        own, looked_at : KeyValueCache
            Of self attention and of cross attention; are extended.
        memory : array (B, S, width), optional
            At the first step, where the block has cross attention; None ever after.
        memory_mask : boolean array (B, 1, S), optional

        Returns
        -------
        array (..., T, width)
        """
        normalised, _ = self.attention.norm(inputs)
        outputs = inputs + self.attention.inner.step(normalised, own, inputs=normalised, causal=self.causal)
        if self.cross is not None and looked_at is not None:
            # All beams of a source ask the same memory: they are its targets, side by side.
            rows = outputs.reshape(len(outputs), -1, outputs.shape[-1])
            normalised, _ = self.cross.norm(rows)
            looked = self.cross.inner.step(normalised, looked_at, inputs=memory, mask=memory_mask)
            outputs = outputs + looked.reshape(outputs.shape)
        return outputs + self.feed_forward.inner(self.feed_forward.norm(outputs)[0])[0]
