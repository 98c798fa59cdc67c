"""Wrong gradients of the embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]

catalogue = Catalogue()


@catalogue.wrong("embedding_backward", "overwritten")
def embedding_assigned(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for where, word in np.ndenumerate(ids):
        d_table[word] = d_outputs[where]
    return d_table


@catalogue.wrong("embedding_backward", "overwritten")
def embedding_buffered_add(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]), dtype=d_outputs.dtype)
    d_table[ids.ravel()] += d_outputs.reshape(-1, d_outputs.shape[-1])
    return d_table


@catalogue.wrong("embedding_backward", "missing-factor")
def embedding_mean_of_repeats(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    one_hot = (ids.reshape(-1, 1) == np.arange(vocabulary_size)).astype(d_outputs.dtype)
    total = one_hot.T @ d_outputs.reshape(-1, d_outputs.shape[-1])
    return total / np.maximum(one_hot.sum(axis=0), 1)[:, None]


@catalogue.wrong("embedding_backward", "overwritten", "wrong-for-some-shapes")
def embedding_sentence_by_sentence(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for sentence, gradient in zip(np.atleast_1d(ids), np.atleast_2d(d_outputs), strict=True):
        d_table[sentence] += gradient
    return d_table


@catalogue.wrong("embedding_backward", "counted-twice")
def embedding_set_and_added(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    seen: set[int] = set()
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for where in np.ndindex(ids.shape):
        word = int(ids[where])
        if word in seen:
            d_table[word] += d_outputs[where]
        seen.add(word)
        d_table[word] += d_outputs[where]
    return d_table


@catalogue.wrong("embedding_backward", "wrong-shape")
def embedding_as_many_rows_as_seen(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((int(ids.max(initial=-1)) + 1, d_outputs.shape[-1]))
    np.add.at(d_table, ids, d_outputs)
    return d_table


@catalogue.wrong("embedding_backward", "constant-factor")
def embedding_per_position(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, ids, d_outputs / ids.size)
    return d_table


@catalogue.wrong("embedding_backward", "dropped-term")
def embedding_zero_is_padding(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    real = ids != 0
    np.add.at(d_table, ids[real], d_outputs[real])
    return d_table


@catalogue.wrong("embedding_backward", "misplaced")
def embedding_counts_from_one(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows = [np.zeros(d_outputs.shape[-1]) for _ in range(vocabulary_size)]
    for word, gradient in zip(ids.ravel(), d_outputs.reshape(ids.size, -1), strict=True):
        rows[word - 1] = rows[word - 1] + gradient
    return np.array(rows)


@catalogue.wrong("embedding_backward", "misplaced", "wrong-for-some-shapes")
def embedding_flattened_two_ways(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, ids.flatten(order="F"), d_outputs.reshape(-1, d_outputs.shape[-1]))
    return d_table


@catalogue.wrong("embedding_backward", "wrong-dtype")
def embedding_table_of_singles(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]), np.float32)
    np.add.at(d_table, ids, d_outputs)
    return d_table


@catalogue.wrong("embedding_backward", "transposed")
def embedding_one_hot_product(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    one_hot = np.eye(vocabulary_size)[ids.reshape(-1)]
    return d_outputs.reshape(-1, d_outputs.shape[-1]).T @ one_hot
