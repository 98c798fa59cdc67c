"""What can be wrong with a layer before any number is compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..calls import Refused
from ..diagnosis import Diagnosis
from .layer_call import Arrays, Forward, LayerCall

SAME = 1e-9


class Prepared(NamedTuple):
    """A layer that can be probed.

    Attributes
    ----------
    upstream : dict
    gradients : dict
        For this upstream; only what has the right shape and is finite.
    diagnoses : list of Diagnosis
    unsent : list of str
        Upstreams that change no gradient when they are sent alone.
    """

    upstream: Arrays
    gradients: Arrays
    diagnoses: list[Diagnosis]
    unsent: list[str]


def prepare(call: LayerCall, rng: np.random.Generator) -> Prepared:
    """Call the layer forwards and backwards a few times, and compare.

    Raises
    ------
    Refused
        If it cannot be called, or not twice with the same result.
    """
    first = call.forward()
    diagnoses = [_mutates(call, name, "forward") for name in call.changed()]
    global_state = repr(np.random.get_state(legacy=False)["state"])
    second = call.forward()
    _require_repeatable(call, first, second, global_state != repr(np.random.get_state(legacy=False)["state"]))
    upstream = _draw(first, rng)
    sent = {name: array.copy() for name, array in upstream.items()}
    none = {name: np.zeros_like(call.values[name]) for name in call.parameters}
    found = call.gradients(second, sent, none)
    diagnoses += [_mutates(call, name, "backward") for name in call.changed() if name not in _about(diagnoses)]
    diagnoses += [
        _mutates(call, f"d_{name}", "backward") for name, array in upstream.items() if not np.array_equal(sent[name], array)
    ]
    gradients = {}
    for name, gradient in found.items():
        wrong = _unusable(call, name, gradient.shape, gradient.dtype, bool(np.isfinite(gradient).all()))
        diagnoses += wrong
        if not wrong or wrong[0].code == "wrong-dtype":
            gradients[name] = gradient.astype(np.float64)
    scale = max((float(np.abs(gradient).max(initial=0)) for gradient in gradients.values()), default=0.0)
    diagnoses += _not_added(call, upstream, gradients, scale, rng)
    unsent: list[str] = []
    if upstream:
        diagnoses += _not_linear(call, upstream, gradients, scale, rng)
        unsent, wrong = _one_by_one(call, first, upstream, gradients, scale)
        diagnoses += wrong
    return Prepared(upstream, gradients, diagnoses, unsent)


def _draw(forward: Forward, rng: np.random.Generator) -> Arrays:
    return {name: rng.standard_normal(forward.results[name].shape) for name in forward.upstreams}


def _about(diagnoses: list[Diagnosis]) -> list[str]:
    return [diagnosis.input for diagnosis in diagnoses]


def _mutates(call: LayerCall, name: str, which: str) -> Diagnosis:
    return Diagnosis(
        "mutates-input",
        name,
        f"the {which} pass of {call.subject} changes {name}, which others still need.",
        "Which line assigns into an array that came from outside (`+=`, `*=`, `[...] =`, `out=`)? Work on a copy.",
    )


def _require_repeatable(call: LayerCall, first: Forward, second: Forward, global_numbers: bool) -> None:
    one, other = first.results, second.results
    if one.keys() == other.keys() and all(one[name].shape == other[name].shape for name in one):
        if all(_agree(one[name], other[name], 0.0) for name in one):
            return
        how = "different numbers"
    else:
        how = "results of different shapes"
    why = (
        "it draws from NumPy's global random numbers, which cannot be held still"
        if global_numbers
        else "generators that it holds were brought back to the same state in between"
    )
    raise Refused(
        Diagnosis(
            "not-repeatable",
            "",
            f"two forward passes of {call.subject} with the same inputs give {how}; {why}.",
            "What is random comes from a numpy.random.Generator that the layer holds; nothing else may be carried from one call "
            "to the next.",
        )
    )


def _unusable(call: LayerCall, name: str, shape: tuple[int, ...], dtype: np.dtype, finite: bool) -> list[Diagnosis]:
    expected = call.values[name].shape
    if dtype.kind not in "fiub" or (dtype != np.float64 and dtype.kind == "f"):
        hint = "Look for `dtype=`, `astype`, or an array made without a dtype."
        return [Diagnosis("wrong-dtype", name, f"its gradient has dtype {dtype}, expected float64 like {name}.", hint)]
    if shape != expected:
        hint = "Was it broadcast on the way forward? Then the way back sums over the same axes."
        return [Diagnosis("wrong-shape", name, f"its gradient has shape {shape}, expected {expected} like {name}.", hint)]
    if not finite:
        hint = "Which division, logarithm or root is taken at zero on the way back?"
        return [Diagnosis("not-finite", name, "its gradient holds NaN or infinity where the output is finite.", hint)]
    return []


def _not_added(
    call: LayerCall, upstream: Arrays, gradients: Arrays, scale: float, rng: np.random.Generator
) -> list[Diagnosis]:
    """What a second backward pass leaves of numbers that stood in ``grad`` before."""
    before = {
        name: rng.standard_normal(parameter.value.shape) * (np.abs(gradients.get(name, np.ones(1))).mean() or 1.0)
        for name, parameter in call.parameters.items()
    }
    again = call.gradients(call.forward(), {name: array.copy() for name, array in upstream.items()}, before)
    found = []
    for name, gradient in gradients.items():
        expected = gradient + before[name] if name in before else gradient
        if again[name].shape != expected.shape or _agree(again[name], expected, scale):
            continue
        kept = np.abs(again[name] - expected) <= SAME * max(float(np.abs(expected).max(initial=0)), SAME * scale)
        if name in before and _agree(again[name][~kept], gradient[~kept], scale):
            lost = np.count_nonzero(~kept)
            message = f"what stood in its grad before is gone after the backward pass, in {lost} of {kept.size} entries."
            hint = "A parameter may be used twice, and a batch may come in parts. Who adds the contributions up?"
            found.append(Diagnosis("overwritten", name, message, hint))
        else:
            message = f"two backward passes of {call.subject} with the same upstream give different gradients for {name}."
            hint = "Is something counted, cached or drawn that outlives one forward and backward pass?"
            found.append(Diagnosis("not-repeatable", name, message, hint))
    return found


def _not_linear(
    call: LayerCall, upstream: Arrays, gradients: Arrays, scale: float, rng: np.random.Generator
) -> list[Diagnosis]:
    """Whether other upstreams give other gradients, and a - 2b gives that of a minus twice that of b."""
    other = {name: rng.standard_normal(array.shape) for name, array in upstream.items()}
    of_other = _fresh(call, other)
    of_both = _fresh(call, {name: array - 2 * other[name] for name, array in upstream.items()})
    found = []
    for name, gradient in gradients.items():
        if of_other[name].shape != gradient.shape or of_both[name].shape != gradient.shape:
            continue
        if np.abs(gradient).max(initial=0) > SAME * scale and _agree(gradient, of_other[name], scale):
            message = f"two different upstreams give the same gradient for {name}."
            hint = "By the chain rule, what comes from above is a factor in every term. Where does it enter here?"
            found.append(Diagnosis("upstream-ignored", name, message, hint))
        elif not _agree(of_both[name], gradient - 2 * of_other[name], scale + np.abs(of_other[name]).max(initial=0)):
            message = f"the gradient for {name} is not linear in the upstream: those of a, b and a − 2b do not fit together."
            hint = "The upstream stands in every term once: no square, no threshold, no constant beside it."
            found.append(Diagnosis("unknown", name, message, hint))
    return found


def _one_by_one(
    call: LayerCall, forward: Forward, upstream: Arrays, gradients: Arrays, scale: float
) -> tuple[list[str], list[Diagnosis]]:
    """Send the upstreams of a named tuple alone: the gradients have to add up to those of all together."""
    if len(upstream) < 2 or len(forward.optional) < len(upstream):
        return [], []
    alone = {name: _fresh(call, {name: array}) for name, array in upstream.items()}
    unsent = [name for name, found in alone.items() if not any(np.any(array) for array in found.values())]
    diagnoses = []
    for name, gradient in gradients.items():
        parts = [found[name] for found in alone.values()]
        if all(part.shape == gradient.shape for part in parts) and not _agree(np.sum(parts, axis=0), gradient, scale):
            words = ", ".join(f"d_{key}" for key in upstream)
            message = f"sent one by one, {words} do not add up to the gradient that they give for {name} together."
            hint = "Each upstream is optional, and absent means zero: what is skipped where one is None?"
            diagnoses.append(Diagnosis("unknown", name, message, hint))
    return unsent, diagnoses


def _fresh(call: LayerCall, upstream: Arrays) -> Arrays:
    none = {name: np.zeros_like(call.values[name]) for name in call.parameters}
    return call.gradients(call.forward(), {name: array.copy() for name, array in upstream.items()}, none)


def _agree(one: np.ndarray, other: np.ndarray, scale: float) -> bool:
    """Whether two arrays are the same but for rounding; `scale` is the size of the numbers that were added up."""
    size = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    return bool(np.all(np.abs(one - other) <= SAME * size + 1e-3 * SAME * scale))
