"""Zero, the wrong sign, a constant factor, a factor that varies along an axis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ...functional._checks import Array
from ..evidence import Evidence, Explanation, enough


def zero(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Zeros where the gradient is not zero."""
    if enough(wrong) and all(_is_zero(evidence) for evidence in wrong):
        yield Explanation(
            "zero",
            f"all {wrong[0].given.size} entries are 0; the largest true one is {_largest(wrong[0].expected):.3g}.",
            "Is the result assigned to another name, overwritten, or never filled? A gradient of 0 says that the loss does "
            "not depend on this input: does it?",
        )


def sign_flipped(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The whole gradient times -1."""
    if enough(wrong) and all(evidence.agrees(-evidence.expected) for evidence in wrong):
        yield Explanation(
            "sign-flipped",
            f"−1 × the true {_noun(wrong)} in all {wrong[0].given.size} entries.",
            "Does the loss grow or shrink when this input grows a little? Follow one minus sign from the last line to the first.",
        )


def constant_factor(wrong: list[Evidence]) -> Iterator[Explanation]:
    """One number times the gradient, named where it is a size."""
    if not enough(wrong):
        return
    found = [_multiple(evidence.given, evidence) for evidence in wrong]
    factors = [factor for factor in found if factor is not None]
    if not factors or len(factors) < len(found) or any(abs(abs(factor) - 1) < 1e-8 for factor in factors):
        return
    name = name_factor(factors, [evidence.situation.sizes for evidence in wrong])
    if not name and wrong[0].expected.size == 1 and max(factors) - min(factors) > 1e-8 * abs(factors[0]):
        return
    value = f"{factors[0]:.4g}"
    if not name and max(factors) - min(factors) > 1e-8 * abs(factors[0]):
        value = "a number that differs from call to call, here " + ", ".join(f"{f:.4g}" for f in factors[:3])
    yield Explanation(
        "constant-factor",
        f"{value} × the true {_noun(wrong)} in all {wrong[0].given.size} entries"
        + (f"; {value} is {name}." if name else "."),
        "Which constant of the forward pass is missing, used twice, or does not belong there? "
        "Take one entry and multiply its derivative out by hand.",
    )


def missing_factor(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The gradient up to a factor that is the same along some axes and varies along the others."""
    if not all(evidence.comparable for evidence in wrong):
        return
    dimensions = {evidence.expected.ndim for evidence in wrong}
    # Axes are counted from the last, so that a case with more leading dimensions has the same name for them.
    for count in range(1, min(dimensions)):
        for kept in itertools.combinations(range(-min(dimensions), 0), count):
            ratios = [_ratio_along(evidence, kept) for evidence in wrong]
            if all(ratio is not None for ratio in ratios):
                yield _varying(wrong, kept, [ratio for ratio in ratios if ratio is not None])
                return
    if len(dimensions) == 1:
        return
    for width in (1, 2):
        # All axes but the last: a factor per row, whatever the number of leading dimensions.
        ratios = [_ratio_along(evidence, tuple(range(-evidence.expected.ndim, -width))) for evidence in wrong]
        if all(ratio is not None for ratio in ratios):
            yield _varying(wrong, (-2,), [ratio for ratio in ratios if ratio is not None])
            return


def name_factor(factors: list[float], sizes: list[Mapping[str, int]]) -> str:
    """The words for a factor, if it is a simple function of the sizes in every case; else an empty string."""
    named = [dict(named_constants(lengths)) for lengths in sizes]
    shared = [name for name in named[0] if all(name in constants for constants in named)]
    for name in shared:
        if all(
            abs(constants[name] - factor) <= 1e-8 * abs(factor)
            for constants, factor in zip(named, factors, strict=True)
        ):
            return name
    return ""


def named_constants(sizes: Mapping[str, int]) -> Iterable[tuple[str, float]]:
    """Simple functions of the sizes, with words for them."""
    for name, n in sizes.items():
        if n > 0:
            yield name, n
            yield f"1 / ({name})", 1 / n
            yield f"the root of {name}", math.sqrt(n)
            yield f"1 / the root of ({name})", 1 / math.sqrt(n)
            yield f"n / (n − 1) for {name}", n / (n - 1) if n > 1 else math.inf
            yield f"(n − 1) / n for {name}", (n - 1) / n
    for (one, n), (other, m) in itertools.combinations(sizes.items(), 2):
        if n * m > 0:
            yield f"({one}) × ({other})", n * m
            yield f"1 / (({one}) × ({other}))", 1 / (n * m)
            yield f"({one}) / ({other})", n / m
            yield f"({other}) / ({one})", m / n


def _multiple(array: Array, evidence: Evidence) -> float | None:
    """c where ``array = c x expected`` in every entry."""
    expected = np.where(evidence.judged, evidence.expected, 0)
    factor = float(np.sum(array * expected) / np.sum(expected * expected))
    if abs(factor) < 1e-8 or not math.isfinite(factor):
        return None
    # One entry away from zero makes any array a multiple of it.
    several = np.count_nonzero(np.abs(expected) > 1e-6 * np.abs(expected).max()) > 1
    return factor if (several or expected.size == 1) and evidence.agrees(factor * evidence.expected) else None


def _ratio_along(evidence: Evidence, kept: tuple[int, ...]) -> Array | None:
    """The factor for each index of the axes `kept`, where one explains all entries along the others."""
    summed = tuple(axis for axis in range(-evidence.expected.ndim, 0) if axis not in kept)
    expected = np.where(evidence.judged, evidence.expected, 0)
    counted = np.abs(expected) > 1e-6 * np.abs(expected).max()
    free = np.count_nonzero(counted.any(axis=summed))
    # As many factors as entries would explain anything: there must be about two entries a factor.
    if not summed or np.count_nonzero(counted) < 2 * free - 1 or free < 2:
        return None
    squares = np.sum(expected * expected, axis=summed, keepdims=True)
    ratio = np.sum(evidence.given * expected, axis=summed, keepdims=True) / np.where(squares == 0, 1, squares)
    return ratio if evidence.agrees(ratio * evidence.expected) else None


def _varying(wrong: list[Evidence], kept: tuple[int, ...], ratios: list[Array]) -> Explanation:
    ratio = ratios[0]
    if all(np.isin(np.rint(each), (0, 1)).all() and np.allclose(each, np.rint(each), atol=1e-7) for each in ratios):
        only_last = all(np.rint(each.ravel())[-1] == 1 and np.rint(each).sum() == 1 for each in ratios)
        if only_last:
            return Explanation(
                "overwritten",
                f"along axis {kept[0]} only the last place is filled, the others are 0.",
                "What does the loop keep of the rounds before?",
            )
        missing = ", ".join(str(place) for place in np.flatnonzero(np.rint(ratio.ravel()) == 0)[:6])
        return Explanation(
            "dropped-term",
            f"the entries at index {missing} of axis {kept[0]} are 0, the others are right.",
            "Does the loop, or the slice, reach every index?",
        )
    axes = " and ".join(str(axis) for axis in kept)
    shown = ", ".join(f"{number:.4g}" for number in ratio.ravel()[:4])
    name = _name_varying(wrong, ratios)
    return Explanation(
        "missing-factor",
        f"the entries are right up to a factor that varies along axis {axes} ({shown}{', …' if ratio.size > 4 else ''})"
        + (f": it is {name}." if name else "."),
        "Which quantity has one value for each index of that axis? Where does it enter the forward pass, and so the derivative?",
    )


def _name_varying(wrong: list[Evidence], ratios: list[Array]) -> str:
    """The words for a varying factor that is an argument's, a norm's or a sum's, or one divided by it."""
    for argument, value in wrong[0].situation.arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            continue
        for words, function in _QUANTITIES.items():
            if all(
                _equal_up_to_shape(ratio, function(evidence.situation.arguments[argument]))
                for evidence, ratio in zip(wrong, ratios, strict=True)
            ):
                return words.format(argument)
    return ""


def _equal_up_to_shape(ratio: Array, candidate: Array) -> bool:
    flat = np.ravel(candidate)
    return flat.shape == ratio.ravel().shape and np.allclose(flat, ratio.ravel(), rtol=1e-8, atol=0)


_QUANTITIES = {
    "{0} itself": lambda x: x,
    "1 / {0}": lambda x: 1 / x,
    "‖{0}‖, the length of each row": lambda x: np.linalg.norm(x, axis=-1),
    "1 / ‖{0}‖, one over the length of each row": lambda x: 1 / np.linalg.norm(x, axis=-1),
    "‖{0}‖², the squared length of each row": lambda x: np.sum(x * x, axis=-1),
    "1 / ‖{0}‖²": lambda x: 1 / np.sum(x * x, axis=-1),
    "the standard deviation of each row of {0}": lambda x: np.std(x, axis=-1),
    "1 / the standard deviation of each row of {0}": lambda x: 1 / np.std(x, axis=-1),
    "the sum of each row of {0}": lambda x: np.sum(x, axis=-1),
}


def _is_zero(evidence: Evidence) -> bool:
    return bool(np.all(np.abs(evidence.given) <= evidence.tolerance))


def _noun(wrong: list[Evidence]) -> str:
    return "result" if wrong[0].result == "output" else "gradient"


def _largest(array: Array) -> float:
    flat = array.ravel()
    return float(flat[np.argmax(np.abs(flat))])
