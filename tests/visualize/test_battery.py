"""The battery finds impostors, each by its name, and accuses no attention that attends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attention_np import additive_scores, cosine_scores, dot_scores, scaled_dot_scores, softmax
from attention_np.visualize import does_it_attend

RNG = np.random.default_rng(3)
PROJECTION, PLACES = RNG.standard_normal((8, 8)), RNG.standard_normal((8, 8))
ADDITIVE = RNG.standard_normal((8, 7)), RNG.standard_normal((8, 7)), RNG.standard_normal(7)


def tutorial(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The attention of a well-known tutorial from 2017 to 2023: a linear map of the decoder's state alone."""
    return softmax(queries @ PROJECTION[:, : len(keys)])


def over_queries(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return softmax(cosine_scores(queries, keys), axis=-2)


def argmax(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    scores = cosine_scores(queries, keys)
    return (scores == scores.max(axis=-1, keepdims=True)).astype(float)


def other_queries_rows(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return softmax(cosine_scores(queries, keys))[::-1]


def by_place(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return softmax(cosine_scores(queries, keys) + np.arange(len(keys)))


def sorted_columns(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return np.sort(softmax(4 * cosine_scores(queries, keys)), axis=-1)


IMPOSTORS: list[tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = [
    ("ignores-keys", tutorial),
    ("ignores-queries", lambda queries, keys: np.tile(softmax(keys @ PROJECTION[0]), (len(queries), 1))),
    ("uniform", lambda queries, keys: np.full((len(queries), len(keys)), 1 / len(keys))),
    ("transposed", lambda queries, keys: softmax(cosine_scores(queries, keys)).T),
    ("transposed", over_queries),
    ("step", argmax),
    ("unstable-labels", other_queries_rows),
    ("unstable-labels", by_place),
    ("unstable-labels", sorted_columns),
    ("not-a-distribution", cosine_scores),
    ("not-a-distribution", lambda queries, keys: 2 * softmax(cosine_scores(queries, keys))),
    ("not-a-distribution", lambda queries, keys: softmax(cosine_scores(queries, keys))[:, :-1]),
]


@pytest.mark.parametrize(("code", "weights_of"), IMPOSTORS)
@pytest.mark.parametrize("shape", [(4, 5), (5, 5), (6, 3)])
def test_an_impostor_is_named(code: str, weights_of: Callable[..., np.ndarray], shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    queries, keys = rng.standard_normal((shape[0], 8)), rng.standard_normal((shape[1], 8))
    verdict = does_it_attend(weights_of, queries, keys)
    assert [impostor.code for impostor in verdict.impostors] == [code]
    assert f"[{code}]" in str(verdict) and not verdict.attends


@settings(derandomize=True, deadline=None)
@given(
    st.sampled_from([cosine_scores, dot_scores, scaled_dot_scores, "additive"]),
    st.sampled_from([0.3, 1.0, 10.0]),
    st.sampled_from([np.float32, np.float64]),
    st.integers(2, 9),
    st.integers(2, 9),
    st.integers(0, 1000),
)
# So sharp, and so few, that one set of new keys may happen to give the old weights.
@example(dot_scores, 10.0, np.float32, 2, 2, 265)
def test_no_attention_that_attends_is_accused(
    score: object, sharpness: float, dtype: type, targets: int, sources: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    queries, keys = (rng.standard_normal((length, 8)).astype(dtype) for length in (targets, sources))

    def weights_of(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
        if score == "additive":
            scores = additive_scores(queries, keys, *(array.astype(dtype) for array in ADDITIVE))
        else:
            scores = score(queries, keys)  # type: ignore[operator]
        return softmax(dtype(sharpness) * scores)

    verdict = does_it_attend(weights_of, queries, keys, rng=rng)
    # A very sharp one may be a step as far as these queries show, and is then rightly named.
    assert {impostor.code for impostor in verdict.impostors} <= {"step"}, str(verdict)
    assert verdict.attends or sharpness == 10


def test_the_function_may_change_its_arguments_and_the_caller_keeps_hers() -> None:
    queries, keys = RNG.standard_normal((4, 8)), RNG.standard_normal((5, 8))
    before = keys.copy()

    def careless(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
        keys /= np.linalg.norm(keys, axis=-1, keepdims=True)
        return softmax(queries @ keys.T)

    assert does_it_attend(careless, queries, keys).attends
    np.testing.assert_array_equal(keys, before)


def test_what_is_no_array_of_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="weights_of: expected an array"):
        does_it_attend(lambda queries, keys: "weights")
    with pytest.raises(ValueError, match="queries: expected shape"):
        does_it_attend(cosine_scores, np.ones(3), np.ones((3, 3)))
