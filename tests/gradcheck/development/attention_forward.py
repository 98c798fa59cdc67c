"""Mistakes in attention itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_np.functional import cosine_scores

from ..mutant import Catalogue
from .parts import Array, safe_softmax, turned

catalogue = Catalogue()
Options = dict[str, Any]
Mistake = Callable[[Array, Array, Array, Options], Any]


def _wrong(*codes: str) -> Callable[[Mistake], Mistake]:
    """The mistake under the public signature; its last argument holds all keywords."""

    def add(mistake: Mistake) -> Mistake:
        def attention(
            queries: Array,
            keys: Array,
            values: Array,
            *,
            score: str = "cosine",
            scale: Any = None,
            mask: Array | None = None,
            bias: Array | None = None,
            causal: bool = False,
            return_log_normaliser: bool = False,
        ) -> Any:
            options = {"score": score, "scale": scale, "mask": mask, "bias": bias, "causal": causal}
            options["return_log_normaliser"] = return_log_normaliser
            return mistake(queries, keys, values, options)

        attention.__name__ = mistake.__name__
        catalogue.wrong("attention", *codes)(attention)
        return mistake

    return add


def _multiplier(queries: Array, score: str, scale: Any) -> Array:
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    return np.asarray(scale)[..., None, None]


def _logits(
    queries: Array, keys: Array, score: str, scale: Any, mask: Array | None, bias: Array | None, causal: bool
) -> Array:
    """What goes into the softmax, -inf where attending is not allowed."""
    L, S = queries.shape[-2], keys.shape[-2]
    raw = cosine_scores(queries, keys) if score == "cosine" else queries @ turned(keys)
    logits = raw * _multiplier(queries, score, scale) + (0 if bias is None else bias)
    allowed = np.tri(L, S, S - L, dtype=bool) if causal else np.ones((L, S), bool)
    return np.where(allowed if mask is None else allowed & mask, logits, -np.inf)


def _log_normaliser(logits: Array) -> Array:
    top = np.max(logits, axis=-1, initial=-np.inf)
    top = np.where(np.isinf(top), 0, top)
    with np.errstate(divide="ignore"):
        return top + np.log(np.exp(logits - top[..., None]).sum(axis=-1))


def _right(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    options = dict(options)
    wanted = options.pop("return_log_normaliser")
    logits = _logits(queries, keys, **options)
    result = safe_softmax(logits) @ values
    return (result, _log_normaliser(logits)) if wanted else result


@_wrong("missing-factor", "constant-factor", "wrong-values")
def scale_not_used(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    return _right(queries, keys, values, {**options, "scale": None})


@_wrong("mask-ignored")
def mask_not_used(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    return _right(queries, keys, values, {**options, "mask": None})


@_wrong("mask-ignored", "wrong-operand", "wrong-for-some-shapes", "wrong-values")
def causality_from_the_beginning(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    """Right with as many queries as keys."""
    if options["causal"]:
        seen = np.tri(queries.shape[-2], keys.shape[-2], dtype=bool)
        mask = options["mask"]
        options = {**options, "causal": False, "mask": seen if mask is None else seen & mask}
    return _right(queries, keys, values, options)


@_wrong("constant-factor", "missing-factor", "wrong-values")
def bias_scaled_as_well(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    if options["bias"] is not None:
        beta = _multiplier(queries, options["score"], options["scale"])
        options = {**options, "bias": options["bias"] * beta}
    return _right(queries, keys, values, options)


@_wrong("wrong-axis")
def softmax_over_the_queries(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    options = dict(options)
    wanted = options.pop("return_log_normaliser")
    logits = _logits(queries, keys, **options)
    result = safe_softmax(logits, axis=-2) @ values
    return (result, _log_normaliser(logits)) if wanted else result


@_wrong("constant-factor", "wrong-values")
def root_of_the_width_for_every_score(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    if options["scale"] is None:
        options = {**options, "scale": 1 / np.sqrt(queries.shape[-1])}
    return _right(queries, keys, values, options)


@_wrong("missing-factor", "wrong-operand", "wrong-values")
def dot_product_for_the_cosine(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    scale = 1.0 if options["score"] == "cosine" and options["scale"] is None else options["scale"]
    score = "dot" if options["score"] == "cosine" else options["score"]
    return _right(queries, keys, values, {**options, "score": score, "scale": scale})


@_wrong("dropped-term")
def log_normaliser_without_the_maximum(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    """The context is right; the logarithm lacks the maximum that was taken off before."""
    options = dict(options)
    wanted = options.pop("return_log_normaliser")
    logits = _logits(queries, keys, **options)
    top = np.max(logits, axis=-1, initial=-np.inf, keepdims=True)
    powers = np.exp(logits - np.where(np.isinf(top), 0, top))
    sums = powers.sum(axis=-1)
    result = powers / np.where(sums == 0, 1, sums)[..., None] @ values
    with np.errstate(divide="ignore"):
        return (result, np.log(sums)) if wanted else result


@_wrong("mask-ignored", "wrong-values")
def masked_row_attends_to_all(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    """Right unless a row has nothing allowed."""
    options = dict(options)
    wanted = options.pop("return_log_normaliser")
    logits = _logits(queries, keys, **options)
    result = safe_softmax(np.where(np.isinf(logits), -1e30, logits)) @ values
    return (result, _log_normaliser(logits)) if wanted else result


@_wrong("sign-flipped", "wrong-values")
def bias_taken_off(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    if options["bias"] is not None:
        options = {**options, "bias": -options["bias"]}
    return _right(queries, keys, values, options)


@_wrong("not-finite")
def masked_row_is_nan(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    """Right unless a row has nothing allowed."""
    options = dict(options)
    wanted = options.pop("return_log_normaliser")
    logits = _logits(queries, keys, **options)
    with np.errstate(invalid="ignore"):
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        result = powers / powers.sum(axis=-1, keepdims=True) @ values
    return (result, _log_normaliser(logits)) if wanted else result


@_wrong("unstable")
def exponentials_unshifted(queries: Array, keys: Array, values: Array, options: Options) -> Any:
    options = dict(options)
    wanted = options.pop("return_log_normaliser")
    logits = _logits(queries, keys, **options)
    with np.errstate(all="ignore"):
        powers = np.exp(logits)
        sums = powers.sum(axis=-1)
        result = powers / np.where(sums == 0, 1, sums)[..., None] @ values
        return (result, np.log(sums)) if wanted else result
