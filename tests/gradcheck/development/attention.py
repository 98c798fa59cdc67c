"""Mistakes in the gradients of the three steps in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from attention_np.functional import cosine_scores, cosine_scores_backward

from ..mutant import Catalogue
from .parts import Array, safe_softmax, turned

catalogue = Catalogue()
Four = tuple[Array, Array, Array, Array]


class _Kept(NamedTuple):
    """What the forward pass leaves behind: all that the backward pass needs."""

    raw: Array
    multiplier: Array
    weights: Array
    shape: tuple[int, ...]
    cosine: bool


def _allowed(raw: Array, mask: Array | None, causal: bool) -> Array:
    L, S = raw.shape[-2:]
    seen = np.tril(np.ones((L, S), bool), S - L) if causal else np.ones((L, S), bool)
    return np.broadcast_to(seen if mask is None else seen & mask, raw.shape)


def _keep(
    queries: Array, keys: Array, score: str, scale: Any, mask: Array | None, bias: Array | None, causal: bool
) -> _Kept:
    cosine = score == "cosine"
    raw = cosine_scores(queries, keys) if cosine else queries @ turned(keys)
    beta = scale
    if scale is None:
        beta = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    multiplier = np.asarray(beta, float)[..., None, None]
    logits = raw * multiplier + (0 if bias is None else bias)
    return _Kept(
        raw, multiplier, safe_softmax(logits, mask=_allowed(raw, mask, causal)), np.shape(scale), cosine
    )


def _to_pair(d_raw: Array, queries: Array, keys: Array, kept: _Kept) -> tuple[Array, Array]:
    if kept.cosine:
        return cosine_scores_backward(d_raw, queries, keys)
    return d_raw @ keys, turned(d_raw) @ queries


def _softmax_back(d_weights: Array, p: Array) -> Array:
    return p * (d_weights - (p * d_weights).sum(axis=-1, keepdims=True))


def _to_scale(per_matrix: Array, shape: tuple[int, ...]) -> Array:
    while per_matrix.ndim > len(shape):
        per_matrix = per_matrix.sum(axis=0)
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return np.asarray(per_matrix.sum(axis=stretched, keepdims=True))


def _back(d_logits: Array, d_values: Array, queries: Array, keys: Array, kept: _Kept) -> Four:
    d_queries, d_keys = _to_pair(d_logits * kept.multiplier, queries, keys, kept)
    d_scale = _to_scale((d_logits * kept.raw).sum(axis=(-2, -1)), kept.shape)
    return d_queries, d_keys, d_values, d_scale


Options = dict[str, Any]
Mistake = Callable[[Array, Array, Array, Array, Options], Four]


def _wrong(*codes: str, result: str | None = None) -> Callable[[Mistake], Mistake]:
    """The mistake under the public signature; its last argument holds the keywords of `_keep`."""

    def add(mistake: Mistake) -> Mistake:
        def attention_backward(
            d_context: Array,
            queries: Array,
            keys: Array,
            values: Array,
            *,
            score: str = "cosine",
            scale: Any = None,
            mask: Array | None = None,
            bias: Array | None = None,
            causal: bool = False,
            context: Array | None = None,
            log_normaliser: Array | None = None,
        ) -> Four:
            options = {"score": score, "scale": scale, "mask": mask, "bias": bias, "causal": causal}
            return mistake(d_context, queries, keys, values, options)

        attention_backward.__name__ = mistake.__name__
        catalogue.wrong("attention_backward", *codes, result=result)(attention_backward)
        return mistake

    return add


@_wrong("constant-factor", "missing-factor")
def scale_not_passed_on(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    """Right where the scale is 1; by a factor for one number, by a factor for each head otherwise."""
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_queries, d_keys = _to_pair(d_logits, queries, keys, kept)
    d_scale = _to_scale((d_logits * kept.raw).sum(axis=(-2, -1)), kept.shape)
    return d_queries, d_keys, turned(kept.weights) @ d_context, d_scale


@_wrong("constant-factor", "missing-factor", result="d_keys")
def scale_passed_on_to_the_queries_only(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_queries, _, d_values, d_scale = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    return d_queries, _to_pair(d_logits, queries, keys, kept)[1], d_values, d_scale


@_wrong("wrong-operand", "constant-factor", "missing-factor", result="d_scale")
def scale_from_the_scaled_scores(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_q, d_k, d_v, _ = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    d_scale = _to_scale(np.einsum("...ls,...ls->...", d_logits, kept.raw * kept.multiplier), kept.shape)
    return d_q, d_k, d_v, d_scale


@_wrong("mask-ignored")
def mask_not_replayed(d_context: Array, queries: Array, keys: Array, values: Array, options: Options) -> Four:
    kept = _keep(queries, keys, **{**options, "mask": None})
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    return _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)


@_wrong("mask-ignored")
def causality_not_replayed(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **{**options, "causal": False})
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    return _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)


@_wrong("mask-ignored", "wrong-operand", "wrong-for-some-shapes")
def causality_from_the_beginning(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    """Right with as many queries as keys."""
    wish = dict(options)
    if wish.pop("causal"):
        seen = np.tril(np.ones((queries.shape[-2], keys.shape[-2]), bool))
        wish["mask"] = seen if wish["mask"] is None else seen & wish["mask"]
    kept = _keep(queries, keys, **wish, causal=False)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    return _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)


@_wrong("dropped-term")
def bias_not_replayed(d_context: Array, queries: Array, keys: Array, values: Array, options: Options) -> Four:
    kept = _keep(queries, keys, **{**options, "bias": None})
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    return _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)


@_wrong("wrong-operand", "dropped-term", "missing-factor")
def gradient_of_the_dot_product_for_every_score(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    """Right unless the score is the cosine."""
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    return _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept._replace(cosine=False))


@_wrong("wrong-operand", result="d_values")
def weight_gradients_for_the_weights(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_weights = d_context @ turned(values)
    d_logits = _softmax_back(d_weights, kept.weights)
    return _back(d_logits, turned(d_weights) @ d_context, queries, keys, kept)


@_wrong("misplaced", result="d_keys")
def scores_gradient_reshaped_for_the_keys(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_q, _, d_v, d_scale = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    d_raw = d_logits * kept.multiplier
    d_turned = d_raw.reshape(*d_raw.shape[:-2], *d_raw.shape[:-3:-1])
    return d_q, _to_pair(turned(d_turned), queries, keys, kept)[1], d_v, d_scale


@_wrong("wrong-axis")
def softmax_backward_over_the_queries(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_p, p = d_context @ turned(values), kept.weights
    d_logits = p * (d_p - np.sum(p * d_p, axis=-2, keepdims=True))
    return _back(d_logits, turned(p) @ d_context, queries, keys, kept)


@_wrong("diagonal-only")
def softmax_backward_by_its_diagonal(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    p = kept.weights
    d_logits = (d_context @ turned(values)) * p * (1 - p)
    return _back(d_logits, turned(p) @ d_context, queries, keys, kept)


@_wrong("dropped-term")
def softmax_backward_without_the_mean(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = kept.weights * np.einsum("...le,...se->...ls", d_context, values)
    return _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)


@_wrong("constant-factor", result="d_values")
def values_averaged_over_the_queries(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_values = turned(kept.weights) @ d_context / queries.shape[-2]
    return _back(d_logits, d_values, queries, keys, kept)


@_wrong("zero", result="d_scale")
def scale_taken_for_a_constant(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_q, d_k, d_v, _ = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    return d_q, d_k, d_v, np.zeros(kept.shape)


@_wrong("not-summed", "wrong-for-some-shapes", result="d_scale")
def scale_of_each_matrix(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_q, d_k, d_v, _ = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    return d_q, d_k, d_v, np.asarray(np.sum(d_logits * kept.raw, axis=(-1, -2)))


@_wrong("swapped-results")
def keys_before_queries(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_q, d_k, d_v, d_scale = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    return d_k, d_q, d_v, d_scale


@_wrong("zero", result="d_keys")
def keys_detached(d_context: Array, queries: Array, keys: Array, values: Array, options: Options) -> Four:
    kept = _keep(queries, keys, **options)
    d_logits = _softmax_back(d_context @ turned(values), kept.weights)
    d_q, _, d_v, d_scale = _back(d_logits, turned(kept.weights) @ d_context, queries, keys, kept)
    return d_q, np.zeros_like(keys), d_v, d_scale


@_wrong("not-finite")
def masked_rows_are_nan(
    d_context: Array, queries: Array, keys: Array, values: Array, options: Options
) -> Four:
    """Right unless a row has nothing allowed."""
    kept = _keep(queries, keys, **options)
    with np.errstate(invalid="ignore"):
        p = kept.weights / kept.weights.sum(axis=-1, keepdims=True)
    d_logits = _softmax_back(d_context @ turned(values), p)
    return _back(d_logits, turned(p) @ d_context, queries, keys, kept)
