r"""The slope of a layer's weighted output along a line through all of its numbers, beside the slope that its gradients claim.

With upstream u, outputs y and numbers :math:`\theta` (inputs and parameters), :math:`\varphi(\theta) = \sum u \odot y` has the
gradient that the backward pass gives for u. Along a direction v its slope is :math:`\sum g \odot v`, one number for a million entries,
and a difference of two forward passes tells whether it is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from ..calls import Refused
from ..evidence import SMALLEST
from ..numerics.differences import EPSILON, derivative_along
from .layer_call import Arrays, LayerCall

GROUPS = 8
"""In so many sums the outputs are added up: one sum alone may hide its noise by accident."""
STEP = 0.01
SMALLEST_COMPONENT = 0.5
"""Of a random direction, in units of its mean."""
MARGIN = 5.0
"""A difference counts if it is so many times larger than its error is estimated to be."""


class Slope(NamedTuple):
    """What differences along one direction show, beside what the gradients say.

    Attributes
    ----------
    given, expected : float
        By the gradients, and by differences.
    error : float
        An estimate of the error of `expected`.
    tolerance : float
        By how much they may differ.
    broken : bool
        Whether a kink or a jump was met, so that there is no slope to hold the gradients against.
    """

    given: float
    expected: float
    error: float
    tolerance: float
    broken: bool

    @property
    def wrong(self) -> bool:
        return not self.broken and not abs(self.given - self.expected) <= self.tolerance


class Probe:
    """Slopes of one layer at one point, for one upstream.

    Parameters
    ----------
    call : LayerCall
    upstream : dict
        By name of the results; empty for a loss.
    gradients : dict
        What the backward pass gave for this upstream: float64, finite, of the right shapes. Only what is here is probed.

    Attributes
    ----------
    reach : dict
        For each gradient, the size of the numbers that it belongs to: over such a distance the function may bend.
    weight : dict
        For each, what a random direction is multiplied by, so that all contribute alike to a slope where they can.
    unit : dict
        For each, the number that its errors are measured by: its largest entry. A gradient that is less than a millionth
        of what the others contribute is zero but for rounding; then it is that millionth.
    """

    def __init__(self, call: LayerCall, upstream: Arrays, gradients: Arrays) -> None:
        self.call, self.upstream, self.gradients = call, upstream, gradients
        self.centre, self.magnitude = self._weighed(None)
        self._left_out: dict[str, Array] = {}
        self.reach = {name: _root_mean_square(call.values[name]) or 1.0 for name in gradients}
        norms = {name: _root_mean_square(g) * g.size**0.5 for name, g in gradients.items()}
        shares = [norms[name] * self.reach[name] for name in gradients if norms[name] > 0]
        share = max(float(np.median(shares)), 1e-3 * max(shares)) if shares else 0.0
        self.weight = {
            name: min(self.reach[name], share / norms[name]) if norms[name] else self.reach[name] for name in gradients
        }
        self.unit = {
            name: max(float(np.abs(g).max(initial=0)), 1e-6 * share / self.reach[name]) for name, g in gradients.items()
        }

    def direction(self, names: Iterable[str], rng: np.random.Generator) -> Arrays:
        """A random direction in some of the numbers: no component is near zero, so that no single mistake can hide."""
        drawn = {}
        for name in names:
            shape = self.gradients[name].shape
            sizes = rng.uniform(SMALLEST_COMPONENT, 2 - SMALLEST_COMPONENT, shape)
            drawn[name] = rng.choice([-1.0, 1.0], shape) * sizes * self.weight[name]
            if name in self._left_out:
                drawn[name][self._left_out[name]] = 0
        return drawn

    def leave_out_zero_vectors(self, rng: np.random.Generator) -> None:
        """Let directions spare the zero vectors of those arrays where there is no derivative, as of a cosine."""
        for name, gradient in self.gradients.items():
            zero = np.all(self.call.values[name] == 0, axis=-1) if gradient.ndim > 1 else np.zeros(0, bool)
            if zero.any():
                direction = self.direction([name], rng)
                direction[name][~zero] = 0
                if self.slope(direction).broken:
                    self._left_out[name] = zero

    def slope(self, direction: Mapping[str, Array], scale: float = 1.0) -> Slope:
        """To the last digit that differences can give: 11 forward passes, or some more."""
        expected, error, broken = self._derivative(direction, scale, self._given(direction))
        return self._beside(direction, expected, error, broken)

    def quick_slope(self, direction: Mapping[str, Array]) -> Slope:
        """To three digits or more, in four forward passes: enough to see where a mistake sits."""
        far, near = (self._both(direction, step) for step in (STEP, STEP / 2))
        expected = (4 * near[0] - far[0]) / 3
        # Of a smooth function the bend halves with the step, and this is nearly zero; at a kink it stays.
        bend = np.abs(2 * near[1] - far[1])
        error = np.abs(expected - near[0]) + bend / 2 + 4 * EPSILON * self.magnitude / STEP
        return self._beside(direction, float(expected.sum()), float(error.sum()), not np.isfinite(error).all())

    def entry(self, name: str, index: tuple[int, ...]) -> tuple[float, float, bool]:
        """The true derivative in one entry: its value, its error, and whether there is none."""
        direction = {name: np.zeros_like(self.gradients[name])}
        direction[name][index] = 1.0
        return self._derivative(direction, self.reach[name], self._given(direction))

    def quick_entry(self, name: str, index: tuple[int, ...]) -> Slope:
        """One entry in four forward passes, beside what is given for it."""
        direction = {name: np.zeros_like(self.gradients[name])}
        direction[name][index] = self.reach[name]
        *numbers, broken = self.quick_slope(direction)
        given, expected, error, tolerance = (number / self.reach[name] for number in numbers)
        return Slope(given, expected, error, tolerance, broken)

    def _derivative(self, direction: Mapping[str, Array], scale: float, given: float) -> tuple[float, float, bool]:
        """The slope, its error, and whether there is none; `given` has to be refuted by it."""
        found = derivative_along(lambda t: self._at(direction, t), scale)
        expected, error = float(found.value.sum()), float(found.error.sum())
        broken = bool(np.any(found.kink | found.jump))
        if not broken and 1e-8 * abs(expected) < MARGIN * error < abs(given - expected):
            return self._near_a_kink(direction, scale, given) or (expected, error, broken)
        return expected, error, broken

    def _near_a_kink(
        self, direction: Mapping[str, Array], scale: float, given: float
    ) -> tuple[float, float, bool] | None:
        """Where large steps did not settle: whether smaller ones confirm what was given, or show a kink beside the point."""
        for step in scale * 10.0 ** -np.arange(4, 10):
            far, near = (self._both(direction, width) for width in (step, step / 2))
            noise = 16 * EPSILON * float(self.magnitude.sum()) / step
            expected = float(near[0].sum())
            error = float(np.abs(near[0] - far[0]).sum()) + noise
            bend = abs(float((2 * near[1] - far[1]).sum()))
            if given == 0 and abs(expected) <= noise:
                return 0.0, error, False
            if abs(given - expected) <= error <= 1e-3 * abs(given):
                return expected, error, False
            if bend > 10 * noise and bend >= abs(given - expected):
                return expected, error, True
        return None

    def _given(self, direction: Mapping[str, Array]) -> float:
        return sum(float(np.vdot(self.gradients[name], v)) for name, v in direction.items())

    def _beside(self, direction: Mapping[str, Array], expected: float, error: float, broken: bool) -> Slope:
        given = self._given(direction)
        # Were every entry off by a billionth of the largest, at random, then the slope would be off by so much.
        allowed = sum((self.unit[name] ** 2) * float(np.vdot(v, v)) for name, v in direction.items()) ** 0.5
        rounding = EPSILON * sum(float(np.abs(self.gradients[name] * v).sum()) for name, v in direction.items())
        return Slope(given, expected, error, MARGIN * error + 3 * SMALLEST * allowed + rounding, broken)

    def _both(self, direction: Mapping[str, Array], step: float) -> tuple[Array, Array]:
        """The central difference, and the right-hand difference minus the left-hand one."""
        above, below = self._at(direction, step), self._at(direction, -step)
        return (above - below) / (2 * step), (above + below - 2 * self.centre) / step

    def _at(self, direction: Mapping[str, Array], t: float) -> Array:
        if t == 0:
            return self.centre
        values = self.call.values
        return self._weighed({name: values[name] + t * v for name, v in direction.items()})[0]

    def _weighed(self, moved: Mapping[str, Array] | None) -> tuple[Array, Array]:
        """The weighted output in `GROUPS` sums, and the sums of its absolute values; NaN where the layer gives no result."""
        try:
            results = self.call.forward(moved).results
        except Refused:
            return np.full(GROUPS, np.nan), np.full(GROUPS, np.nan)
        if not self.upstream:
            return results["loss"].reshape(1), np.abs(results["loss"]).reshape(1)
        terms = np.concatenate([(upstream * results[name]).ravel() for name, upstream in self.upstream.items()])
        groups = np.array_split(terms, GROUPS)
        return np.array([part.sum() for part in groups]), np.array([np.abs(part).sum() for part in groups])


def _root_mean_square(array: Array) -> float:
    largest = float(np.abs(array).max(initial=0))
    return largest * float(np.sqrt(np.mean((array / largest) ** 2))) if largest > 0 else 0.0
