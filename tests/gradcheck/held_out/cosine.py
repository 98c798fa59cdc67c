"""Wrong gradients of the cosine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue
from .parts import T

Array = NDArray[Any]
Pair = tuple[Array, Array]

catalogue = Catalogue()


def inverse_norm(x: Array) -> Array:
    n = np.sqrt((x * x).sum(-1, keepdims=True))
    return np.divide(1.0, n, out=np.zeros_like(n), where=n > 0)


@catalogue.wrong("cosine_scores_backward", "overwritten", result="d_queries")
def cosine_pair_by_pair(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    for *lead, j, i in np.ndindex(d_scores.shape):
        w, v = queries[(*lead, j)], keys[(*lead, i)]
        a, b = np.sqrt(w @ w), np.sqrt(v @ v)
        if a == 0 or b == 0:
            continue
        cos = w @ v / (a * b)
        g = d_scores[(*lead, j, i)]
        d_queries[(*lead, j)] = g * (v / b - cos * w / a) / a
        d_keys[(*lead, i)] += g * (w / a - cos * v / b) / b
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "wrong-axis")
def cosine_column_norms(d_scores: Array, queries: Array, keys: Array) -> Pair:
    nq = np.linalg.norm(queries, axis=-2, keepdims=True)
    nk = np.linalg.norm(keys, axis=-2, keepdims=True)
    q, k = queries / nq, keys / nk
    dq, dk = d_scores @ k, T(d_scores) @ q
    dq = (dq - q * (dq * q).sum(-2, keepdims=True)) / nq
    dk = (dk - k * (dk * k).sum(-2, keepdims=True)) / nk
    return dq, dk


@catalogue.wrong("cosine_scores_backward", "dropped-term", result="d_keys")
def cosine_key_norm_constant(d_scores: Array, queries: Array, keys: Array) -> Pair:
    iq, ik = inverse_norm(queries), inverse_norm(keys)
    q, k = queries * iq, keys * ik
    s = q @ T(k)
    d_queries = (d_scores @ k - (d_scores * s).sum(-1, keepdims=True) * q) * iq
    d_keys = np.einsum("...ls,...ld,...sz->...sd", d_scores, q, ik)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "missing-factor", result="d_queries")
def cosine_expanded(d_scores: Array, queries: Array, keys: Array) -> Pair:
    iq, ik = inverse_norm(queries), inverse_norm(keys)
    s = (queries @ T(keys)) * iq * T(ik)
    ds_s = d_scores * s
    d_queries = (d_scores * T(ik)) @ keys * iq - queries * ds_s.sum(-1, keepdims=True) * iq
    d_keys = T(d_scores * iq) @ queries * ik - keys * T(ds_s.sum(-2, keepdims=True)) * ik**2
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "sign-flipped")
def cosine_projection_added(d_scores: Array, queries: Array, keys: Array) -> Pair:
    def back(d_unit: Array, x: Array) -> Array:
        inverse = inverse_norm(x)
        unit = x * inverse
        return (d_unit + unit * (d_unit * unit).sum(-1, keepdims=True)) * inverse

    d_q_unit = d_scores @ (keys * inverse_norm(keys))
    d_k_unit = T(d_scores) @ (queries * inverse_norm(queries))
    return back(d_q_unit, queries), back(d_k_unit, keys)


@catalogue.wrong("cosine_scores_backward", "missing-factor")
def cosine_divides_by_squares(d_scores: Array, queries: Array, keys: Array) -> Pair:
    q2, k2 = (queries**2).sum(-1, keepdims=True), (keys**2).sum(-1, keepdims=True)
    q2[q2 == 0], k2[k2 == 0] = np.inf, np.inf
    q, k = queries / np.sqrt(q2), keys / np.sqrt(k2)
    dq, dk = d_scores @ k, T(d_scores) @ q
    return (dq - q * np.sum(q * dq, -1, keepdims=True)) / q2, (dk - k * np.sum(k * dk, -1, keepdims=True)) / k2


@catalogue.wrong("cosine_scores_backward", "wrong-operand", result="d_queries")
def cosine_raw_keys(d_scores: Array, queries: Array, keys: Array) -> Pair:
    iq, ik = inverse_norm(queries), inverse_norm(keys)
    q_hat, k_hat = queries * iq, keys * ik
    grads = []
    for up, other, unit, inverse in ((d_scores, keys, q_hat, iq), (T(d_scores), q_hat, k_hat, ik)):
        d_unit = up @ other
        grads.append((d_unit - unit * np.einsum("...d,...d->...", d_unit, unit)[..., None]) * inverse)
    return grads[0], grads[1]


@catalogue.wrong("cosine_scores_backward", "not-finite", "zero-vector")
def cosine_no_guard(d_scores: Array, queries: Array, keys: Array) -> Pair:
    nq = np.linalg.norm(queries, axis=-1, keepdims=True)
    nk = np.linalg.norm(keys, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        q, k = queries / nq, keys / nk
        dq, dk = d_scores @ k, T(d_scores) @ q
        return (dq - q * (q * dq).sum(-1, keepdims=True)) / nq, (dk - k * (k * dk).sum(-1, keepdims=True)) / nk


@catalogue.wrong("cosine_scores_backward", "zero-vector")
def cosine_norm_one_for_zero(d_scores: Array, queries: Array, keys: Array) -> Pair:
    nq = np.linalg.norm(queries, axis=-1, keepdims=True)
    nk = np.linalg.norm(keys, axis=-1, keepdims=True)
    nq, nk = np.where(nq == 0, 1, nq), np.where(nk == 0, 1, nk)
    q, k = queries / nq, keys / nk
    s = q @ T(k)
    d_queries = (d_scores @ k - q * (d_scores * s).sum(-1, keepdims=True)) / nq
    d_keys = (T(d_scores) @ q - k * T((d_scores * s).sum(-2, keepdims=True))) / nk
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "imprecise")
def cosine_in_single_precision(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g, w, v = (a.astype(np.float32) for a in (d_scores, queries, keys))
    iw, iv = inverse_norm(w), inverse_norm(v)
    q, k = w * iw, v * iv
    dq, dk = g @ k, T(g) @ q
    dq = (dq - q * (dq * q).sum(-1, keepdims=True)) * iw
    dk = (dk - k * (dk * k).sum(-1, keepdims=True)) * iv
    return dq.astype(d_scores.dtype), dk.astype(d_scores.dtype)


@catalogue.wrong("cosine_scores_backward", "swapped-results")
def cosine_keys_first(d_scores: Array, queries: Array, keys: Array) -> Pair:
    results = []
    for g, x, y in ((T(d_scores), keys, queries), (d_scores, queries, keys)):
        ix = inverse_norm(x)
        d_unit = g @ (y * inverse_norm(y))
        results.append(ix * d_unit - x * ix**3 * (x * d_unit).sum(-1, keepdims=True))
    return results[0], results[1]


@catalogue.wrong("cosine_scores_backward", "wrong-for-some-shapes", "wrong-operand", "missing-factor", result="d_queries")
def cosine_norms_of_the_first_sequence(d_scores: Array, queries: Array, keys: Array) -> Pair:
    w, v = queries.reshape(-1, *queries.shape[-2:]), keys.reshape(-1, *keys.shape[-2:])
    g = d_scores.reshape(-1, *d_scores.shape[-2:])
    iw, iv = inverse_norm(w), inverse_norm(v)
    dw, dv = np.empty_like(w), np.empty_like(v)
    for n in range(len(w)):
        q, k = w[n] * iw[n], v[n] * iv[n]
        cos = q @ k.T
        dw[n] = (g[n] @ k - (g[n] * cos).sum(1)[:, None] * q) * iw[0]
        dv[n] = (g[n].T @ q - (g[n] * cos).sum(0)[:, None] * k) * iv[n]
    return dw.reshape(queries.shape), dv.reshape(keys.shape)


@catalogue.wrong("cosine_scores_backward", "wrong-axis")
def cosine_projection_down_the_rows(d_scores: Array, queries: Array, keys: Array) -> Pair:
    iq, ik = inverse_norm(queries), inverse_norm(keys)
    q, k = queries * iq, keys * ik
    dq, dk = d_scores @ k, T(d_scores) @ q
    dq -= q * (dq * q).sum(axis=-2, keepdims=True)
    dk -= k * (dk * k).sum(axis=-2, keepdims=True)
    return dq * iq, dk * ik


@catalogue.wrong("cosine_scores_backward", "constant-factor", "counted-twice", result="d_queries")
def cosine_step_by_step(d_scores: Array, queries: Array, keys: Array) -> Pair:
    ia, ib = inverse_norm(queries), inverse_norm(keys)
    dots = queries @ T(keys)
    # s = dots * ia * ib; ia = (w.w)^(-1/2)
    d_dots = d_scores * ia * T(ib)
    d_ia = (d_scores * dots * T(ib)).sum(-1, keepdims=True)
    d_ib = T((d_scores * dots * ia).sum(-2, keepdims=True))
    d_squares_a = -(ia**3) * d_ia
    d_squares_b = -0.5 * ib**3 * d_ib
    return d_dots @ keys + 2 * queries * d_squares_a, T(d_dots) @ queries + 2 * keys * d_squares_b


@catalogue.wrong("cosine_scores_backward", "misplaced", result="d_keys")
def cosine_by_symmetry(d_scores: Array, queries: Array, keys: Array) -> Pair:
    def half(g: Array, x: Array, y: Array) -> Array:
        ix = inverse_norm(x)
        u = g @ (y * inverse_norm(y))
        return ix * (u - x * ix * (x * ix * u).sum(-1, keepdims=True))

    *lead, targets, sources = d_scores.shape
    return half(d_scores, queries, keys), half(d_scores.reshape(*lead, sources, targets), keys, queries)


@catalogue.wrong("cosine_scores_backward", "mutates-input")
def cosine_normalises_in_place(d_scores: Array, queries: Array, keys: Array) -> Pair:
    iq, ik = inverse_norm(queries), inverse_norm(keys)
    queries *= iq
    keys *= ik
    dq, dk = d_scores @ keys, T(d_scores) @ queries
    dq = iq * (dq - queries * (queries * dq).sum(-1, keepdims=True))
    dk = ik * (dk - keys * (keys * dk).sum(-1, keepdims=True))
    return dq, dk
