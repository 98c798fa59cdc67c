"""Words as vectors: rows of a table, looked up by id."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._checks import Array, require_floats, require_ids, require_shape
from .occurrences import occurrences
from .workers import share

BLOCK = 65_536
"""Entries of the sums that are made at a time: 256 KB of float32, which stay in a core's cache."""
ALONE = 4 * BLOCK
"""Entries of the upstreams up to which threads cost more than they bring."""


def embedding(ids: Array, table: Array) -> Array:
    r"""Rows of a table, :math:`y_n = E_{x_n}`; the same as a one-hot vector times E, without the product.

    Parameters
    ----------
    ids : integer array (...)
        From 0 to vocabulary size - 1.
    table : array (vocabulary_size, width)

    Returns
    -------
    array (..., width)

    Raises
    ------
    TypeError, ValueError
        If `ids` are not integers in range or `table` is not a floating matrix.
    """
    require_floats(table=table)
    require_shape("table", table, ("vocabulary_size", "width"), "")
    require_ids("ids", ids, table.shape[0])
    return table[ids]


def embedding_backward(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    r"""Gradient of the lookup with respect to the table.

    A row was copied to every position that holds its id, so its gradient is the sum over those positions:

    .. math:: dE_v = \sum_{n : x_n = v} dy_n .

    ``d_table[ids] = d_outputs`` would keep only the last of repeated ids (`add_by_id` says how the sum is taken).

    Parameters
    ----------
    d_outputs : array (..., width)
    ids : integer array (...)
    vocabulary_size : int
        Rows of the table.

    Returns
    -------
    array (vocabulary_size, width)
        ``d_table``; zero for ids that do not occur.

    Raises
    ------
    TypeError, ValueError
        If `ids` are not integers in range, or `d_outputs` does not have a row for each.
    """
    require_floats(d_outputs=d_outputs)
    require_ids("ids", ids, vocabulary_size)
    require_shape("d_outputs", d_outputs, (*ids.shape, "width"), "with a row for each id")
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]), d_outputs.dtype)
    add_by_id(d_table, d_outputs, ids)
    return d_table


def add_by_id(table: Array, d_outputs: Array, ids: Array) -> None:
    """Add each upstream to the row of `table`, in place, that its id names; rows whose ids do not occur are not touched.

    The words are taken in blocks whose sums stay in the cache (`Occurrences.sums` says how they are made); the workers of
    `share` take the blocks.
    """
    rows = d_outputs.reshape(ids.size, d_outputs.shape[-1])
    found = occurrences(ids.reshape(-1))

    def add(blocks: Iterator[slice]) -> None:
        for block in blocks:
            table[found.words[block]] += found.sums(rows, found.order, block)

    height = max(1, BLOCK // max(1, rows.shape[1]))
    share([slice(i, i + height) for i in range(0, len(found.words), height)], add, alone=rows.size <= ALONE)
