"""The floor: attention's six matrix products and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..functional._checks import Array
from .threads import blas_limit, threads
from .timing import Contender, measure

PEAK_SIZE = 1536
PEAK_ROUNDS = 8


def attention_operations(batch: int, targets: int, sources: int, width: int) -> int:
    """Floating-point operations of attention forwards and backwards: six products of 2 · L · S · d each.

    It is the work that attention needs, so a program that recomputes is not credited for it; exponentials and sums are not
    counted.
    """
    return 6 * 2 * batch * targets * sources * width


def attention_bytes(batch: int, targets: int, sources: int, width: int) -> int:
    """Bytes of float32 that must be read or written: queries, keys, values, context, upstream, three gradients."""
    return 4 * batch * width * (4 * targets + 4 * sources)


def bare_products(d_context: Array, queries: Array, keys: Array, values: Array) -> Callable[[], None]:
    """Attention's six products through ``np.matmul``, into buffers made beforehand.

    Forwards :math:`S = Q K^T` and :math:`C = P V`; backwards :math:`dV = P^T dC`, :math:`dP = dC \\, V^T`, :math:`dQ = dS \\, K` and :math:`dK = dS^T Q`. With S in P's
    place and dP in dS's, since what stands in the arrays does not change the time.
    """
    scores = np.empty((*queries.shape[:-1], keys.shape[-2]), queries.dtype)
    d_scores, context = np.empty_like(scores), np.empty_like(d_context)
    d_queries, d_keys, d_values = np.empty_like(queries), np.empty_like(keys), np.empty_like(values)

    def products() -> None:
        np.matmul(queries, keys.swapaxes(-1, -2), out=scores)
        np.matmul(scores, values, out=context)
        np.matmul(scores.swapaxes(-1, -2), d_context, out=d_values)
        np.matmul(d_context, values.swapaxes(-1, -2), out=d_scores)
        np.matmul(d_scores, keys, out=d_queries)
        np.matmul(d_scores.swapaxes(-1, -2), queries, out=d_keys)

    return products


def floor_contenders(products: Callable[[], None]) -> list[Contender]:
    """The products with one thread and with all: small ones are faster with one, and the better counts."""
    return [Contender(f"floor, BLAS threads: {number}", products, blas_limit(number)) for number in _numbers()]


def peak_gflops() -> float:
    """What the machine's matrix products reach at best, float32, in 10⁹ operations per second.

    The only figure that is a best and not a median: a roof is where nothing goes higher.
    """
    rng = np.random.default_rng(0)
    left, right = rng.random((2, PEAK_SIZE, PEAK_SIZE), dtype=np.float32)
    result = np.empty_like(left)

    def product() -> None:
        np.matmul(left, right, out=result)

    contenders = [Contender(str(number), product, blas_limit(number)) for number in _numbers()]
    fastest = min(min(seconds) for seconds in measure(contenders, PEAK_ROUNDS).values())
    return 2 * PEAK_SIZE**3 / fastest / 1e9


def _numbers() -> list[int]:
    return sorted({1, threads()})
