"""The backward pass of attention, block by block: each block's weights are computed again from the log-normaliser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ._checks import Array
from .tiled_problem import Place, Problem
from .tiles import Tiling, Workspace, workspace
from .workers import share


def tiled_attention_backward(
    problem: Problem, d_context: Array, context: Array, log_normaliser: Array
) -> tuple[Array, Array, Array, Array]:
    r"""Gradients of queries (N, ., .), keys and values (M, ., .) and of the scale (N,).

    For a block of queries w (times the scale) and keys v, with :math:`p = e^{a - \log Z}` and :math:`r_j = dc_j \cdot c_j`,

    .. math:: dV \mathrel{+}= P^T dC, \quad dA = P \odot (dC \, V^T - r), \quad dW \mathrel{+}= dA \, K, \quad dK \mathrel{+}= dA^T W .

    No block of P is kept from the forward pass: it costs a seventh product to compute it again, and none of the memory that
    grows with the square of the length. A *bounded* problem spares a pass over the block: with :math:`E = e^a` in the
    place of P, 1 / Z goes into dC and r, a row each.
    """
    lead, tiling = len(problem.queries), Tiling.of(*problem.sizes)
    d_queries = np.empty(problem.queries.shape, problem.queries.dtype)
    # Each chain has sums of its own; those of the first become the result. So has each matrix of queries where several share keys.
    d_keys = [np.empty((lead, *problem.keys.shape[1:]), d_queries.dtype) for _ in range(tiling.chains)]
    d_values = [np.empty((lead, *problem.values.shape[1:]), d_queries.dtype) for _ in range(tiling.chains)]
    d_scale = np.zeros((tiling.chains, lead), d_queries.dtype)

    def work(tasks: Iterator[tuple[slice, int]]) -> None:
        with workspace(d_queries.dtype) as room, np.errstate(all="ignore"):
            for items, chain in tasks:
                units = problem.unit_keys(items, room)
                sums = _Sums(problem, items, units, d_keys[chain][items], d_values[chain][items], room, set())
                for rows in tiling.queries[chain :: tiling.chains]:
                    place = items, rows
                    sums.add_rows(
                        place,
                        tiling.keys,
                        d_context[place],
                        context[place],
                        log_normaliser[place],
                        d_queries[place],
                    )
                    d_scale[chain, items] += problem.finish_queries(place, d_queries[place], room)
                sums.close(tiling.keys)
                if tiling.chains == problem.shared == 1:
                    problem.finish_keys((items, slice(None)), sums.d_keys, room)

    def join(tasks: Iterator[Place]) -> None:
        with workspace(d_queries.dtype) as room, np.errstate(all="ignore"):
            for place in tasks:
                for first, *others in (d_keys, d_values):
                    for other in others:
                        first[place] += other[place]
                problem.finish_keys(place, d_keys[0][place], room)

    share(tiling.tasks(), work)
    items = tiling.items
    if problem.shared > 1:
        d_keys, d_values = ([_sum_shared(each, problem.shared) for each in sums] for sums in (d_keys, d_values))
        items = [slice(0, len(problem.keys))]
    if tiling.chains > 1 or problem.shared > 1:
        share([(some, keys) for some in items for keys in tiling.keys], join)
    return d_queries, d_keys[0], d_values[0], d_scale.sum(axis=0)


def _sum_shared(gradients: Array, shared: int) -> Array:
    """What is shared receives the sum of what each of its uses gives."""
    return gradients.reshape(len(gradients) // shared, shared, *gradients.shape[1:]).sum(axis=1)


class _Sums(NamedTuple):
    """Sums over queries for the keys and values of some matrices; a block's first part is written, not added to zeros."""

    problem: Problem
    items: slice
    units: Array
    d_keys: Array
    d_values: Array
    room: Workspace
    begun: set[int]

    def add_rows(
        self,
        place: Place,
        blocks: list[slice],
        upstream: Array,
        context: Array,
        log_normaliser: Array,
        d_queries: Array,
    ) -> None:
        """Add what a block of queries gives to the gradients of keys and values; its own goes to `d_queries`."""
        problem, room = self.problem, self.room
        queries = problem.scaled_queries(place, room)
        attends = log_normaliser != -np.inf
        received = np.vecdot(upstream, context)
        if problem.bounded:
            inverse_normaliser = np.where(attends, np.exp(-log_normaliser), 0)
            received *= inverse_normaliser
            out = room.array("upstream", *upstream.shape)
            upstream = np.multiply(upstream, inverse_normaliser[..., None], out=out)
        shift = np.where(attends, log_normaliser, 0)[..., None]
        visible = problem.visible_blocks(place[1], blocks)
        if not visible:
            d_queries[...] = 0
        for number, keys in enumerate(visible):
            units = self.units[:, keys]
            logits = problem.logits(place, keys, queries, units, room)
            if not problem.bounded:
                logits -= shift
            weights = problem.exponentials(place, keys, logits)
            d_logits = room.array("d_logits", *logits.shape)
            np.matmul(upstream, problem.values_of(self.items, keys).swapaxes(-1, -2), out=d_logits)
            d_logits -= received[..., None]
            d_logits *= weights
            first = keys.start not in self.begun
            self.begun.add(keys.start)
            room.add_product(weights.swapaxes(-1, -2), upstream, self.d_values[:, keys], first)
            room.add_product(d_logits.swapaxes(-1, -2), queries, self.d_keys[:, keys], first)
            room.add_product(d_logits, units, d_queries, number == 0)

    def close(self, blocks: list[slice]) -> None:
        """Zeros for the keys that no query sees."""
        for keys in blocks:
            if keys.start not in self.begun:
                self.d_keys[:, keys] = 0
                self.d_values[:, keys] = 0
