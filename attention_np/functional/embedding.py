"""Words as vectors: rows of a table, looked up by id."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_ids, require_shape


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

    ``d_table[ids] = d_outputs`` would keep only the last of repeated ids. The sum is taken by sorting the positions by
    id and adding up each run, which is much faster than adding position by position.

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
    if ids.size:
        flat_ids = ids.reshape(-1)
        order = np.argsort(flat_ids, kind="stable")
        present, first = np.unique(flat_ids[order], return_index=True)
        rows = d_outputs.reshape(ids.size, -1)[order]
        d_table[present] = np.add.reduceat(rows, first, axis=0)
    return d_table
