"""Find the mistake: code is given, and wrong."""

from __future__ import annotations

from dataclasses import replace

from ...gradcheck.judge import Subject
from ..exercise import Exercise
from . import layers, weights

_SOFTMAX = '''\
import numpy as np


def repair_softmax_backward(d_weights, weights, axis=-1):
    """Gradient of the softmax with respect to its scores; something is wrong with it."""
    return d_weights * weights * (1 - weights)
'''
_LAYER_NORM = '''\
import numpy as np


def repair_layer_norm_backward(d_outputs, inputs, gain, eps=1e-5):
    """Gradients of layer normalisation with respect to inputs, gain and bias; something is wrong with it."""
    deviation = np.sqrt(inputs.var(axis=-1, keepdims=True) + eps)
    normalised = (inputs - inputs.mean(axis=-1, keepdims=True)) / deviation
    positions = tuple(range(inputs.ndim - 1))
    mean = d_outputs.mean(axis=-1, keepdims=True)
    correlation = (d_outputs * normalised).mean(axis=-1, keepdims=True)
    d_inputs = gain * (d_outputs - mean - normalised * correlation) / deviation
    return d_inputs, (d_outputs * normalised).sum(axis=positions), d_outputs.sum(axis=positions)
'''


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    known = {exercise.name: exercise for exercise in (*weights.exercises(), *layers.exercises())}
    return (
        _repair(
            known["softmax_backward"],
            _SOFTMAX,
            (
                "What should each row of the gradient sum to, and what does it sum to here?",
                "This is the diagonal of the Jacobian: where do the other scores of the row speak?",
                "Put the sum of p dp along the axis in the place of p dp: p ⊙ (dp − that sum), with keepdims=True.",
            ),
        ),
        _repair(
            known["layer_norm_backward"],
            _LAYER_NORM,
            (
                "Set the gain to one, and it is right.",
                "Which gradient is it that the two means are taken of: of the outputs, or of what the gain multiplied?",
                "Start with d_hat = d_outputs * gain, and use it in both means and in the difference, without gain in front.",
            ),
        ),
    )


def _repair(right: Exercise, wrong: str, hints: tuple[str, str, str]) -> Exercise:
    name = f"repair_{right.name}"
    return replace(
        right,
        name=name,
        title=f"Find the mistake in a {right.name}",
        topic="find the mistake",
        statement=f"The code that is given is wrong; mend it. {right.statement}",
        hints=hints,
        blank=wrong,
        solution=right.solution.replace(f"def {right.name}(", f"def {name}("),
        subject=Subject(name, right.subject.reference, right.subject.results),
        pairing=None,
    )
