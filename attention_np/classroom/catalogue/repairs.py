"""Find the mistake: code is given, and wrong."""

from __future__ import annotations

from dataclasses import replace

from ...gradcheck.judge import Subject
from ..exercise import Exercise
from . import composed, heads, layers, scores, weights

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
_COSINE = '''\
import numpy as np


def repair_cosine_scores_backward(d_scores, queries, keys):
    """Gradients of the cosine with respect to queries and keys; something is wrong with it."""

    def lengths(vectors):
        largest = np.abs(vectors).max(axis=-1, keepdims=True)
        largest = np.where(largest == 0, 1, largest)
        norms = largest * np.linalg.norm(vectors / largest, axis=-1, keepdims=True)
        return np.where(norms == 0, 1, norms)

    query_lengths, key_lengths = lengths(queries), lengths(keys)
    d_queries = d_scores @ (keys / key_lengths) / query_lengths
    d_keys = d_scores.swapaxes(-1, -2) @ (queries / query_lengths) / key_lengths
    return d_queries, d_keys
'''
_MERGE = '''\
import numpy as np


def repair_merge_heads(array):
    """Heads put side by side again; something is wrong with it."""
    *lead, heads, length, width = array.shape
    return array.reshape(*lead, length, heads * width)
'''
_ATTEND = '''\
import numpy as np


def repair_attend_backward(d_context, queries, keys, values, scale):
    """Gradients of attention with respect to queries, keys and values; something is wrong with it."""
    scores = scale * queries @ keys.swapaxes(-1, -2)
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exponentials / exponentials.sum(axis=-1, keepdims=True)
    d_values = scores.swapaxes(-1, -2) @ d_context
    d_weights = d_context @ values.swapaxes(-1, -2)
    d_scores = scale * weights * (d_weights - np.sum(d_weights * weights, axis=-1, keepdims=True))
    return d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries, d_values
'''


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    files = (weights, layers, scores, heads, composed)
    known = {exercise.name: exercise for file in files for exercise in file.exercises()}
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
        _repair(
            known["cosine_scores_backward"],
            _COSINE,
            (
                "Make a query longer: what happens to its cosines, and what does this gradient say of it?",
                "The length of the vector depends on the vector too: that path is missing, for queries and for keys.",
                "Before the division take away, of d_scores @ unit_keys, what lies along the unit query; of the keys likewise.",
            ),
        ),
        _repair(
            known["merge_heads"],
            _MERGE,
            (
                "Give it two heads, two positions and width one, and write the four numbers down: where should they go?",
                "A reshape keeps the order in memory: which two axes must neighbour each other in it first?",
                "array.swapaxes(-2, -3) before the reshape.",
            ),
        ),
        _repair(
            known["attend_backward"],
            _ATTEND,
            (
                "Two of the three gradients are right.",
                "What was each value multiplied by on its way forwards?",
                "d_values is the weights, transposed, times d_context.",
            ),
        ),
    )


def _repair(right: Exercise, wrong: str, hints: tuple[str, str, str]) -> Exercise:
    name = f"repair_{right.name}"
    return replace(
        right,
        name=name,
        title=f"Find the mistake in {right.name}",
        topic="find the mistake",
        statement=f"The code that is given is wrong; mend it. {right.statement}",
        hints=hints,
        blank=wrong,
        solution=right.solution.replace(f"def {right.name}(", f"def {name}("),
        notebook="08",
        subject=Subject(name, right.subject.reference, right.subject.results),
        pairing=None,
    )
