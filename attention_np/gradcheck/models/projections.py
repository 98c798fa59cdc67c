"""The check of a layer or model: random projections first, and a closer look only at what fails.

One direction through all parameters and inputs at once compares a million gradients with one difference. If it fails, the
parameters are halved until those are left that fail alone; in a small one every entry is then compared, and in a large one
its rows, columns and entries are halved in turn. What is not smooth along a direction is looked at in the same way, and
accused only where there is a derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..calls import Refused
from ..diagnosis import Diagnosis
from ..report import Comparison, Report
from .layer_call import LayerCall
from .layer_diagnoses import Diagnose, diagnose_in_full
from .layer_faults import Prepared, prepare
from .layer_rows import LARGE, Examination
from .probe import MARGIN, SMALLEST_COMPONENT, Probe, Slope

FEW = 400
"""Numbers of which every one is compared from the start."""
DIRECTIONS = 2
SETTLED = 1e-9
SETTLED_IF_LARGE = 1e-6
"""A gradient whose error is known to be less than this, in units of its largest entry, needs no projection of its own."""


def check_layer(
    layer: Callable[..., Any],
    inputs: tuple[Any, ...],
    names: Sequence[str] | None,
    rng: np.random.Generator,
    diagnose: Diagnose = diagnose_in_full,
) -> Report:
    """Check the gradients of a layer's inputs and parameters, in a float64 copy; the layer itself is not changed.

    Parameters
    ----------
    layer : callable
        Gives ``(output, backward)``. The output is an array, a named tuple of arrays (backward then takes one upstream per
        field, by keyword), or a loss (backward then takes none).
    inputs : tuple
        Of the forward pass. Gradients are asked for arrays of float64.
    names : sequence of str or None
        Of the inputs; as in the layer's signature if None.
    rng : numpy.random.Generator
        Draws upstreams and directions.
    diagnose : callable
        Explains a wrong gradient that is known in full.

    Returns
    -------
    Report
        A row for each floating input and each parameter. Where a projection was enough, the error is a bound: were any
        entry off by more, the projection would almost surely have shown it.

    Raises
    ------
    TypeError, ValueError
        If an input is floating but not float64, there is not one name for each, or the layer cannot be copied.
    """
    call = LayerCall(layer, inputs, names)
    global_state = np.random.get_state()
    try:
        prepared = prepare(call, rng)
        return _Check(call, prepared, rng, diagnose).report()
    except Refused as refused:
        return Report(call.subject, (), (refused.diagnosis,))
    finally:
        call.release()
        np.random.set_state(global_state)


class _Check:
    def __init__(self, call: LayerCall, prepared: Prepared, rng: np.random.Generator, diagnose: Diagnose) -> None:
        self._call, self._prepared, self._rng = call, prepared, rng
        self._probe = Probe(call, prepared.upstream, prepared.gradients)
        self._examination = Examination(self._probe, rng, diagnose)
        self._bounds: dict[str, float] = {}

    def report(self) -> Report:
        names = [name for name, gradient in self._prepared.gradients.items() if gradient.size]
        few = sum(self._prepared.gradients[name].size for name in names) <= FEW
        suspects = set(names if few else self._suspects(names))
        # What is nearest to the output is explained first: a mistake spoils everything before it.
        rows: dict[str, Comparison] = {}
        diagnoses: list[Diagnosis] = []
        for name in sorted(suspects, key=names.index, reverse=True):
            rows[name], found = self._examination.look(name, self._bounds.get(name, np.nan))
            diagnoses += found
        for name, value in self._call.values.items():
            if name not in self._prepared.gradients:
                rows[name] = Comparison(name, value.shape, "wrong", np.nan)
            elif name not in suspects:
                rows[name] = Comparison(name, value.shape, "right", self._bounds.get(name, 0.0))
        wrong = [name for name in names if rows[name].verdict == "wrong"]
        diagnoses.sort(key=lambda diagnosis: (diagnosis.code == "kink", diagnosis.code == "unknown"))
        unexplained = [name for name in wrong if all(diagnosis.input != name for diagnosis in diagnoses)]
        if unexplained:
            diagnoses.append(_unexplained(unexplained, alone=len(wrong) == 1))
        if wrong:
            diagnoses = [_ignored(field) for field in self._prepared.unsent] + diagnoses
        diagnoses = self._prepared.diagnoses + _in_context(diagnoses, wrong, len(names))
        return Report(self._call.subject, tuple(rows[name] for name in self._call.values), tuple(diagnoses))

    def _suspects(self, names: list[str]) -> list[str]:
        """What does not pass: after a look at all together, by halving."""
        suspects: list[str] = []
        self._probe.leave_out_zero_vectors(self._rng)
        if not self._pass(names):
            suspects = _halve(names, self._clearly_wrong)
            rest = [name for name in names if name not in suspects]
            if rest and not self._pass(rest):
                suspects += _halve(rest, lambda part: not self._pass(part))
        large = sum(self._prepared.gradients[name].size for name in names) > LARGE
        settled = SETTLED_IF_LARGE if large else SETTLED
        vague = [name for name in names if name not in suspects and not self._bounds.get(name, np.inf) <= settled]
        return suspects + [name for name in vague if not self._pass([name])]

    def _pass(self, names: list[str]) -> bool:
        """Whether some gradients agree with the slopes along random directions; notes how far they can be off."""
        bounds = dict.fromkeys(names, 0.0)
        for _ in range(DIRECTIONS):
            direction = self._probe.direction(names, self._rng)
            slope = self._probe.slope(direction)
            if slope.wrong:
                # A right gradient must not be accused because one estimate of an error was too bold.
                slope = _fairer(slope, self._probe.slope(direction, 0.37))
            for name in names:
                doubt = abs(slope.given - slope.expected) + MARGIN * slope.error
                size = SMALLEST_COMPONENT * self._probe.weight[name] * self._probe.unit[name]
                bounds[name] = max(bounds[name], doubt / size if size else 0.0)
            if slope.broken or slope.wrong:
                return False
        self._bounds |= bounds
        return True

    def _clearly_wrong(self, names: list[str]) -> bool:
        return all(
            self._probe.quick_slope(self._probe.direction(names, self._rng)).wrong for _ in range(DIRECTIONS)
        )


def _halve(names: list[str], wrong: Callable[[list[str]], bool]) -> list[str]:
    """Those names that are wrong alone."""
    if not wrong(names):
        return []
    if len(names) == 1:
        return names
    middle = len(names) // 2
    return _halve(names[:middle], wrong) + _halve(names[middle:], wrong)


def _fairer(one: Slope, other: Slope) -> Slope:
    """Of two estimates of the same slope the one nearer to what is given; as uncertain as the two are apart."""
    apart = MARGIN * abs(one.expected - other.expected)
    nearer = min(one, other, key=lambda slope: abs(slope.given - slope.expected))
    return nearer._replace(
        tolerance=max(one.tolerance, other.tolerance, apart), broken=one.broken or other.broken
    )


def _unexplained(names: list[str], alone: bool) -> Diagnosis:
    hint = "Check the parts of the layer one by one." if alone else "Correct what is named before, and check again."
    message = f"{', '.join(names)}: the output moves otherwise than {'it says' if len(names) == 1 else 'they say'}."
    return Diagnosis("unknown", names[0] if len(names) == 1 else "", message, hint)


def _ignored(field: str) -> Diagnosis:
    message = f"the upstream d_{field} alone gives no gradient at all."
    return Diagnosis("upstream-ignored", f"d_{field}", message, f"Through what does {field} depend on the inputs?")


def _in_context(diagnoses: list[Diagnosis], wrong: list[str], total: int) -> list[Diagnosis]:
    """The first diagnosis says where to begin, where several gradients are wrong."""
    if not diagnoses or len(wrong) < 2:
        return diagnoses
    first = diagnoses[0]
    hint = f"{first.hint} {len(wrong)} of {total} gradients are wrong: what is wrong near the output spoils all before it."
    return [first._replace(hint=hint), *diagnoses[1:]]
