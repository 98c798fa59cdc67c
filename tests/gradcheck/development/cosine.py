"""Mistakes in the gradients of the cosine scores."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, across, inverse, turned, unit

catalogue = Catalogue()
Pair = tuple[Array, Array]


@catalogue.wrong("cosine_scores_backward", "wrong-operand", result="d_queries")
def raw_keys_for_unit_keys(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries = across(d_scores @ keys, q_hat) * inverse(q_norm)
    d_keys = across(turned(d_scores) @ q_hat, k_hat) * inverse(k_norm)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "dropped-term")
def no_projection(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    return d_scores @ k_hat * inverse(q_norm), turned(d_scores) @ q_hat * inverse(k_norm)


@catalogue.wrong("cosine_scores_backward", "dropped-term", result="d_keys")
def no_projection_for_the_keys(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries = across(d_scores @ k_hat, q_hat) * inverse(q_norm)
    d_keys = np.einsum("...ls,...ld->...sd", d_scores, q_hat) * inverse(k_norm)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "missing-factor")
def not_divided_by_the_length(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries = across(d_scores @ k_hat, q_hat) * (q_norm > 0)
    d_keys = across(turned(d_scores) @ q_hat, k_hat) * (k_norm > 0)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "missing-factor", result="d_keys")
def keys_divided_by_the_squared_length(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries = across(d_scores @ k_hat, q_hat) * inverse(q_norm)
    d_keys = across(turned(d_scores) @ q_hat, k_hat) * inverse(k_norm) ** 2
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "sign-flipped")
def projection_added(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_q_hat, d_k_hat = d_scores @ k_hat, turned(d_scores) @ q_hat
    d_queries = d_q_hat + q_hat * (q_hat * d_q_hat).sum(axis=-1, keepdims=True)
    d_keys = d_k_hat + k_hat * (k_hat * d_k_hat).sum(axis=-1, keepdims=True)
    return d_queries * inverse(q_norm), d_keys * inverse(k_norm)


@catalogue.wrong("cosine_scores_backward", "wrong-operand", result="d_queries")
def quotient_rule_with_the_key_length(d_scores: Array, queries: Array, keys: Array) -> Pair:
    """Right but for the second term of d_queries, s q / ‖q‖², where ‖k‖² stands."""
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    for i in range(queries.shape[-2]):
        for j in range(keys.shape[-2]):
            g = d_scores[..., i, j, None]
            q, k = q_hat[..., i, :], k_hat[..., j, :]
            s = np.sum(q * k, axis=-1, keepdims=True)
            one_over_q, one_over_k = inverse(q_norm[..., i, :]), inverse(k_norm[..., j, :])
            d_queries[..., i, :] += g * (k * one_over_q - s * queries[..., i, :] * one_over_k**2)
            d_keys[..., j, :] += g * (q - s * k) * one_over_k
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "wrong-operand", "missing-factor")
def projected_on_the_raw_vectors(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_q_hat, d_k_hat = d_scores @ k_hat, turned(d_scores) @ q_hat
    along_q = np.einsum("...d,...d->...", d_q_hat, q_hat)[..., None]
    along_k = np.einsum("...d,...d->...", d_k_hat, k_hat)[..., None]
    return (d_q_hat - along_q * queries) * inverse(q_norm), (d_k_hat - along_k * keys) * inverse(k_norm)


@catalogue.wrong("cosine_scores_backward", "missing-factor", result="d_queries")
def second_term_not_divided(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    scores = q_hat @ turned(k_hat)
    d_queries = d_scores @ k_hat * inverse(q_norm) - (d_scores * scores).sum(-1, keepdims=True) * q_hat
    d_keys = across(turned(d_scores) @ q_hat, k_hat) * inverse(k_norm)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "imprecise", "zero-vector")
def a_millionth_in_the_length(d_scores: Array, queries: Array, keys: Array) -> Pair:
    q_norm = np.linalg.norm(queries, axis=-1, keepdims=True) + 1e-6
    k_norm = np.linalg.norm(keys, axis=-1, keepdims=True) + 1e-6
    q_hat, k_hat = queries / q_norm, keys / k_norm
    return across(d_scores @ k_hat, q_hat) / q_norm, across(turned(d_scores) @ q_hat, k_hat) / k_norm


@catalogue.wrong("cosine_scores_backward", "not-finite", "zero-vector")
def zero_over_zero(d_scores: Array, queries: Array, keys: Array) -> Pair:
    q_norm = np.linalg.norm(queries, axis=-1, keepdims=True)
    k_norm = np.linalg.norm(keys, axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        q_hat, k_hat = queries / q_norm, keys / k_norm
        return across(d_scores @ k_hat, q_hat) / q_norm, across(turned(d_scores) @ q_hat, k_hat) / k_norm


@catalogue.wrong("cosine_scores_backward", "zero-vector")
def zero_vectors_are_pulled(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    q_norm, k_norm = np.where(q_norm == 0, 1, q_norm), np.where(k_norm == 0, 1, k_norm)
    return across(d_scores @ k_hat, q_hat) / q_norm, across(turned(d_scores) @ q_hat, k_hat) / k_norm


@catalogue.wrong("cosine_scores_backward", "swapped-results")
def gradients_in_the_order_keys_queries(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    grads = {
        "k": across(turned(d_scores) @ q_hat, k_hat) * inverse(k_norm),
        "q": across(d_scores @ k_hat, q_hat) * inverse(q_norm),
    }
    first, second = grads.values()
    return first, second


@catalogue.wrong("cosine_scores_backward", "misplaced", result="d_keys")
def scores_reshaped_to_the_keys(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    reshaped = d_scores.reshape(turned(d_scores).shape)
    return across(d_scores @ k_hat, q_hat) * inverse(q_norm), across(reshaped @ q_hat, k_hat) * inverse(
        k_norm
    )


@catalogue.wrong("cosine_scores_backward", "wrong-axis")
def lengths_along_the_positions(d_scores: Array, queries: Array, keys: Array) -> Pair:
    q_norm = np.sqrt((queries**2).sum(axis=-2, keepdims=True))
    k_norm = np.sqrt((keys**2).sum(axis=-2, keepdims=True))
    q_hat, k_hat = queries / q_norm, keys / k_norm
    return across(d_scores @ k_hat, q_hat) / q_norm, across(turned(d_scores) @ q_hat, k_hat) / k_norm


@catalogue.wrong("cosine_scores_backward", "wrong-axis", "missing-factor")
def one_length_for_all_rows(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries = across(d_scores @ k_hat, q_hat) / np.linalg.norm(queries) * (q_norm > 0)
    d_keys = across(turned(d_scores) @ q_hat, k_hat) / np.linalg.norm(keys) * (k_norm > 0)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "wrong-axis", result="d_queries")
def dot_product_along_the_positions(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_q_hat = d_scores @ k_hat
    d_queries = (d_q_hat - q_hat * np.sum(d_q_hat * q_hat, axis=-2, keepdims=True)) * inverse(q_norm)
    d_keys = across(turned(d_scores) @ q_hat, k_hat) * inverse(k_norm)
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "counted-twice")
def projected_by_a_reflection(d_scores: Array, queries: Array, keys: Array) -> Pair:
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_q_hat, d_k_hat = d_scores @ k_hat, turned(d_scores) @ q_hat
    d_q = d_q_hat - 2 * q_hat * np.sum(d_q_hat * q_hat, axis=-1, keepdims=True)
    d_k = d_k_hat - 2 * k_hat * np.sum(d_k_hat * k_hat, axis=-1, keepdims=True)
    return d_q * inverse(q_norm), d_k * inverse(k_norm)


@catalogue.wrong("cosine_scores_backward", "imprecise")
def one_sided_differences(d_scores: Array, queries: Array, keys: Array) -> Pair:
    def loss() -> float:
        return float(np.sum(d_scores * (unit(arrays[0])[0] @ turned(unit(arrays[1])[0]))))

    step = 1e-5
    arrays = [queries.copy(), keys.copy()]
    start = loss()
    gradients = [np.zeros_like(queries), np.zeros_like(keys)]
    for array, gradient in zip(arrays, gradients, strict=True):
        for index in np.ndindex(array.shape):
            if np.any(array[index[:-1]]):
                old = array[index]
                array[index] = old + step
                gradient[index] = (loss() - start) / step
                array[index] = old
    return gradients[0], gradients[1]
