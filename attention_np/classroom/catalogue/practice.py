"""Exercises from where attention is used: alignment, pointing, memory, blocks, processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...functional.context import context
from ...functional.scores import cosine_scores
from ...functional.weights import softmax
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts, sizes_of
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import Exercise
from .build import MEMORY_ORDER, ORDINARY, Rng, numbers, own_exercise, special

_TOPIC = "practice"
_SIZES = {"L": "L, the number of targets", "S": "S, the number of sources", "d": "d, the width"}
_TIES = "ties"
_REPEATED = "repeated ids"
_LARGE = "large numbers"


def alignment(weights: Array, counterparts: Array) -> float:
    """The share of targets whose largest weight lies on their counterpart, and on nothing else.

    Parameters
    ----------
    weights : array (L, S)
    counterparts : integer array (L,)
        The source that each target translates; -1: it translates none, and does not count.

    Returns
    -------
    float
    """
    counted = counterparts >= 0
    rows, places = weights[counted], counterparts[counted]
    on_counterpart = rows[np.arange(len(rows)), places]
    right = np.sum(rows >= on_counterpart[:, None], axis=-1) == 1
    return float(np.mean(right))


def pointer_mixture(gate: Array, vocabulary: Array, weights: Array, ids: Array) -> Array:
    """The probability of each word: written from the vocabulary, or copied from where attention points.

    Parameters
    ----------
    gate : array (L, 1)
        The probability that a word is written, and not copied.
    vocabulary : array (L, V)
        Of each word, if it is written.
    weights : array (L, S)
    ids : integer array (S,)
        Which word of the vocabulary stands in each source.

    Returns
    -------
    array (L, V)
    """
    copied = np.zeros_like(vocabulary)
    np.add.at(copied.T, ids, weights.T)
    return gate * vocabulary + (1 - gate) * copied


def read_memory(state: Array, keys: Array, values: Array, scale: float) -> Array:
    """One hop of a memory network: what the state finds is added to it.

    Parameters
    ----------
    state : array (..., L, d)
    keys, values : array (..., S, d)
    scale : float

    Returns
    -------
    array (..., L, d)
    """
    return state + context(softmax(scale * cosine_scores(state, keys)), values)


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


def _alignment_cases(rng: Rng) -> Iterator[Drawn]:
    for words, targets, sources in (("", 6, 4), ("", 5, 7), (_TIES, 8, 3), ("memory in another order", 7, 5)):
        weights = softmax(2 * rng.standard_normal((targets, sources)))
        counterparts = np.where(rng.random(targets) < 0.6, weights.argmax(-1), rng.integers(sources, size=targets))
        counterparts[rng.integers(targets)] = -1
        # The last target is right in every case, so that the share is never 0.
        counterparts[-1] = weights[-1].argmax()
        if words == _TIES:
            weights[: targets // 2] = 1 / sources
            counterparts[0] = 0
        elif words:
            weights = np.asfortranarray(weights)
        sizes = sizes_of(Lengths((), L=targets, S=sources), {"L": _SIZES["L"], "S": _SIZES["S"]})
        arguments = {"weights": weights, "counterparts": counterparts}
        yield Drawn(words or "plain arrays", frozenset({words} if words else ()), arguments, {}, sizes)


def _ties_right(weights: Array, counterparts: Array) -> Array:
    counted = counterparts >= 0
    rows = weights[counted]
    return np.mean(rows[np.arange(len(rows)), counterparts[counted]] >= rows.max(-1))


def _none_counted(weights: Array, counterparts: Array) -> Array:
    return np.sum(weights.argmax(-1) == counterparts) / len(counterparts)


def _down_the_columns(weights: Array, counterparts: Array) -> Array:
    return np.mean(weights.argmax(0)[: len(counterparts)] == counterparts[: weights.shape[1]])


def _pointer_cases(rng: Rng) -> Iterator[Drawn]:
    for words, targets, sources in (("", 3, 4), ("", 2, 5), (_REPEATED, 3, 6), ("memory in another order", 4, 3)):
        ids = rng.permutation(7)[:sources] if words != _REPEATED else rng.integers(3, size=sources)
        arguments = {
            "gate": 0.2 + 0.6 * rng.random((targets, 1)),
            "vocabulary": softmax(rng.standard_normal((targets, 7))),
            "weights": softmax(rng.standard_normal((targets, sources))),
            "ids": ids,
        }
        if words and words != _REPEATED:
            arguments = {
                name: np.asfortranarray(value) if value.ndim == 2 else value for name, value in arguments.items()
            }
        sizes = sizes_of(Lengths((), L=targets, S=sources), {"L": _SIZES["L"], "S": _SIZES["S"]})
        yield Drawn(words or "plain arrays", frozenset({words} if words else ()), arguments, {}, sizes)


def _assigned(gate: Array, vocabulary: Array, weights: Array, ids: Array) -> Array:
    copied = np.zeros_like(vocabulary)
    copied[:, ids] = weights
    return gate * vocabulary + (1 - gate) * copied


def _gate_exchanged(gate: Array, vocabulary: Array, weights: Array, ids: Array) -> Array:
    return pointer_mixture(1 - gate, vocabulary, weights, ids)


def _not_gated(gate: Array, vocabulary: Array, weights: Array, ids: Array) -> Array:
    return gate * vocabulary + pointer_mixture(0 * gate, vocabulary, weights, ids)


def _memory(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {
        "state": away_from_zero(rng, *n.lead, n.L, n.d),
        "keys": away_from_zero(rng, *n.lead, n.S, n.d),
        "values": away_from_zero(rng, *n.lead, n.S, n.d),
        "scale": 2.3,
    }


def _block(rng: Rng, n: Lengths, offset: float = 0.0) -> dict[str, Any]:
    log = rng.standard_normal((2, *n.lead, n.L)) + offset
    return {
        "first": away_from_zero(rng, *n.lead, n.L, n.e),
        "first_log": log[0],
        "second": away_from_zero(rng, *n.lead, n.L, n.e),
        "second_log": log[1],
    }


def _block_cases(rng: Rng) -> Iterator[Drawn]:
    sizes = {"L": _SIZES["L"], "e": "e, the width of the values"}
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
    hundred = numbers([0.7, 0.3], [0.5, 0.5])
    return (
        own_exercise(
            alignment,
            ("output",),
            "Score where attention looks",
            _TOPIC,
            difficulty=2,
            minutes=15,
            statement="Row j of the weights $p_{ji}$ is *right* if $p_{jc} > p_{ji}$ for its counterpart $c$ and every other $i$: a tie is "
            "a miss. Give the share of right rows among those that have a counterpart.",
            shapes="`weights` (L, S), `counterparts` (L,) of integers, −1 for none → a number",
            example={"weights": hundred, "counterparts": np.array([0, 1])},
            hints=(
                "Which rows count? Take those first, of both arrays.",
                "Take the weight on each counterpart with two integer indices, rows and places.",
                "A row is right if exactly one of its weights is ≥ the weight on the counterpart.",
            ),
            notebook="10",
            cases=_alignment_cases,
            groups=(ORDINARY, special(_TIES, 2, _TIES), MEMORY_ORDER),
            mistakes=(
                Mistake(
                    "alignment", "output", "wrong-values", _ties_right, "a tie counts as right.",
                    "What should weights that look nowhere in particular earn?",
                ),
                Mistake(
                    "alignment", "output", "wrong-values", _none_counted,
                    "targets without a counterpart are in the denominator.", "Of how many targets is it a share?",
                ),
                Mistake(
                    "alignment", "output", "wrong-axis", _down_the_columns, "the largest of each column is taken.",
                    "Is a target a row or a column of the weights?",
                ),
            ),
        ),
        own_exercise(
            pointer_mixture,
            ("output",),
            "Write a word, or copy it",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="With probability g a word is written from the vocabulary, else the word under attention is copied: "
            "$p(y) = g \\, q(y) + (1 - g) \\sum_{i:\\, x_i = y} p_i$. A word that stands in several sources collects the weights of all.",
            shapes="`gate` g (L, 1), `vocabulary` q (L, V), `weights` (L, S), `ids` x (S,) of integers → (L, V)",
            example={
                "gate": numbers([0.5]),
                "vocabulary": numbers([0.5, 0.25, 0.25]),
                "weights": numbers([0.75, 0.25]),
                "ids": np.array([2, 2]),
            },
            hints=(
                "Put the weights where their words stand in the vocabulary, then mix.",
                "`copied[:, ids] += weights` adds a repeated id only once: which NumPy function does not?",
                "np.add.at(copied, (slice(None), ids), weights); then g q + (1 − g) copied.",
            ),
            notebook="11",
            cases=_pointer_cases,
            groups=(ORDINARY, special(_REPEATED, 2, _REPEATED), MEMORY_ORDER),
            mistakes=(
                Mistake(
                    "pointer_mixture", "output", "overwritten", _assigned,
                    "of a word that stands in several sources only the last weight counts.",
                    "A word stands twice in the text: what does it get?",
                ),
                Mistake(
                    "pointer_mixture", "output", "wrong-operand", _gate_exchanged, "g and 1 − g are exchanged.",
                    "With g = 1, is every word written or every word copied?",
                ),
                Mistake(
                    "pointer_mixture", "output", "missing-factor", _not_gated, "what is copied is not multiplied by 1 − g.",
                    "What do the probabilities of all words add up to?",
                ),
            ),
        ),
        own_exercise(
            read_memory,
            ("output",),
            "One hop through a memory",
            _TOPIC,
            difficulty=2,
            minutes=15,
            statement="Give $u + \\sum_i p_i m_i$ with $p = \\mathrm{softmax}(\\beta \\cos(u, k_i))$: the state, and what it finds in memory.",
            shapes="`state` u (..., L, d), `keys` k (..., S, d), `values` m (..., S, d), `scale` β → (..., L, d)",
            example={
                "state": numbers([1, 1]),
                "keys": numbers([1, 0], [0, 2]),
                "values": numbers([1, 2], [3, 4]),
                "scale": 2.0,
            },
            hints=(
                "Three steps of attention, and a sum.",
                "A cosine: divide both by their norms before the product.",
                "state + softmax(scale * cosine) @ values, softmax along the last axis.",
            ),
            notebook="12",
            cases=lambda rng: layouts(rng, _memory, _SIZES),
            mistakes=(
                Mistake(
                    "read_memory", "output", "dropped-term",
                    lambda u, k, m, b: read_memory(u, k, m, b) - u, "the state itself is not added.",
                    "What does the next hop know of the question?",
                ),
                Mistake(
                    "read_memory", "output", "missing-factor",
                    lambda u, k, m, b: read_memory(u, k, m, 1.0), "the scores are not multiplied by β.",
                    "How large can a weight be without it?",
                ),
                Mistake(
                    "read_memory", "output", "wrong-operand",
                    lambda u, k, m, b: read_memory(u, k, k, b), "the keys are mixed, and not the values.",
                    "What is compared, and what is taken?",
                ),
            ),
        ),
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
    )  # fmt: skip
