"""The derivative along a line by central differences, extrapolated to step zero, with an estimate of its error.

**The U-curve.** The central difference :math:`D(h) = (f(x+h) - f(x-h)) / 2h` has two errors. The *truncation* falls
with the step: for smooth f, :math:`D(h) = f' + c_2 h^2 + c_4 h^4 + \\dots`. The *rounding* grows: each value of f is
wrong by about :math:`\\varepsilon |f|`, hence D by :math:`\\varepsilon |f| / h`. Their sum is a U over the logarithm of h. At its
bottom, near :math:`h = \\varepsilon^{1/3}`, a third of the digits is lost; and where it lies depends on f.

**Richardson's extrapolation** need not go there: it takes the truncation away from *large* steps. Of two steps, h and 4h, the
combination :math:`D(h) + (D(h) - D(4h)) / (4^2 - 1)` has no :math:`h^2` any more; of two such combinations the :math:`h^4` goes, and so on:

.. math:: T_{i,0} = D(h_i), \\qquad T_{i,j} = T_{i,j-1} + \\frac{T_{i,j-1} - T_{i-1,j-1}}{4^{2j} - 1}, \\qquad h_i = h_0 / 4^i .

Five steps so give twelve digits where the best single one gives ten.

**Ridders' choice.** Which :math:`T_{i,j}` is the best depends on f: high orders where it is smooth, small steps near a
kink, large ones in noise. Ridders (1982, "Accurate computation of F'(x) and F'(x)F''(x)") asks each how far it lies from
the two that it is made of, and takes the most settled. That distance is the error of its parents, so it errs on the safe side.
To it come the rounding :math:`\\varepsilon |f| / h_i`, and the noise that the values themselves show, as f may lose digits inside (a
difference of large numbers, single precision): how far the value at the smallest step is from what the three before it predict.

**Several ladders.** Five steps from 0.1 to 0.0004 of the scale suit most functions. Where they do not settle (a kink nearby, a
bend on another scale, infinities) the noise is measured, and unless it drowns them, steps a thousand times smaller are tried,
up to three times. What is then unsettled may have no derivative. At a *kink* the one-sided differences go on to
disagree by the same amount; at a *jump* the function goes on to change by the same amount, however small the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from math import prod
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from .noise import noise_along, sample

FIRST_STEP = 0.1
"""The largest step in units of the scale; no power of two, lest steps be so round that they hide rounding."""
RUNGS = 5
RATIO = 4.0
LADDER = RATIO**RUNGS
_NODES = [RATIO ** (2 * power) for power in (3, 2, 1)]
PREDICTION = [prod((1 - b) / (a - b) for b in _NODES if b != a) for a in _NODES]
"""What a parabola in h² through the values at 64 h, 16 h and 4 h makes of each of them at h."""
EPSILON = float(np.finfo(np.float64).eps)
TOLERANCE = 1e-10
"""The error, in units of the largest derivative of any output, at which no other steps are tried."""


class Derivative(NamedTuple):
    """The derivative of each output along a line.

    Attributes
    ----------
    value : array
        Of the shape of the output; 0 where no number could be found.
    error : array
        An estimate of the absolute error of each entry; infinite where no number could be found.
    kink : boolean array
        True where the one-sided derivatives exist and disagree; `value` is their mean, and `error` reaches both.
    jump : boolean array
        True where the function jumps, and so has no derivative, as the cosine at a zero vector.
    """

    value: Array
    error: Array
    kink: Array
    jump: Array


class _Ladder(NamedTuple):
    """What five steps show; the first axis of each array runs over the steps, from the largest."""

    steps: Array
    slopes: Array
    bends: Array  # the right-hand difference minus the left-hand one
    changes: Array  # the larger of |f(x + h) - f(x)| and |f(x - h) - f(x)|
    rounding: Array


def derivative_along(
    function: Callable[[float], Array],
    scale: float = 1.0,
    at: float = 0.0,
    reach: float = 1.0,
    noise: Array | None = None,
) -> Derivative:
    r"""The derivative of ``function(t)``, an array, with respect to the number t, by extrapolated central differences.

    With ``function(t)`` :math:`= F(x + t v)` it is the derivative of F along v, :math:`J v`.

    Parameters
    ----------
    function : callable
        Called 11 times if it is smooth on the given scale, and 60 to 140 times if not. Infinity and NaN are
        allowed; an exception is passed on.
    scale : float
        The change of t over which the function is expected to bend. It need not be right, but saves calls.
    at : float
        Where the derivative is taken.
    reach : float
        A larger scale, tried if the steps prove too small.
    noise : array, optional
        The noise of each output, where it is known; otherwise it is measured if it matters.

    Returns
    -------
    Derivative

    Raises
    ------
    ValueError
        If the shape of the output changes.
    """
    with np.errstate(all="ignore"):
        centre = np.array(function(at), dtype=np.float64)
        undefined = ~np.isfinite(centre)
        negligible = 1e-12 * np.max(np.abs(centre), where=~undefined, initial=0) / max(scale, reach)
        ladders = [_climb(function, at, centre, FIRST_STEP * scale)]
        value, error = _best(ladders, noise)
        settled = _settled(value, error, negligible)
        if not np.all(settled):
            noise = noise_along(function, scale, at) if noise is None else noise
            value, error = _best(ladders, noise)
            for start in _further_starts(scale, at, reach):
                drowned = noise / start > error
                if not np.all(settled | drowned | undefined):
                    ladders.append(_climb(function, at, centre, start))
                    ladders.sort(key=_first_step, reverse=True)
                    value, error = _best(ladders, noise)
                    settled = _settled(value, error, negligible)
        kink = jump = np.zeros(centre.shape, dtype=bool)
        if not np.all(settled):
            jump = _is_jump(ladders, noise) & ~settled
            bend = np.where(settled | jump, 0, _lasting_bend(ladders, noise))
            kink = bend > 0
            error = np.maximum(error, bend / 2)
        unknown = jump | ~np.isfinite(error)
    return Derivative(np.where(unknown, 0.0, value), np.where(unknown, np.inf, error), kink, jump)


def _settled(value: Array, error: Array, negligible: float) -> Array:
    return np.asarray(error <= max(TOLERANCE * float(np.max(np.abs(value), initial=0)), negligible))


def _further_starts(scale: float, at: float, reach: float) -> Iterator[float]:
    """The largest steps of the ladders to be tried after the first."""
    for power in range(4):
        if reach / LADDER**power > scale * LADDER:
            yield FIRST_STEP * reach / LADDER**power
    for power in 1, 2, 3:
        yield FIRST_STEP * scale / LADDER**power
    if 0 < abs(at) < scale / LADDER**4:
        yield FIRST_STEP * abs(at)


def _first_step(ladder: _Ladder) -> float:
    return float(ladder.steps.flat[0])


def _climb(function: Callable[[float], Array], at: float, centre: Array, start: float) -> _Ladder:
    """Evaluate the function at both ends of five steps."""
    nominal = start / RATIO ** np.arange(RUNGS)
    # x + h is rounded: the step is the distance of the numbers as they are stored.
    above, below = at + nominal, at - nominal
    over, under = (sample(function, ends, centre.shape) for ends in (above, below))
    column = (RUNGS, *(1,) * centre.ndim)
    up, down = (above - at).reshape(column), (at - below).reshape(column)
    rise, fall = over - centre, centre - under
    return _Ladder(
        steps=(up + down) / 2,
        slopes=(rise + fall) / (up + down),
        bends=rise / up - fall / down,
        changes=np.maximum(np.abs(rise), np.abs(fall)),
        rounding=EPSILON * np.maximum(np.maximum(np.abs(over), np.abs(under)), np.abs(centre)),
    )


def _best(ladders: list[_Ladder], noise: Array | None) -> tuple[Array, Array]:
    return reduce(_more_credible, [_extrapolate(ladder, noise) for ladder in ladders])


def _extrapolate(ladder: _Ladder, noise: Array | None) -> tuple[Array, Array]:
    """The best entry of Ridders' tableau, and its error."""
    shown = np.maximum(_unexplained(ladder), ladder.rounding)
    # The weights with which the slopes enter an entry of a row add up to 1.2 at most, and the last of them dominates.
    doubt = 1.2 * (shown if noise is None else np.maximum(shown, noise)) / ladder.steps
    column = ladder.slopes
    to_next = np.abs(np.diff(column, axis=0))
    values, errors = [column], [np.concatenate([to_next[:1], to_next]) + doubt]
    for order in range(1, RUNGS):
        finer, coarser = column[1:], column[:-1]
        column = finer + (finer - coarser) / (RATIO ** (2 * order) - 1)
        distance = np.maximum(np.abs(column - finer), np.abs(column - coarser))
        values.append(column)
        errors.append(distance + doubt[order:])
    candidates, doubts = np.concatenate(values), np.concatenate(errors)
    doubts[~np.isfinite(doubts)] = np.inf
    best = np.argmin(doubts, axis=0)[np.newaxis]
    return np.take_along_axis(candidates, best, axis=0)[0], np.take_along_axis(doubts, best, axis=0)[0]


def _unexplained(ladder: _Ladder) -> Array:
    r"""The noise in the values at the smallest step: what the three steps before, by a parabola in :math:`h^2`, do not predict.

    The slope is the odd part :math:`f(x+h) - f(x-h)` over 2h, the bend is the even part :math:`f(x+h) + f(x-h) - 2f(x)` over h.
    """
    smallest = ladder.steps[-1]

    def surprise(y: Array) -> Array:
        return np.abs(y[-1] - sum(weight * earlier for weight, earlier in zip(PREDICTION, y[-4:-1], strict=True)))

    odd = surprise(ladder.slopes) * smallest
    even = surprise(ladder.bends * (smallest / ladder.steps)) * smallest / 2
    return np.nan_to_num(np.maximum(odd, even), nan=np.inf, posinf=np.inf)


def _more_credible(coarse: tuple[Array, Array], fine: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of what two ladders found, for each output the one to believe.

    If they agree, the more exact; if not, the one of smaller steps, as the derivative is a limit.
    """
    (coarse_value, coarse_error), (fine_value, fine_error) = coarse, fine
    agree = ~(np.abs(coarse_value - fine_value) > 10 * (coarse_error + fine_error))
    keep = agree & (coarse_error < fine_error)
    return np.where(keep, coarse_value, fine_value), np.where(keep, coarse_error, fine_error)


def _is_jump(ladders: list[_Ladder], noise: Array | None) -> Array:
    """Where the function changes by the same amount over all the smallest steps, and by a part that matters of the largest."""
    finest = ladders[-1]
    steady = np.min(finest.changes, axis=0) >= 0.5 * np.max(finest.changes, axis=0)
    doubt = finest.rounding[-1] if noise is None else np.maximum(finest.rounding[-1], noise)
    return np.asarray(steady & (finest.changes[-1] > np.maximum(1e-3 * ladders[0].changes[0], 100 * doubt)))


def _lasting_bend(ladders: list[_Ladder], noise: Array | None) -> Array:
    """By how much the one-sided differences disagree, if they do so alike at all the smallest steps that can show it; else 0.

    A step can show a bend that is ten times what noise may feign. A kink nearby is found out by a step that could show
    the bend, and does not.
    """
    steps = np.concatenate([ladder.steps for ladder in ladders])
    bends = np.concatenate([ladder.bends for ladder in ladders])
    rounding = np.concatenate([ladder.rounding for ladder in ladders])
    shown_from = 40 * (rounding if noise is None else np.maximum(rounding, noise)) / steps
    rung = np.arange(len(bends)).reshape(steps.shape)
    last = np.max(np.where(np.abs(bends) > shown_from, rung, 0), axis=0, keepdims=True)
    bend = np.take_along_axis(bends, last, axis=0)
    refuted = np.any((rung > last) & (shown_from < np.abs(bend)), axis=0)
    neighbour = (rung >= last - 3) & (rung <= last)
    steady = np.all(~neighbour | (np.abs(bends - bend) <= 0.25 * np.abs(bend)), axis=0)
    lasting = steady & ~refuted & (last[0] >= 3) & np.isfinite(bend[0])
    return np.where(lasting, np.abs(bend[0]), 0)
