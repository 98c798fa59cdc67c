"""Does this attention attend? A battery that any function from queries and keys to weights must pass.

A heatmap cannot tell: weights that never looked at the keys make as pretty a picture as any. Impostors are found by what
changes when something is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
WeightsOf = Callable[[Array, Array], Array]

_SMALL = 1e-6
"""Weights closer than this are called the same: far above a rounding in float32, far below what a heatmap shows."""
_TRIED = 8
"""Sets of new keys, and of new queries: a very sharp attention to few keys may by chance give the same weights for one."""


class Impostor(NamedTuple):
    """One way in which a function does not attend: a code, and what was seen.

    The codes are ``not-a-distribution``, ``transposed``, ``uniform``, ``ignores-keys``, ``ignores-queries``, ``step`` and
    ``unstable-labels``.
    """

    code: str
    message: str


class Verdict(NamedTuple):
    """What the battery found.

    Attributes
    ----------
    impostors : tuple of Impostor
        Empty if it attends.
    """

    impostors: tuple[Impostor, ...]

    @property
    def attends(self) -> bool:
        return not self.impostors

    def __str__(self) -> str:
        if self.attends:
            return "It attends: the weights are a distribution over the keys, and follow both the queries and the keys."
        return "\n".join(f"[{impostor.code}] {impostor.message}" for impostor in self.impostors)


def does_it_attend(
    weights_of: WeightsOf,
    queries: Array | None = None,
    keys: Array | None = None,
    *,
    width: int = 8,
    rng: np.random.Generator | None = None,
) -> Verdict:
    """Look for impostors: weights that do not come of comparing each query with each key.

    Asked are that every row is a distribution over the keys, that new keys change it, that a new query changes its row and no
    other, that keys handed over in another order take their weights along, and that a small change of a query changes a weight.

    Parameters
    ----------
    weights_of : callable
        From queries (L, d) and keys (S, d) to weights (L, S). A trained model is wrapped in one line; what it takes beside the two
        is fixed.
    queries, keys : array (L, d), (S, d), optional
        Typical ones, L ≠ S; standard normal ones unless given.
    width : int
        d of those that are drawn.
    rng : numpy.random.Generator, optional

    Returns
    -------
    Verdict
        `attends`, and a sentence for each impostor found. A hidden position (a mask, a causal order) inside the function looks
        like labels in disorder: battery such a function without it.

    Raises
    ------
    ValueError
        If queries or keys have no shape (L, d) with at least two rows, or the function gives no array.

    Examples
    --------
    >>> from attention_np import cosine_scores, softmax
    >>> does_it_attend(lambda queries, keys: softmax(cosine_scores(queries, keys))).attends
    True
    >>> does_it_attend(lambda queries, keys: softmax(queries @ queries.T @ np.ones((4, 5)))).impostors[0].code
    'uniform'
    """
    rng = rng or np.random.default_rng(0)
    queries = rng.standard_normal((4, width)) if queries is None else np.asarray(queries)
    keys = rng.standard_normal((5, width)) if keys is None else np.asarray(keys)
    for name, vectors in (("queries", queries), ("keys", keys)):
        if vectors.ndim != 2 or len(vectors) < 2:
            raise ValueError(f"{name}: expected shape (length, width) with at least two rows, got {vectors.shape}")
    if len(queries) == len(keys):
        # With as many queries as keys a transposed picture has the right shape.
        queries = np.concatenate([queries, queries[:1] + queries[1:2]])
    weights = _asked(weights_of, queries, keys)
    if found := _no_distribution(weights, len(queries), len(keys)):
        return Verdict((found,))
    if np.ptp(weights, axis=-1).max() < _SMALL:
        return Verdict((Impostor("uniform", f"every weight is 1/{len(keys)}, whatever is asked."),))
    new_keys = [_mixed(keys, rng) for _ in range(_TRIED)]
    new_queries = [_mixed(queries, rng) for _ in range(_TRIED)]
    found_all = [
        _ignores_keys(weights_of, weights, queries, new_keys),
        _ignores_queries(weights_of, weights, new_queries, keys),
    ]
    if not any(found_all):
        found_all = [
            _foreign_rows(weights_of, weights, queries, new_queries[0], keys),
            _labels(weights_of, weights, queries, keys, rng),
            _step(weights_of, weights, queries, keys, rng),
        ]
    return Verdict(tuple(found for found in found_all if found))


def _asked(weights_of: WeightsOf, queries: Array, keys: Array) -> Array:
    weights = np.asarray(weights_of(queries.copy(), keys.copy()))
    if weights.ndim != 2 or weights.dtype.kind not in "fiub":
        raise ValueError(f"weights_of: expected an array (queries, keys) of numbers, got {weights.dtype} {weights.shape}")
    return weights.astype(np.float64)


def _mixed(vectors: Array, rng: np.random.Generator) -> Array:
    """Other vectors of the same kind: random mixtures, since a trained model may know no others."""
    mixed: Array = (rng.standard_normal((len(vectors), len(vectors))) @ vectors).astype(vectors.dtype)
    return mixed


def _no_distribution(weights: Array, targets: int, sources: int) -> Impostor | None:
    if weights.shape == (sources, targets):
        return Impostor("transposed", f"the shape is {weights.shape}, a row for each key; expected a row for each query.")
    if weights.shape != (targets, sources):
        return Impostor("not-a-distribution", f"the shape is {weights.shape}, expected {(targets, sources)}.")
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    if not np.isfinite(weights).all() or weights.min() < -_SMALL:
        return Impostor("not-a-distribution", "there are weights that are negative, infinite or NaN.")
    if np.abs(rows - 1).max() > 1e-3:
        if np.abs(columns - 1).max() <= 1e-3:
            return Impostor("transposed", "the columns sum to 1, and the rows do not: it normalises over the queries.")
        return Impostor("not-a-distribution", f"the rows sum to {rows.min():.3g} … {rows.max():.3g}, expected 1.")
    return None


def _ignores_keys(weights_of: WeightsOf, weights: Array, queries: Array, new_keys: list[Array]) -> Impostor | None:
    if all(np.abs(_asked(weights_of, queries, keys) - weights).max() < _SMALL for keys in new_keys):
        return Impostor("ignores-keys", "other keys get the same weights: it looks at positions, not at what stands there.")
    return None


def _ignores_queries(weights_of: WeightsOf, weights: Array, new_queries: list[Array], keys: Array) -> Impostor | None:
    if all(np.abs(_asked(weights_of, queries, keys) - weights).max() < _SMALL for queries in new_queries):
        return Impostor("ignores-queries", "other queries get the same weights: every question has the same answer.")
    return None


def _foreign_rows(
    weights_of: WeightsOf, weights: Array, queries: Array, new_queries: Array, keys: Array
) -> Impostor | None:
    """A single new query must change its own row and no other."""
    changed = queries.copy()
    changed[0] = new_queries[0]
    moved = np.abs(_asked(weights_of, changed, keys) - weights).max(axis=1)
    if moved[1:].max() > _SMALL:
        return Impostor("unstable-labels", "a new query changes the rows of other queries: the rows are not the queries'.")
    return None


def _labels(
    weights_of: WeightsOf, weights: Array, queries: Array, keys: Array, rng: np.random.Generator
) -> Impostor | None:
    """Keys in another order must take their weights along."""
    order = np.roll(np.arange(len(keys)), 1 + int(rng.integers(len(keys) - 1)))
    if np.abs(_asked(weights_of, queries, keys[order]) - weights[:, order]).max() > _SMALL:
        words = "keys in another order do not take their weights along: the columns are not the keys', or places count too."
        return Impostor("unstable-labels", words)
    return None


def _step(
    weights_of: WeightsOf, weights: Array, queries: Array, keys: Array, rng: np.random.Generator
) -> Impostor | None:
    """Weights that a small change never moves have a gradient of zero: nothing can be learned through them."""
    nudged = (queries * (1 + 1e-2 * rng.standard_normal(queries.shape))).astype(queries.dtype)
    if weights.max(axis=1).min() > 1 - _SMALL and np.array_equal(_asked(weights_of, nudged, keys), weights):
        return Impostor("step", "every row is one key alone and no small change moves it: no gradient comes through.")
    return None
