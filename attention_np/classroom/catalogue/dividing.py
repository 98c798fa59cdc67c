"""Exercises on dividing the work: attention in blocks of sources, gradients in many processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts, sizes_of
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import Exercise
from .build import MEMORY_ORDER, ORDINARY, Rng, numbers, own_exercise, special

_TOPIC = "practice"
_LARGE = "large numbers"


def merge_blocks(first: Array, first_log: Array, second: Array, second_log: Array) -> Array:
    """The context over all sources, from the contexts over two blocks of them.

    Parameters
    ----------
    first, second : array (..., L, e)
        Contexts, each of weights that sum to 1 within their block.
    first_log, second_log : array (..., L)
        The logarithm of each block's sum of exponentials.

    Returns
    -------
    array (..., L, e)
    """
    highest = np.maximum(first_log, second_log)
    first_share, second_share = np.exp(first_log - highest)[..., None], np.exp(second_log - highest)[..., None]
    return (first_share * first + second_share * second) / (first_share + second_share)


def mean_gradient(gradients: Array, counts: Array) -> Array:
    """The gradient of a mean over all examples, from the means over the parts that processes had.

    Parameters
    ----------
    gradients : array (P, ...)
        Each process's mean.
    counts : integer array (P,)
        How many examples each had, perhaps none.

    Returns
    -------
    array (...)
    """
    shares = counts / np.sum(counts)
    return np.tensordot(shares, gradients, axes=1)


def _block(rng: Rng, n: Lengths, offset: float = 0.0) -> dict[str, Any]:
    log = rng.standard_normal((2, *n.lead, n.L)) + offset
    return {
        "first": away_from_zero(rng, *n.lead, n.L, n.e),
        "first_log": log[0],
        "second": away_from_zero(rng, *n.lead, n.L, n.e),
        "second_log": log[1],
    }


def _block_cases(rng: Rng) -> Iterator[Drawn]:
    sizes = {"L": "L, the number of targets", "e": "e, the width of the values"}
    yield from layouts(rng, _block, sizes)
    lengths = Lengths((), L=3, e=4)
    yield Drawn(_LARGE, frozenset({_LARGE}), _block(rng, lengths, 2000.0), {}, sizes_of(lengths, sizes))


def _mean_of_contexts(first: Array, first_log: Array, second: Array, second_log: Array) -> Array:
    return (first + second) / 2


def _by_logarithms(first: Array, first_log: Array, second: Array, second_log: Array) -> Array:
    total = (first_log + second_log)[..., None]
    return (first_log[..., None] * first + second_log[..., None] * second) / total


def _unshifted(first: Array, first_log: Array, second: Array, second_log: Array) -> Array:
    one, two = np.exp(first_log)[..., None], np.exp(second_log)[..., None]
    return (one * first + two * second) / (one + two)


def _gradient_cases(rng: Rng) -> Iterator[Drawn]:
    cases = (
        ("", (5, 2, 9), (4,)),
        ("", (3, 8), (2, 3)),
        ("a process without examples", (6, 0, 3, 2), (5,)),
        ("memory in another order", (2, 7, 4), (3, 2)),
    )
    for words, counts, shape in cases:
        gradients = rng.standard_normal((len(counts), *shape))
        arguments = {
            "gradients": np.asfortranarray(gradients) if words == "memory in another order" else gradients,
            "counts": np.array(counts),
        }
        yield Drawn(words or "plain arrays", frozenset({words} if words else ()), arguments, {}, {"P": len(counts)})


def exercises() -> tuple[Exercise, ...]:
    """In the order of their notebooks."""
    return (
        own_exercise(
            merge_blocks,
            ("output",),
            "Two blocks of sources become one",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Attention over a block of sources gives $c = \\sum_i e^{s_i} v_i / Z$ and $\\ln Z$, $Z = \\sum_i e^{s_i}$. From those "
            "of two blocks give $c$ over all their sources. $\\ln Z$ may be in the thousands.",
            shapes="`first` and `second` (..., L, e), `first_log` and `second_log` (..., L) → (..., L, e)",
            example={
                "first": numbers([1, 2]),
                "first_log": numbers(0),
                "second": numbers([3, 4]),
                "second_log": numbers(np.log(3)),
            },
            hints=(
                "Multiply each context by its own Z, and it is a plain sum again.",
                "Only the ratio of the two Z counts: divide both by the larger, as a softmax does.",
                "m = max(ln Z₁, ln Z₂); shares e^(ln Z − m); the mean of the contexts, weighted by the shares.",
            ),
            notebook="14",
            cases=_block_cases,
            groups=(
                ORDINARY, special("batches", 3, "leading dimensions"), special(_LARGE, 2, _LARGE), MEMORY_ORDER,
            ),
            mistakes=(
                Mistake(
                    "merge_blocks", "output", "missing-factor", _mean_of_contexts,
                    "the plain mean of the two contexts, whatever their Z.", "Does a block with tiny scores weigh as much?",
                ),
                Mistake(
                    "merge_blocks", "output", "wrong-operand", _by_logarithms,
                    "the contexts are weighted by ln Z, not by Z.", "Which sum stood below the line in each block?",
                ),
                Mistake(
                    "merge_blocks", "output", "unstable", _unshifted, "e^(ln Z) overflows where ln Z is large.",
                    "What does a softmax subtract first?",
                ),
            ),
        ),
        own_exercise(
            mean_gradient,
            ("output",),
            "One gradient from many processes",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Process k has the mean gradient $g_k$ of its $n_k$ examples. Give the mean over all examples, "
            "$\\sum_k n_k g_k / \\sum_k n_k$.",
            shapes="`gradients` g (P, ...), `counts` n (P,) of integers → (...)",
            example={"gradients": numbers([1, 2], [4, 8]), "counts": np.array([1, 2])},
            hints=(
                "A process with twice the examples counts twice.",
                "A mean times its count is a sum; sums may be added.",
                "np.tensordot(counts / counts.sum(), gradients, axes=1)",
            ),
            notebook="15",
            cases=_gradient_cases,
            groups=(ORDINARY, special("a process without examples", 2, "a process without examples"), MEMORY_ORDER),
            mistakes=(
                Mistake(
                    "mean_gradient", "output", "missing-factor", lambda g, n: g.mean(0),
                    "the mean of the means: every process counts alike.", "Process 1 had 2 examples, process 2 had 9: what then?",
                ),
                Mistake(
                    "mean_gradient", "output", "constant-factor", lambda g, n: np.tensordot(n, g, 1),
                    "the sum over all examples, not divided by their number.", "Is the loss a sum or a mean?",
                ),
                Mistake(
                    "mean_gradient", "output", "constant-factor", lambda g, n: np.tensordot(n, g, 1) / len(n),
                    "divided by the number of processes, not of examples.", "Over what is the mean?",
                ),
            ),
        ),
    )
