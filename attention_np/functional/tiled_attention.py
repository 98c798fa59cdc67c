"""The forward pass of attention, block by block, with a softmax that needs to see each score only once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._checks import Array
from .tiled_problem import Problem
from .tiles import Tiling, Workspace, workspace
from .workers import share


def tiled_attention(problem: Problem) -> tuple[Array, Array]:
    r"""Context (N, L, e) and log-normaliser (N, L).

    Both are sums over keys, so they can be summed block by block,

    .. math:: c_j = \frac{1}{Z_j} \sum_i e^{a_{ji} - m_j} v_i, \qquad Z_j = \sum_i e^{a_{ji} - m_j},

    for any shift m. A *bounded* problem needs none: m = 0. Otherwise m is the largest logit so far, and when a block brings a
    larger one, m', what has been summed is multiplied by :math:`e^{m - m'}` (the online softmax, Milakov & Gimelshein 2018).
    """
    lead, targets = problem.queries.shape[:2]
    context = np.empty((lead, targets, problem.values.shape[-1]), problem.queries.dtype)
    log_normaliser = np.empty((lead, targets), problem.queries.dtype)
    tiling = Tiling.of(*problem.sizes)

    def work(tasks: Iterator[tuple[slice, int]]) -> None:
        with workspace(context.dtype) as room, np.errstate(all="ignore"):
            for items, chain in tasks:
                units = problem.unit_keys(items, room)
                for rows in tiling.queries[chain :: tiling.chains]:
                    sums, normaliser, shift = _sums(
                        problem, items, rows, tiling.keys, units, room, context[items, rows]
                    )
                    log_normaliser[items, rows] = np.log(normaliser) + shift
                    normaliser[normaliser == 0] = 1
                    sums /= normaliser[..., None]

    share(tiling.tasks(), work)
    return context, log_normaliser


def _sums(
    problem: Problem,
    items: slice,
    rows: slice,
    blocks: list[slice],
    units: Array,
    room: Workspace,
    sums: Array,
) -> tuple[Array, Array, Array | float]:
    """The sums of exponentials times values and of exponentials, and the shift of the exponents."""
    n, length, width = sums.shape
    longest = max((keys.stop - keys.start for keys in blocks), default=0)
    queries = problem.scaled_queries(items, rows, room.array("queries", n, length, units.shape[-1]))
    ones = room.array("ones", longest, 1)
    ones[...] = 1
    normaliser = np.zeros((n, length), sums.dtype)
    maximum = np.full((n, length), -np.inf, sums.dtype)
    shift: Array | float = 0.0
    visible = problem.visible_blocks(rows, blocks)
    if not visible:
        sums[...] = 0
    for number, keys in enumerate(visible):
        size = keys.stop - keys.start
        out = room.array("scores", n, length, size)
        logits = problem.logits(items, rows, keys, queries, units[:, keys], out)
        if not problem.bounded:
            larger = np.maximum(maximum, logits.max(axis=-1))
            shift = np.where(larger == -np.inf, 0, larger)
            logits -= shift[..., None]
            shrink = np.exp(maximum - shift)
            maximum = larger
            normaliser *= shrink
            if number:
                sums *= shrink[..., None]
        exponentials = problem.exponentials(items, rows, keys, logits)
        # A product with ones sums rows three times as fast as np.sum.
        normaliser += np.matmul(exponentials, ones[:size])[..., 0]
        values = problem.values[items, keys]
        if number:
            sums += np.matmul(exponentials, values, out=room.array("part", n, length, width))
        else:
            np.matmul(exponentials, values, out=sums)
    return sums, normaliser, shift
