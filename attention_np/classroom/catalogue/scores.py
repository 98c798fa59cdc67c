"""Exercises on relevance: dot products, cosines, the scaled and the additive score, forwards and back."""

from __future__ import annotations

from ..exercise import Exercise
from .build import numbers, package_exercise, special

_TOPIC = "scores"
_QUERIES, _KEYS = numbers([1, 2], [0, 1]), numbers([3, 4], [2, 0])
_PAIR = {"queries": _QUERIES, "keys": _KEYS}
_BACK = {"d_scores": numbers([1, 0], [2, -1]), **_PAIR}
_ADDITIVE = {
    **_PAIR,
    "query_weight": numbers([1, 0], [0, 1]),
    "key_weight": numbers([0.5, 0], [0, 0.5]),
    "score_vector": numbers(1, -1),
}
_SHAPES = "`queries` (..., L, d), `keys` (..., S, d) → scores (..., L, S)"
_BACK_SHAPES = (
    "`d_scores` (..., L, S), `queries` (..., L, d), `keys` (..., S, d) → `d_queries` (..., L, d), `d_keys` (..., S, d)"
)
_EXTREME = (
    special("zero vectors", 2, "a zero vector"),
    special("very large and very small numbers", 1, "large numbers", "tiny numbers"),
)


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    return (
        package_exercise(
            "dot_scores",
            "The dot product of every query with every key",
            _TOPIC,
            difficulty=1,
            minutes=5,
            statement="Compute $s_{ji} = w_j \\cdot v_i$, the dot product of query $w_j$ with key $v_i$, for all pairs at once.",
            shapes=_SHAPES,
            example=_PAIR,
            hints=(
                "One matrix product makes all dot products of rows with columns.",
                "The keys are rows as well: which two of their axes must change places, and which must stay?",
                "queries @ (keys with their last two axes swapped): `swapaxes(-1, -2)`, for `.T` turns the batch too.",
            ),
            notebook="01",
        ),
        package_exercise(
            "cosine_scores",
            "The cosine of the angle between every query and every key",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Compute $s_{ji} = \\frac{w_j \\cdot v_i}{\\lVert w_j \\rVert \\, \\lVert v_i \\rVert}$ for all pairs. The score of a zero "
            "vector is 0 with everything; there is no epsilon; vectors of components near 1e200 and 1e-200 have exact cosines.",
            shapes=_SHAPES,
            example=_PAIR,
            hints=(
                "First make unit vectors, then take dot products.",
                "The squares of 1e200 overflow: divide each vector by its largest component before you take its length.",
                "x = v / max|v|; unit = x / ‖x‖ (1 in place of a 0 in both divisors); unit_queries @ unit_keys.swapaxes(-1, -2).",
            ),
            notebook="01",
            specials=_EXTREME,
            unnamed=("ε = 1e-09", "ε = 1e-10", "ε = 1e-12"),
        ),
        package_exercise(
            "scaled_dot_scores",
            "Dot products divided by the root of the width",
            _TOPIC,
            difficulty=1,
            minutes=5,
            statement="Compute $s_{ji} = w_j \\cdot v_i / \\sqrt d$, where $d$ is the width of queries and keys.",
            shapes=_SHAPES,
            example=_PAIR,
            hints=(
                "It is the dot product times one number.",
                "Which axis is d, the one that is summed over?",
                "(queries @ keys.swapaxes(-1, -2)) / np.sqrt(queries.shape[-1])",
            ),
            notebook="05",
        ),
        package_exercise(
            "additive_scores",
            "Bahdanau's additive score",
            _TOPIC,
            difficulty=3,
            minutes=15,
            statement="Compute $s_{ji} = u \\cdot \\tanh(w_j W + v_i U)$ for all pairs, with W the `query_weight`, U the `key_weight`, "
            "u the `score_vector`.",
            shapes="`queries` (..., L, d), `keys` (..., S, e), `query_weight` (d, h), `key_weight` (e, h), `score_vector` (h,) "
            "→ scores (..., L, S)",
            example=_ADDITIVE,
            hints=(
                "Map queries and keys first; each alone, before they meet.",
                "Each mapped query must be added to each mapped key: which axis of length 1 does each of them need?",
                "np.tanh(q[..., :, None, :] + k[..., None, :, :]) @ score_vector, with q and k the mapped ones.",
            ),
            notebook="05",
        ),
        package_exercise(
            "dot_scores_backward",
            "Back through the dot product",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Of $s_{ji} = w_j \\cdot v_i$ and the upstream $ds = \\partial L / \\partial s$, give $dw$ and $dv$.",
            shapes=_BACK_SHAPES,
            example=_BACK,
            hints=(
                "Each score is linear in the query: its slope is the key.",
                "A query meets every key, so its gradient is a sum over keys; a key's is a sum over queries.",
                "d_scores @ keys, and the transposed d_scores @ queries.",
            ),
            notebook="07",
        ),
        package_exercise(
            "scaled_dot_scores_backward",
            "Back through the scaled dot product",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Of $s_{ji} = w_j \\cdot v_i / \\sqrt d$ and the upstream $ds$, give $dw$ and $dv$.",
            shapes=_BACK_SHAPES,
            example=_BACK,
            hints=(
                "A constant in front of a function stands in front of its derivative.",
                "Both gradients carry it, each once.",
                "With d_dot = d_scores / √d: d_dot @ keys, and the transposed d_dot @ queries.",
            ),
            notebook="07",
        ),
        package_exercise(
            "cosine_scores_backward",
            "Back through the cosine",
            _TOPIC,
            difficulty=4,
            minutes=30,
            statement="Of $s_{ji} = \\frac{w_j \\cdot v_i}{\\lVert w_j \\rVert \\lVert v_i \\rVert}$ and the upstream $ds$, give $dw$ and $dv$. "
            "A zero vector receives gradient 0.",
            shapes=_BACK_SHAPES,
            example=_BACK,
            hints=(
                "Go by the unit vectors: first the gradient with respect to those, then from them to the vectors.",
                "A step along w does not turn it: what must dw · w be?",
                "With u = w/‖w‖ and du = ds @ unit_keys: dw = (du − u (u · du)) / ‖w‖; the keys likewise with ds transposed.",
            ),
            notebook="07",
            specials=_EXTREME,
        ),
        package_exercise(
            "additive_scores_backward",
            "Back through the additive score",
            _TOPIC,
            difficulty=5,
            minutes=40,
            statement="Of $s_{ji} = u \\cdot \\tanh(w_j W + v_i U)$ and the upstream $ds$, give the gradients of all five arguments.",
            shapes="`d_scores` (..., L, S), `queries` (..., L, d), `keys` (..., S, e), `query_weight` (d, h), `key_weight` (e, h), "
            "`score_vector` (h,) → `d_queries`, `d_keys`, `d_query_weight`, `d_key_weight`, `d_score_vector`, each of its shape",
            example={"d_scores": _BACK["d_scores"], **_ADDITIVE},
            hints=(
                "Call h = tanh(…) of shape (..., L, S, h), and go back from s to h, to the sum inside, to its two parts.",
                "A mapped query was added to every key: its gradient is the sum over the keys' axis.",
                "d_inner = d_scores[..., None] * u * (1 − h²); d_q = d_inner.sum(-2); d_k = d_inner.sum(-3); then two linear maps.",
            ),
            notebook="07",
        ),
    )
