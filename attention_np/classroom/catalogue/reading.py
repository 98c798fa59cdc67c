"""Exercises on what a trained model shows: where it looked, what it copied, what it found in memory."""

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


def exercises() -> tuple[Exercise, ...]:
    """In the order of their notebooks."""
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
            example={"weights": numbers([0.7, 0.3], [0.5, 0.5]), "counterparts": np.array([0, 1])},
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
    )
