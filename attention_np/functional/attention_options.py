"""What attention may be told beside its vectors: the score, its scale, a mask, a bias, and not to look ahead."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from numbers import Real
from typing import NamedTuple

import numpy as np

from ._checks import Array, require_broadcast, require_finite, require_floats, require_mask
from .masks import causal_mask, sliding_window_mask
from .scores import _check_pair as check_pair
from .scores import (
    cosine_scores,
    cosine_scores_backward,
    default_scale,
    dot_scores,
    dot_scores_backward,
)

# A scale multiplies the scores; the scaled dot product is the plain one with a scale of 1/√d.
SCORES: dict[str, tuple[Callable[..., Array], Callable[..., tuple[Array, Array]]]] = {
    "cosine": (cosine_scores, cosine_scores_backward),
    "dot": (dot_scores, dot_scores_backward),
    "scaled_dot": (dot_scores, dot_scores_backward),
}

Scale = float | Array | None


class Options(NamedTuple):
    """As in `attention`, and a `window` as in `grouped_attention`."""

    score: str
    scale: Scale
    mask: Array | None
    bias: Array | None
    causal: bool
    window: int | None = None

    def check(self, queries: Array, keys: Array) -> None:
        """Refuse by name what does not fit; NaN and infinity show when there are numbers."""
        check_pair(queries, keys)
        self.check_shapes(queries, keys.shape[-2])

    def check_shapes(self, queries: Array, sources: int) -> None:
        """Refuse by name what does not fit queries (..., L, d) and so many sources."""
        if self.score not in SCORES:
            raise ValueError(f"score: expected one of {', '.join(SCORES)}, got {self.score!r}")
        if self.window is not None and self.window < 1:
            raise ValueError(f"window: expected at least 1, got {self.window}")
        require_floats(queries=queries, bias=self.bias)
        self.multiplier(queries)
        shape = (*queries.shape[:-1], sources)
        if self.bias is not None:
            require_broadcast("bias", self.bias, shape)
        if self.mask is not None:
            require_mask(self.mask, shape)

    def multiplier(self, queries: Array) -> Array:
        """The scale in force; broadcasts to the leading dimensions."""
        scale = default_scale(self.score, queries.shape[-1]) if self.scale is None else self.scale
        if isinstance(scale, np.ndarray):
            require_floats(queries=queries, scale=scale)
            require_broadcast("scale", scale, queries.shape[:-2])
        elif not isinstance(scale, Real):
            raise TypeError(
                f"scale: expected a number or a NumPy array of floats, got {type(scale).__name__}"
            )
        return np.asarray(scale, queries.dtype)

    def allowed(self, targets: int, sources: int) -> Array | None:
        """Where attending is allowed; None: everywhere."""
        masks = [] if self.mask is None else [self.mask]
        if self.causal:
            masks.append(causal_mask(targets, sources))
        if self.window is not None:
            masks.append(sliding_window_mask(targets, sources, self.window))
        return functools.reduce(operator.and_, masks) if masks else None

    def sum_to_scale(self, d_scales: Array) -> Array:
        """Gradients of the multiplier of each item, summed over the items that share a number of the scale."""
        shape = self.scale.shape if isinstance(self.scale, np.ndarray) else ()
        added = d_scales.ndim - len(shape)
        stretched = (
            axis for axis, size in enumerate(shape, added) if size == 1 and d_scales.shape[axis] != 1
        )
        return np.asarray(d_scales.sum(axis=(*range(added), *stretched))).reshape(shape)

    def require_finite(self, queries: Array, keys: Array) -> None:
        """Refuse the argument that brought a score which is not a number."""
        arguments = {"queries": queries, "keys": keys, "scale": self.scale, "bias": self.bias}
        for name, argument in arguments.items():
            if argument is not None:
                # A bias of -inf is a mask.
                require_finite(name, np.where(np.equal(argument, -np.inf) & (name == "bias"), 0, argument))
