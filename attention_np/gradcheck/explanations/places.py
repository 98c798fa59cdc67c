"""The right numbers elsewhere: transposed, misplaced, exchanged with another result, not summed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ...functional._checks import Array
from ..evidence import Evidence, Explanation

Move = Callable[[Array], Array]


def swapped(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Another result of the same call stands here."""
    for other in wrong[0].others:
        if other != wrong[0].name and _all_agree(wrong, _other(other)):
            yield Explanation(
                "swapped-results",
                f"this is your {other}: the two results are swapped.",
                "In which order does the function return its results, and in which order are the inputs listed?",
            )
            return


def transposed(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The axes in another order."""
    fewest = min(evidence.expected.ndim for evidence in wrong)
    for one, other in itertools.combinations(range(-fewest, 0), 2):

        def exchanged(evidence: Evidence, one: int = one, other: int = other) -> Array:
            return evidence.expected.swapaxes(one, other)

        if _all_agree(wrong, exchanged):
            yield _transposed(wrong[0], f"axes {one} and {other} are exchanged")
            return
    if _all_agree(wrong, lambda evidence: evidence.expected.T):
        yield _transposed(wrong[0], "all axes are reversed")


def misplaced(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The same numbers, each somewhere else."""
    if not all(evidence.comparable and _same_numbers(evidence) for evidence in wrong):
        return
    how = "the places are mixed up"
    for words, move in _moves(min(evidence.expected.ndim for evidence in wrong)):
        if _all_agree(wrong, _moved(move)):
            how = words
            break
    yield Explanation(
        "misplaced",
        f"the numbers are right and stand in the wrong places: {how}.",
        "Follow one number from the upstream to the result. A reshape keeps the order in memory; only a transpose changes it.",
    )


def not_summed(wrong: list[Evidence]) -> Iterator[Explanation]:
    """More numbers than the input has: summed over some axes they would be right."""
    if all(_missing_sum(evidence) for evidence in wrong):
        first = wrong[0]
        yield Explanation(
            "not-summed",
            f"shape {first.given.shape} where {first.expected.shape} belongs; summed over {_missing_sum(first)} the numbers "
            "are right.",
            "In the forward pass one number was used at many places. What happens to its gradient at each of them?",
        )


def other_sum(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The right gradient is a sum of the upstream over some axes; this is one over others."""
    if not all(_sum_of_upstream(evidence) for evidence in wrong):
        return
    axes, right_axes = _sum_of_upstream(wrong[0])[0]
    code = "not-summed" if set(axes) < set(right_axes) else "wrong-axis"
    yield Explanation(
        code,
        f"this is the upstream summed over {_axes(axes) if axes else 'no axis'}, where {_axes(right_axes)} belong.",
        "The result has the shape of the input. Over which axes was the input repeated in the forward pass?",
    )


def summed_too_far(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Fewer numbers than the input has: the right ones, summed over axes that should have stayed."""
    if all(_needless_sum(evidence) for evidence in wrong):
        first = wrong[0]
        yield Explanation(
            "wrong-axis",
            f"shape {first.given.shape} where {first.expected.shape} belongs: the right numbers summed over "
            f"{_needless_sum(first)}, which should have stayed.",
            "The gradient has the shape of the input. Over which axes was the input repeated, and over which not?",
        )


def _all_agree(wrong: list[Evidence], predict: Callable[[Evidence], Array | None]) -> bool:
    for evidence in wrong:
        predicted = predict(evidence)
        if predicted is None or not evidence.expected.any() or not evidence.agrees(predicted):
            return False
    return True


def _other(name: str) -> Callable[[Evidence], Array | None]:
    return lambda evidence: evidence.others.get(name)


def _moved(move: Move) -> Callable[[Evidence], Array | None]:
    return lambda evidence: move(evidence.expected)


def _transposed(evidence: Evidence, how: str) -> Explanation:
    shapes = "" if evidence.given.shape == evidence.expected.shape else f", shape {evidence.given.shape}"
    return Explanation(
        "transposed",
        f"the numbers are right and {how}{shapes}.",
        "Write the shapes of the product under its factors: which index is the row of the result?",
    )


def _same_numbers(evidence: Evidence) -> bool:
    given, expected = np.sort(evidence.given, axis=None), np.sort(evidence.expected, axis=None)
    spread = np.abs(expected).max()
    distinct = np.count_nonzero(np.diff(expected) > 1e-6 * spread) + 1
    close = np.all(np.abs(given - expected) <= evidence.tolerance.max())
    return bool(distinct > 2 and close)


def _moves(dimensions: int) -> Iterator[tuple[str, Move]]:
    for axis in range(-1, -dimensions - 1, -1):
        yield f"reversed along axis {axis}", partial(np.flip, axis=axis)
        yield f"moved by one along axis {axis}", partial(np.roll, shift=1, axis=axis)
        yield f"moved back by one along axis {axis}", partial(np.roll, shift=-1, axis=axis)
    for one, other in itertools.combinations(range(-dimensions, 0), 2):
        words = "reshaped where a transpose belongs"
        yield words, partial(_reshape_there, one=one, other=other)
        yield words, partial(_reshape_back, one=one, other=other)


def _reshape_there(array: Array, one: int, other: int) -> Array:
    return array.swapaxes(one, other).reshape(array.shape)


def _reshape_back(array: Array, one: int, other: int) -> Array:
    shape = list(array.shape)
    shape[one], shape[other] = shape[other], shape[one]
    return array.reshape(shape).swapaxes(one, other)


def _missing_sum(evidence: Evidence) -> str:
    if evidence.given.size > evidence.expected.size and evidence.expected.any():
        for axes in _some_axes(evidence.given.ndim):
            summed = evidence.given.sum(axis=axes)
            if summed.size == evidence.expected.size and np.all(
                np.abs(summed.reshape(evidence.expected.shape) - evidence.expected) <= 10 * evidence.tolerance
            ):
                return _axes(axes)
    return ""


def _sum_of_upstream(evidence: Evidence) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The axes over which the upstream was summed, and over which it should have been, where both are sums of it."""
    upstream = evidence.situation.upstream
    if upstream is None or not evidence.expected.any():
        return []
    sums = {axes: upstream.sum(axis=axes) for axes in [(), *_some_axes(upstream.ndim)]}
    right = [axes for axes, array in sums.items() if _is_expected(array, evidence)]
    given = [axes for axes, array in sums.items() if _is_given(array, evidence)]
    return [(given[0], right[0])] if right and given and given[0] != right[0] else []


def _is_expected(array: Array, evidence: Evidence) -> bool:
    return array.shape == evidence.expected.shape and np.allclose(array, evidence.expected, rtol=0, atol=evidence.tolerance.max())


def _is_given(array: Array, evidence: Evidence) -> bool:
    return array.size == evidence.given.size and evidence.agrees(array.reshape(evidence.given.shape))


def _needless_sum(evidence: Evidence) -> str:
    if evidence.given.size < evidence.expected.size and evidence.expected.any():
        for axes in _some_axes(evidence.expected.ndim):
            for kept in (False, True):
                summed = evidence.expected.sum(axis=axes, keepdims=kept)
                if evidence.agrees(np.asarray(summed)):
                    return _axes(axes)
    return ""


def _some_axes(dimensions: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, dimensions + 1):
        yield from itertools.combinations(range(dimensions), count)


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else "axes " + " and ".join(str(axis) for axis in axes)
