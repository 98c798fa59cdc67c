"""Known mistakes of the additive score, s = u · tanh(w W + v U)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional import additive_scores, relu, sigmoid
from ...functional._checks import Array
from .mistake import Mistakes

known = Mistakes()

# A wrong score as a formula of q = w W (..., L, 1, h), k = v U (..., 1, S, h) and u (h,).
Score = Callable[[Array, Array, Array], Array]


def wrong(code: str, message: str, hint: str) -> Callable[[Score], Score]:
    """Write down a wrong score as a formula of the two projections and the score vector."""

    def add(score: Score) -> Score:
        @known.mistake("additive_scores", "output", code, message, hint)
        def formula(
            queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
        ) -> Array:
            return score(
                (queries @ query_weight)[..., :, None, :], (keys @ key_weight)[..., None, :, :], score_vector
            )

        return score

    return add


def _broadcast(q: Array, k: Array, array: Array) -> Array:
    return np.broadcast_to(array, np.broadcast_shapes(q.shape, k.shape)[:-1])


HINT = "Compute one score by hand, of the first query with the first key: which steps do you take, in which order?"


@wrong(
    "dropped-term", "this is u · tanh(v U); the query plays no part.", "Change a query: do its scores move?"
)
def keys_alone(q: Array, k: Array, u: Array) -> Array:
    return _broadcast(q, k, np.tanh(k) @ u)


@wrong("dropped-term", "this is u · tanh(w W); the key plays no part.", "Change a key: do its scores move?")
def queries_alone(q: Array, k: Array, u: Array) -> Array:
    return _broadcast(q, k, np.tanh(q) @ u)


@wrong("wrong-values", "this is u · (w W + v U); the tanh is missing.", HINT)
def without_tanh(q: Array, k: Array, u: Array) -> Array:
    return (q + k) @ u


@wrong(
    "wrong-values",
    "this is u · (tanh(w W) + tanh(v U)), with a tanh for each and not one of their sum.",
    "If each part is bent by itself, can the best key depend on the query?",
)
def tanh_of_each(q: Array, k: Array, u: Array) -> Array:
    return (np.tanh(q) + np.tanh(k)) @ u


@wrong("wrong-values", "this is tanh(u · (w W + v U)), with the tanh outside.", HINT)
def tanh_outside(q: Array, k: Array, u: Array) -> Array:
    return np.tanh((q + k) @ u)


@wrong("wrong-values", "this is tanh(u · tanh(w W + v U)), with a tanh too many.", HINT)
def tanh_twice(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(np.tanh(q + k) @ u)


@wrong("sign-flipped", "this is u · tanh(w W − v U).", HINT)
def difference(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(q - k) @ u


@wrong("wrong-values", "this is u · tanh(w W ⊙ v U), a product for the sum.", HINT)
def product(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(q * k) @ u


@wrong("missing-factor", "this is Σ tanh(w W + v U); the score vector u is missing.", HINT)
def without_vector(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(q + k).sum(axis=-1)


@wrong("wrong-values", "this is mean(tanh(w W + v U)); the score vector u is missing.", HINT)
def mean_for_vector(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(q + k).mean(axis=-1)


@wrong("constant-factor", "the score is divided by the width h of the hidden layer.", HINT)
def divided_by_width(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(q + k) @ u / len(u)


@wrong("constant-factor", "the score is divided by √h, as a scaled dot product.", HINT)
def scaled(q: Array, k: Array, u: Array) -> Array:
    return np.tanh(q + k) @ u / np.sqrt(len(u))


@wrong("wrong-values", "the bend is a sigmoid and not a tanh.", HINT)
def sigmoid_for_tanh(q: Array, k: Array, u: Array) -> Array:
    return sigmoid(q + k) @ u


@wrong("wrong-values", "the bend is a relu and not a tanh.", HINT)
def relu_for_tanh(q: Array, k: Array, u: Array) -> Array:
    return relu(q + k) @ u


@known.mistake(
    "additive_scores",
    "output",
    "swapped-results",
    "the two weights are exchanged: this is u · tanh(w U + v W).",
    "Which width has each weight's first axis, that of the queries or that of the keys?",
)
def weights_exchanged(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return additive_scores(queries, keys, key_weight, query_weight, score_vector)


@known.mistake(
    "additive_scores",
    "output",
    "wrong-operand",
    "W stands in the place of U: this is u · tanh(w W + v W).",
    "Which of the arguments do you never use?",
)
def query_weight_twice(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return additive_scores(queries, keys, query_weight, query_weight, score_vector)


@known.mistake(
    "additive_scores",
    "output",
    "wrong-operand",
    "U stands in the place of W: this is u · tanh(w U + v U).",
    "Which of the arguments do you never use?",
)
def key_weight_twice(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return additive_scores(queries, keys, key_weight, key_weight, score_vector)


@known.mistake(
    "additive_scores",
    "output",
    "transposed",
    "the weights are transposed: this is u · tanh(w Wᵀ + v Uᵀ).",
    "Which axis of a weight must be as long as the vectors that it multiplies?",
)
def weights_transposed(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return additive_scores(queries, keys, query_weight.T, key_weight.T, score_vector)
