"""A backward function held against the derivative of the learner's own forward function, so that one mistake costs once.

The forward function is called in the worker at moved arguments; the differences are taken here, where nothing of the learner's runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...gradcheck.evidence import Situation
from ...gradcheck.judge import Judgement, Subject, judge
from ...gradcheck.numerics.differences import Derivative, derivative_along
from ..exercise import Exercise
from ..pairing import ForwardCase, Pairing
from ..run import Call, Raised, Ran, Returned
from .recorded import calls_of, giver

Run = Callable[[str, Sequence[Call]], Ran]
"""Calls a function of the submission by its name."""

_SCALE = 0.25
_SAME = 1e-9
_PRECISION = 1e-10


class _Unsettled(Exception):
    """The derivative cannot be found precisely enough."""


@dataclass(frozen=True, eq=False)
class _Differentiated:
    """A case, the learner's own result in it, and its derivative by each entry of each argument that has a gradient."""

    case: ForwardCase
    output: Array
    slopes: dict[str, Array]

    def pulled_back(self, name: str, upstream: Array) -> Array:
        """The gradient with respect to an argument: Σ g ∂F/∂x over the result's entries."""
        slopes = self.slopes[name]
        return np.tensordot(slopes, upstream, axes=upstream.ndim).reshape(np.shape(self.case.arguments[name]))


def by_own_forward(
    exercise: Exercise, takes: Callable[[Sequence[str]], bool], run: Run, rng: np.random.Generator
) -> Judgement | None:
    """The judgement of a backward function by the learner's own forward function; None where it is no excuse.

    It is none if the forward function is right, gives another shape, or does not run; if a gradient is nothing but zeros; or if the
    backward function is wrong by it too, or ignores an argument on which the right one depends.

    Parameters
    ----------
    exercise : Exercise
        With a `pairing`.
    takes : callable
        Whether both functions take options of these names.
    run : callable
    rng : numpy.random.Generator
    """
    pairing = exercise.pairing
    assert pairing is not None
    cases = [case for case in pairing.cases(rng) if takes(tuple(case.options))]
    names = [name for name in cases[0].arguments if f"d_{name}" in exercise.subject.results]
    calls = [Call(tuple(values.values()), case.options) for case in cases for values in _moved(case, names)]
    ran = run(pairing.forward, calls)
    outputs = _outputs(ran, len(calls))
    if outputs is None:
        return None
    try:
        found = _differentiated(cases, names, iter(outputs))
    except _Unsettled:
        return None
    if all(_is_right(pairing, one) for one in found) or not all(_has_right_shape(pairing, one) for one in found):
        return None
    return _judged(exercise, found, run, rng)


def _moved(case: ForwardCase, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The arguments as they are, and with each entry moved to where `derivative_along` asks for it."""
    yield dict(case.arguments)
    for name in names:
        value = np.asarray(case.arguments[name], np.float64)
        for index in np.ndindex(value.shape):
            for place in _places(float(value[index])):
                moved = value.copy()
                moved[index] = place
                yield {**case.arguments, name: moved if value.ndim else float(moved)}


def _places(at: float) -> list[float]:
    asked = []

    def function(place: float) -> Array:
        asked.append(place)
        return np.zeros(())

    derivative_along(function, _SCALE, at, noise=np.zeros(()))
    return asked


def _outputs(ran: Ran, count: int) -> list[Array] | None:
    """One finite array of float64 for each call, else None."""
    if ran.status != "done" or len(ran.outcomes) != count:
        return None
    outputs = []
    for outcome in ran.outcomes:
        if isinstance(outcome, Raised) or outcome.several or any(outcome.not_arrays) or outcome.changed:
            return None
        [value] = outcome.values
        if value.dtype != np.float64 or not np.all(np.isfinite(value)):
            return None
        outputs.append(value)
    return outputs


def _differentiated(
    cases: Sequence[ForwardCase], names: Sequence[str], outputs: Iterator[Array]
) -> list[_Differentiated]:
    found = []
    for case in cases:
        output = next(outputs)
        slopes = {}
        for name in names:
            entries = np.asarray(case.arguments[name], np.float64).ravel()
            derivatives = [_derivative(float(at), output, outputs) for at in entries]
            slopes[name] = np.array([derivative.value for derivative in derivatives])
            largest = np.abs(slopes[name]).max(initial=0)
            if not all(np.all(derivative.error <= _PRECISION * largest) for derivative in derivatives):
                raise _Unsettled
        found.append(_Differentiated(case, output, slopes))
    return found


def _derivative(at: float, output: Array, outputs: Iterator[Array]) -> Derivative:
    """Of every entry of the result by one entry of an argument, from the results at its places."""
    recorded = iter([next(outputs) for _ in _places(at)])

    def function(place: float) -> Array:
        # Beyond the usual steps nothing is known.
        value = next(recorded, None)
        if value is None:
            return np.full(output.shape, np.nan)
        if value.shape != output.shape:
            raise _Unsettled
        return value

    noise = np.full(output.shape, 1e-15 * np.abs(output).max(initial=0))
    return derivative_along(function, _SCALE, at, noise=noise)


def _is_right(pairing: Pairing, one: _Differentiated) -> bool:
    right = np.asarray(pairing.reference(*one.case.arguments.values(), **one.case.options))
    return right.shape == one.output.shape and np.allclose(
        one.output, right, rtol=0, atol=_SAME * np.abs(right).max(initial=0)
    )


def _has_right_shape(pairing: Pairing, one: _Differentiated) -> bool:
    return np.shape(pairing.reference(*one.case.arguments.values(), **one.case.options)) == one.output.shape


def _judged(
    exercise: Exercise, found: Sequence[_Differentiated], run: Run, rng: np.random.Generator
) -> Judgement | None:
    pairing = exercise.pairing
    assert pairing is not None
    situations, gradients = [], []
    for place, one in enumerate(found):
        upstream = np.ones(()) if pairing.is_loss else rng.standard_normal(one.output.shape)
        arguments = pairing.backward(one.case.arguments, one.output, upstream)
        words = f"your own {pairing.forward}, case {place + 1}"
        situations.append(Situation("", words, frozenset(), arguments, one.case.options, upstream, {}, mistakes=()))
        gradients.append(
            {name: one.pulled_back(name.removeprefix("d_"), upstream) for name in exercise.subject.results}
        )
    if not all(any(np.any(gradient[name]) for gradient in gradients) for name in exercise.subject.results):
        return None
    true = iter([_as_returned(gradient) for gradient in gradients])
    changed = _with_one_argument_changed(situations[0], rng)
    calls = [calls_of(situation) for situation in situations]
    ran = run(exercise.name, [*sum(calls, []), *(calls_of(situation)[0] for situation in changed)])
    count = sum(map(len, calls))
    if ran.status != "done" or len(ran.outcomes) != count + len(changed):
        return None
    outcomes = iter(ran.outcomes)
    give = giver(exercise.name, calls, list(islice(outcomes, count)), str)
    judged = judge(
        Subject(exercise.name, lambda *arguments, **options: next(true), exercise.subject.results), situations, give
    )
    depends = all(
        _differ(ran.outcomes[0], outcome)
        for situation, outcome in zip(changed, outcomes, strict=True)
        if _matters(exercise, situations[0], situation)
    )
    return judged if judged.report.passed and depends else None


def _as_returned(gradients: dict[str, Array]) -> Any:
    return tuple(gradients.values()) if len(gradients) > 1 else next(iter(gradients.values()))


def _with_one_argument_changed(situation: Situation, rng: np.random.Generator) -> list[Situation]:
    """The situation with each of its arrays of floats stirred, one at a time."""
    stirred = []
    for name, value in situation.arguments.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            arguments = {**situation.arguments, name: value * rng.uniform(0.5, 2, value.shape)}
            stirred.append(Situation("", "", frozenset(), arguments, situation.options, None, {}))
    return stirred


def _matters(exercise: Exercise, one: Situation, other: Situation) -> bool:
    first, second = (
        exercise.subject.reference(*situation.arguments.values(), **situation.options) for situation in (one, other)
    )
    return _unlike(first if isinstance(first, tuple) else (first,), second if isinstance(second, tuple) else (second,))


def _differ(one: Returned | Raised, other: Returned | Raised) -> bool:
    return isinstance(one, Returned) and isinstance(other, Returned) and _unlike(one.values, other.values)


def _unlike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return not all(np.allclose(a, b, rtol=1e-6, atol=0) for a, b in zip(one, other, strict=True))
