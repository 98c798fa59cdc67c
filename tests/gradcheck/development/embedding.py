"""Mistakes in the gradient of the lookup."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array

catalogue = Catalogue()


def _flat(d_outputs: Array, ids: Array) -> tuple[Array, Array]:
    return d_outputs.reshape(ids.size, d_outputs.shape[-1]), ids.reshape(-1)


@catalogue.wrong("embedding_backward", "overwritten")
def rows_assigned(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    d_table[ids] = d_outputs
    return d_table


@catalogue.wrong("embedding_backward", "overwritten")
def rows_added_through_an_index(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    d_table[ids] += d_outputs
    return d_table


@catalogue.wrong("embedding_backward", "overwritten")
def first_of_each_id(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    d_table = np.zeros((vocabulary_size, rows.shape[1]))
    unique, first = np.unique(flat, return_index=True)
    d_table[unique] += rows[first]
    return d_table


@catalogue.wrong("embedding_backward", "missing-factor")
def divided_by_the_counts(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    d_table = np.zeros((vocabulary_size, rows.shape[1]))
    np.add.at(d_table, flat, rows)
    counts = np.bincount(flat, minlength=vocabulary_size)
    return d_table / np.maximum(counts, 1)[:, None]


@catalogue.wrong("embedding_backward", "constant-factor")
def divided_by_the_number_of_ids(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    return np.eye(vocabulary_size)[:, flat] @ rows / flat.size


@catalogue.wrong("embedding_backward", "transposed")
def width_by_vocabulary(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    return np.einsum("nw,nv->wv", rows, np.eye(vocabulary_size)[flat])


@catalogue.wrong("embedding_backward", "misplaced")
def ids_counted_from_one(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for index in np.ndindex(ids.shape):
        d_table[ids[index] - 1] += d_outputs[index]
    return d_table


@catalogue.wrong("embedding_backward", "overwritten", "wrong-for-some-shapes")
def new_table_for_each_sequence(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    width = d_outputs.shape[-1]
    d_table = np.zeros((vocabulary_size, width))
    sequences = ids.reshape(-1, ids.shape[-1])
    for sequence, rows in zip(sequences, d_outputs.reshape(*sequences.shape, width), strict=True):
        d_table = np.zeros((vocabulary_size, width))
        np.add.at(d_table, sequence, rows)
    return d_table


@catalogue.wrong("embedding_backward", "upstream-ignored")
def counts_in_every_column(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    counts = np.bincount(ids.ravel(), minlength=vocabulary_size).astype(float)
    return np.repeat(counts[:, None], d_outputs.shape[-1], axis=1)


@catalogue.wrong("embedding_backward", "wrong-shape")
def as_many_rows_as_the_largest_id(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    d_table = np.zeros((flat.max(initial=-1) + 1, rows.shape[1]))
    np.add.at(d_table, flat, rows)
    return d_table


@catalogue.wrong("embedding_backward", "counted-twice", "missing-factor")
def sum_added_at_every_position(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    d_table = np.zeros((vocabulary_size, rows.shape[1]))
    for token in flat:
        d_table[token] += rows[flat == token].sum(axis=0)
    return d_table


@catalogue.wrong("embedding_backward", "dropped-term", "unknown")
def row_zero_taken_for_padding(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, ids, d_outputs)
    d_table[0] = 0
    return d_table


@catalogue.wrong("embedding_backward", "not-summed", "wrong-shape")
def upstream_handed_on(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return d_outputs * 1.0


@catalogue.wrong("embedding_backward", "imprecise")
def table_in_half_precision(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]), dtype=np.float16)
    np.add.at(d_table, ids, d_outputs.astype(np.float16))
    return d_table.astype(np.float64)


@catalogue.wrong("embedding_backward", "not-summed", "wrong-for-some-shapes")
def a_table_for_each_sequence(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    """Right for one sequence; for a batch every sequence keeps a table of its own."""
    one_hot = np.eye(vocabulary_size)[ids]
    return np.swapaxes(one_hot, -1, -2) @ d_outputs


@catalogue.wrong("embedding_backward", "misplaced", "unknown")
def ids_sorted_and_rows_not(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows, flat = _flat(d_outputs, ids)
    d_table = np.zeros((vocabulary_size, rows.shape[1]))
    if flat.size:
        present, first = np.unique(np.sort(flat), return_index=True)
        d_table[present] = np.add.reduceat(rows, first, axis=0)
    return d_table
