"""The forward pass of attention, block by block, with a softmax that needs to see each score only once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._checks import Array
from .tiled_problem import Place, Problem
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
                    place = items, rows
                    log_normaliser[place] = _attend(problem, place, tiling.keys, units, context[place], room)

    share(tiling.tasks(), work)
    return context, log_normaliser


def _attend(
    problem: Problem, place: Place, blocks: list[slice], units: Array, context: Array, room: Workspace
) -> Array:
    """Write the context of a block of queries; give their log-normaliser."""
    queries = problem.scaled_queries(place, room)
    ones = np.ones((max((keys.stop - keys.start for keys in blocks), default=0), 1), queries.dtype)
    normaliser = np.zeros(queries.shape[:2], queries.dtype)
    maximum = np.full_like(normaliser, -np.inf)
    shift = np.zeros_like(normaliser)
    visible = problem.visible_blocks(place[1], blocks)
    if not visible:
        context[...] = 0
    for number, keys in enumerate(visible):
        logits = problem.logits(place, keys, queries, units[:, keys], room)
        if not problem.bounded:
            larger = np.maximum(maximum, logits.max(axis=-1))
            shift = np.where(larger == -np.inf, 0, larger)
            shrink = np.exp(maximum - shift)
            maximum = larger
            logits -= shift[..., None]
            normaliser *= shrink
            if number:
                context *= shrink[..., None]
        exponentials = problem.exponentials(place, keys, logits)
        # A product with ones sums rows three times as fast as np.sum.
        normaliser += np.matmul(exponentials, ones[: keys.stop - keys.start])[..., 0]
        room.add_product(exponentials, problem.values_of(place[0], keys), context, number == 0)
    log_normaliser = np.log(normaliser) + shift
    normaliser[normaliser == 0] = 1
    context /= normaliser[..., None]
    return log_normaliser
