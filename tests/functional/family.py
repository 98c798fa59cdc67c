"""What the tests of the attention family share: the checker on a pair of functions, and the rules that every pair keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np.gradcheck import check_gradients

from ..derivatives import check_by_projections, relative_error

Array = NDArray[Any]


def check_pair(
    forward: Callable[..., Array],
    backward: Callable[..., Any],
    inputs: dict[str, Array],
    seed: int,
    by_projections: bool = False,
) -> None:
    """``backward(d_output, *inputs)`` is the derivative of ``forward(*inputs)``; the upstream is random."""
    rng = np.random.default_rng(seed)
    if by_projections:

        def layer(*arrays: Array) -> tuple[Array, Callable[[Array], Any]]:
            return forward(*arrays), lambda d_output: backward(d_output, *arrays)

        report = check_by_projections(layer, *inputs.values(), names=list(inputs), rng=rng)
    else:
        report = check_gradients(forward, *inputs.values(), backward=backward, names=list(inputs), rng=rng)
    report.raise_if_failed()
    assert list(report.errors) == list(inputs) and report.diagnoses == ()


def check_dtypes(
    forward: Callable[..., Array], backward: Callable[..., Any], inputs: dict[str, Array], upstream: Array
) -> None:
    """Floats of one dtype in, the same dtype out, with the numbers of double precision to rounding."""

    def gradients(d_output: Array, arrays: list[Array]) -> tuple[Array, ...]:
        result = backward(d_output, *arrays)
        return result if isinstance(result, tuple) else (result,)

    exact = [forward(*inputs.values()), *gradients(upstream, list(inputs.values()))]
    for dtype, error in ((np.float16, 3e-2), (np.float32, 1e-5), (np.longdouble, 1e-13)):
        arrays = [array.astype(dtype) for array in inputs.values()]
        narrow = [forward(*arrays), *gradients(upstream.astype(dtype), arrays)]
        for found, expected in zip(narrow, exact, strict=True):
            assert found.dtype == dtype
            assert relative_error(found, expected) < error
