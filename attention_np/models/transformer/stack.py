"""Blocks one behind the other, and a norm at their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ...functional._checks import Array
from ...layers import KeyValueCache, Layer, LayerNorm
from ...layers.module import called_once
from .blocks import Block
from .settings import TransformerSettings


@dataclass
class BlockCache:
    """What a block has seen of its own words, and of the memory."""

    own: KeyValueCache = field(default_factory=KeyValueCache)
    memory: KeyValueCache = field(default_factory=KeyValueCache)


class Stack(Layer):
    """`settings.depth` blocks, and a norm of their sum, which nothing has bounded on its way.

    Parameters
    ----------
    settings, causal, cross, rng, dtype
        As in `Block`.
    """

    def __init__(
        self,
        settings: TransformerSettings,
        *,
        causal: bool,
        cross: bool = False,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.blocks = [
            Block(settings, causal=causal, cross=cross, rng=rng, dtype=dtype) for _ in range(settings.depth)
        ]
        self.norm = LayerNorm(settings.width, dtype=dtype)

    def __call__(
        self,
        inputs: Array,
        mask: Array | None = None,
        memory: Array | None = None,
        memory_mask: Array | None = None,
    ) -> tuple[Array, Callable[[Array], tuple[Array, Any]]]:
        """Transform `inputs` (B, T, width); arguments and backward are those of `Block`, for all blocks."""
        backwards = []
        running = inputs
        for block in self.blocks:
            running, block_backward = block(running, mask, memory, memory_mask)
            backwards.append(block_backward)
        outputs, norm_backward = self.norm(running)

        @called_once
        def backward(d_outputs: Array) -> tuple[Array, Any]:
            d_running, d_memory = norm_backward(d_outputs), None
            for block_backward in reversed(backwards):
                d_running, d_looked = block_backward(d_running)
                # Every block looks at the same memory: the gradients add.
                d_memory = d_looked if d_memory is None else d_memory + d_looked
            return d_running, d_memory

        return outputs, backward

    def weights(self, inputs: Array, mask: Array | None = None) -> Array:
        """Where every head of self attention looks, (blocks, B, heads, T, T), in a stack without cross attention."""
        running, looked = inputs, []
        for block in self.blocks:
            normalised, _ = block.attention.norm(running)
            looked.append(block.attention.inner.weights(normalised, mask=mask, causal=block.causal))
            running, _ = block(running, mask)
        return np.stack(looked)

    def caches(self) -> list[BlockCache]:
        """Empty ones, for the first step."""
        return [BlockCache() for _ in self.blocks]

    def step(
        self,
        inputs: Array,
        caches: Sequence[BlockCache],
        memory: Array | None = None,
        memory_mask: Array | None = None,
    ) -> Array:
        """Predict on, as in `Block.step`."""
        running = inputs
        for block, cache in zip(self.blocks, caches, strict=True):
            running = block.step(running, cache.own, cache.memory, memory, memory_mask)
        return self.norm(running)[0]
