"""The backward pass of attention, block by block: each block's weights are computed again from the log-normaliser."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._checks import Array
from .tiled_problem import Lengths, Problem
from .tiles import Tiling, Workspace, workspace
from .workers import share


def tiled_attention_backward(
    problem: Problem, d_context: Array, context: Array, log_normaliser: Array
) -> tuple[Array, Array, Array, Array]:
    r"""Gradients of queries, keys, values (N, ., .) and of the scale (N,).

    For a block of queries w (times the scale) and keys v, with :math:`p = e^{a - \log Z}` and :math:`r_j = dc_j \cdot c_j`,

    .. math:: dV \mathrel{+}= P^T dC, \quad dA = P \odot (dC \, V^T - r), \quad dQ \mathrel{+}= dA \, K, \quad dK \mathrel{+}= dA^T Q .

    A *bounded* problem spares a pass over the block: with :math:`E = e^a` for P, 1 / Z goes into dC and r, a row each.

    The score is bilinear, so the scale's gradient needs no scores: :math:`\sum_{ji} dA_{ji} s_{ji} = \sum_j w_j \cdot (dA \, K)_j`. For
    cosines that is also the part along w, which has to be taken away from the gradient of the unit vector.
    """
    lead = len(problem.queries)
    tiling = Tiling.of(*problem.sizes)
    d_queries, d_values = np.empty_like(problem.queries, order="C"), np.empty_like(problem.values, order="C")
    d_keys = np.empty_like(problem.keys, order="C")
    # The second chain of a stack of few matrices sums for itself.
    d_key_sums, d_value_sums = [d_keys], [d_values]
    for _ in range(1, tiling.chains):
        d_key_sums.append(np.empty_like(d_keys))
        d_value_sums.append(np.empty_like(d_values))
    d_scale = np.zeros((tiling.chains, lead), d_queries.dtype)

    def work(tasks: Iterator[tuple[slice, int]]) -> None:
        with workspace(d_queries.dtype) as room, np.errstate(all="ignore"):
            for items, chain in tasks:
                sums = _Sums(d_key_sums[chain][items], d_value_sums[chain][items])
                units = problem.unit_keys(items, room)
                for rows in tiling.queries[chain :: tiling.chains]:
                    upstream = d_context[items, rows]
                    kept = log_normaliser[items, rows, None]
                    d_rows = d_queries[items, rows]
                    _add_rows(
                        problem,
                        items,
                        rows,
                        tiling.keys,
                        units,
                        upstream,
                        context[items, rows],
                        kept,
                        sums,
                        d_rows,
                        room,
                    )
                    along = _finish_queries(problem, items, rows, d_rows, room)
                    d_scale[chain, items] += along.sum(axis=-1)
                sums.close(tiling.keys)
                if tiling.chains == 1:
                    _finish_keys(problem, items, slice(None), sums.d_keys, room)

    share(tiling.tasks(), work)
    if tiling.chains > 1:
        with workspace(d_queries.dtype) as room, np.errstate(all="ignore"):
            for index in range(lead):
                item = slice(index, index + 1)
                for keys in tiling.keys:
                    for others_keys, others_values in zip(d_key_sums[1:], d_value_sums[1:], strict=True):
                        d_keys[item, keys] += others_keys[item, keys]
                        d_values[item, keys] += others_values[item, keys]
                    _finish_keys(problem, item, keys, d_keys[item, keys], room)
    return d_queries, d_keys, d_values, d_scale.sum(axis=0)


class _Sums:
    """Sums over queries for each block of keys; a block's first part is written, not added to zeros."""

    def __init__(self, d_keys: Array, d_values: Array) -> None:
        self.d_keys = d_keys
        self.d_values = d_values
        self._begun: set[int] = set()

    def add(
        self,
        keys: slice,
        exponentials: Array,
        d_logits: Array,
        upstream: Array,
        queries: Array,
        room: Workspace,
    ) -> None:
        first = keys.start not in self._begun
        self._begun.add(keys.start)
        for total, left, right in (
            (self.d_values[:, keys], exponentials, upstream),
            (self.d_keys[:, keys], d_logits, queries),
        ):
            if first:
                np.matmul(left.swapaxes(-1, -2), right, out=total)
            else:
                total += np.matmul(left.swapaxes(-1, -2), right, out=room.array("part", *total.shape))

    def close(self, blocks: list[slice]) -> None:
        for keys in blocks:
            if keys.start not in self._begun:
                self.d_keys[:, keys] = 0
                self.d_values[:, keys] = 0


def _add_rows(
    problem: Problem,
    items: slice,
    rows: slice,
    blocks: list[slice],
    units: Array,
    upstream: Array,
    context: Array,
    log_normaliser: Array,
    sums: _Sums,
    d_queries: Array,
    room: Workspace,
) -> None:
    """Add what a block of queries gives to the gradients of keys and values; its own go to `d_queries`."""
    n, length, width = d_queries.shape
    queries = problem.scaled_queries(items, rows, room.array("queries", n, length, width))
    attends = log_normaliser != -np.inf
    shift = np.where(attends, log_normaliser, 0)
    received = np.vecdot(upstream, context)[..., None]
    if problem.bounded:
        inverse_normaliser = np.where(attends, np.exp(-log_normaliser), 0)
        received *= inverse_normaliser
        upstream = np.multiply(upstream, inverse_normaliser, out=room.array("upstream", *upstream.shape))
    visible = problem.visible_blocks(rows, blocks)
    if not visible:
        d_queries[...] = 0
    for number, keys in enumerate(visible):
        size = keys.stop - keys.start
        out = room.array("scores", n, length, size)
        logits = problem.logits(items, rows, keys, queries, units[:, keys], out)
        if not problem.bounded:
            logits -= shift
        exponentials = problem.exponentials(items, rows, keys, logits)
        d_logits = room.array("d_scores", n, length, size)
        np.matmul(upstream, problem.values[items, keys].swapaxes(-1, -2), out=d_logits)
        d_logits -= received
        d_logits *= exponentials
        sums.add(keys, exponentials, d_logits, upstream, queries, room)
        if number:
            d_queries += np.matmul(d_logits, units[:, keys], out=room.array("part", n, length, width))
        else:
            np.matmul(d_logits, units[:, keys], out=d_queries)


def _finish_queries(problem: Problem, items: slice, rows: slice, d_queries: Array, room: Workspace) -> Array:
    """From the gradient of scale x score, summed, to that of the queries; gives each query's part of the scale's."""
    along = np.vecdot(problem.queries[items, rows], d_queries)
    scale = problem.scale[items, None]
    if problem.query_lengths is None:
        d_queries *= scale[..., None]
        return along
    along *= problem.query_lengths.inverse[items, rows]
    _across(problem.query_lengths, items, rows, along, scale, d_queries, room)
    return along


def _finish_keys(problem: Problem, items: slice, keys: slice, d_keys: Array, room: Workspace) -> None:
    """From the gradient of the unit keys to that of the keys."""
    if problem.key_lengths is not None:
        along = np.vecdot(problem.keys[items, keys], d_keys) * problem.key_lengths.inverse[items, keys]
        _across(problem.key_lengths, items, keys, along, 1, d_keys, room)


def _across(
    lengths: Lengths,
    items: slice,
    rows: slice,
    along: Array,
    scale: Array | int,
    d_unit: Array,
    room: Workspace,
) -> None:
    """In place: take the part along the vector away, divide by its length (see `cosine_scores_backward`)."""
    vectors, inverse = lengths.vectors[items, rows], lengths.inverse[items, rows]
    part = room.array("part", *d_unit.shape)
    d_unit -= np.multiply(vectors, (along * inverse)[..., None], out=part)
    d_unit *= (scale * inverse)[..., None]
    if lengths.magnitudes is not None:
        d_unit /= np.maximum(lengths.magnitudes[items, rows], np.finfo(d_unit.dtype).tiny)[..., None]
