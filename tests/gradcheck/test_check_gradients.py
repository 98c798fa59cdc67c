"""check_gradients: wrong gradients are named, right ones pass, and nothing a function does misleads it.

That the right gradients of every function of the package pass, the tests of those functions show.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import attention_np as anp
from attention_np.gradcheck import CODES, check_gradients

Array = NDArray[Any]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def codes_of(report: Any, name: str | None = None) -> set[str]:
    return {found.code for found in report.diagnoses if name in (None, found.input)}


def test_a_mistake_in_a_recognised_function_is_named_in_its_own_symbols(rng: np.random.Generator) -> None:
    scores = rng.normal(size=(3, 5))
    report = check_gradients(anp.softmax, scores, backward=lambda d, s: d * anp.softmax(s), rng=rng)
    assert not report.passed
    assert report.diagnoses[0].code == "dropped-term"
    assert report.diagnoses[0].input == "scores"
    with pytest.raises(AssertionError, match="dropped-term"):
        report.raise_if_failed()


def tanh_of_product(x: Array, w: Array) -> Array:
    return np.tanh(x @ w)


def tanh_of_product_backward(d: Array, x: Array, w: Array) -> tuple[Array, Array]:
    d_z = d * (1 - np.tanh(x @ w) ** 2)
    return d_z @ w.T, x.T @ d_z


MISTAKES = {
    "sign-flipped": lambda d_x, d_w: (d_x, -d_w),
    "constant-factor": lambda d_x, d_w: (d_x, d_w / 3),
    "zero": lambda d_x, d_w: (d_x, np.zeros_like(d_w)),
    "missing-factor": lambda d_x, d_w: (d_x, d_w * np.array([1.5, -2.0, 0.3, 4.0, 0.9])[:, None]),
    "misplaced": lambda d_x, d_w: (d_x, d_w[::-1]),
    "transposed": lambda d_x, d_w: (d_x, d_w.T),
    "not-finite": lambda d_x, d_w: (d_x, np.where(d_w == d_w[0, 0], np.nan, d_w)),
    "wrong-shape": lambda d_x, d_w: (d_x, d_w[:-1]),
    "wrong-dtype": lambda d_x, d_w: (d_x, d_w.astype(np.float32)),
    "wrong-axis": lambda d_x, d_w: (d_x, d_w.sum(axis=0)),
    "imprecise": lambda d_x, d_w: (d_x, d_w.astype(np.float32).astype(np.float64)),
    "unknown": lambda d_x, d_w: (d_x, d_w + np.sin(1000 * d_w)),
}


@pytest.mark.parametrize("code", MISTAKES)
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mistake_in_an_unknown_function_is_named_and_the_other_gradient_is_not_accused(code: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(3, 5)), rng.normal(size=(5, 4))

    def backward(d: Array, x: Array, w: Array) -> Any:
        return MISTAKES[code](*tanh_of_product_backward(d, x, w))

    report = check_gradients(tanh_of_product, x, w, backward=backward, rng=rng)
    assert not report.passed
    assert code in codes_of(report, "w"), str(report)
    assert codes_of(report, "x") == set(), str(report)
    assert code in CODES


def test_swapped_results_are_named(rng: np.random.Generator) -> None:
    x, w = rng.normal(size=(2, 4, 4))

    def backward(d: Array, x: Array, w: Array) -> Any:
        return tanh_of_product_backward(d, x, w)[::-1]

    report = check_gradients(tanh_of_product, x, w, backward=backward, rng=rng)
    assert codes_of(report, "x") == codes_of(report, "w") == {"swapped-results"}


def test_a_gradient_that_ignores_its_upstream_is_named(rng: np.random.Generator) -> None:
    x, w = rng.normal(size=(3, 5)), rng.normal(size=(5, 4))

    def backward(d: Array, x: Array, w: Array) -> Any:
        return tanh_of_product_backward(np.ones_like(d), x, w)

    report = check_gradients(tanh_of_product, x, w, backward=backward, rng=rng)
    assert "upstream-ignored" in codes_of(report, "x") & codes_of(report, "w")


def test_the_jacobian_itself_in_place_of_its_transpose_is_named(rng: np.random.Generator) -> None:
    matrix = rng.normal(size=(5, 5))
    report = check_gradients(lambda x: matrix @ x, rng.normal(size=5), backward=lambda d, x: matrix @ d, rng=rng)
    assert codes_of(report) == {"transposed"}


def test_assignment_to_repeated_rows_is_named(rng: np.random.Generator) -> None:
    ids, table = np.array([3, 1, 3, 0]), rng.normal(size=(5, 2))

    def overwriting(d: Array, ids: Array, table: Array) -> tuple[None, Array]:
        d_table = np.zeros_like(table)
        d_table[ids] = d
        return None, d_table

    def adding(d: Array, ids: Array, table: Array) -> tuple[None, Array]:
        d_table = np.zeros_like(table)
        np.add.at(d_table, ids, d)
        return None, d_table

    assert check_gradients(lambda ids, table: table[ids], ids, table, backward=adding, rng=rng).passed
    report = check_gradients(lambda ids, table: table[ids], ids, table, backward=overwriting, rng=rng)
    assert "overwritten" in codes_of(report, "table")


def test_a_changed_input_and_a_changed_upstream_are_seen(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 4))

    def changes_input(d: Array, x: Array) -> Array:
        x *= 2
        return d * x

    def changes_upstream(d: Array, x: Array) -> Array:
        d *= 2 * x
        return d

    report = check_gradients(lambda x: x**2, x, backward=changes_input, rng=rng)
    assert ("mutates-input", "x") in {(found.code, found.input) for found in report.diagnoses}
    report = check_gradients(lambda x: x**2, x, backward=changes_upstream, rng=rng)
    assert "mutates-input" in codes_of(report)
    assert report.comparisons[0].verdict == "right"
    assert not report.passed


def test_a_buffer_that_a_later_call_overwrites_is_seen(rng: np.random.Generator) -> None:
    buffer = np.empty((3, 4))
    report = check_gradients(
        lambda x: x**2, rng.normal(size=(3, 4)), backward=lambda d, x: np.multiply(2 * x, d, out=buffer), rng=rng
    )
    assert codes_of(report) == {"not-repeatable"}


def test_a_kink_is_reported_and_is_no_fault(rng: np.random.Generator) -> None:
    x = np.array([[0.0, 1.0, -1.0], [2.0, 0.0, -0.5]])
    report = check_gradients(anp.relu, x, backward=anp.relu_backward, rng=rng)
    assert report.passed
    assert codes_of(report) == {"kink"}
    report = check_gradients(anp.relu, x, backward=lambda d, x: d, rng=rng)
    assert not report.passed


def test_the_zero_vector_of_a_cosine_is_no_kink(rng: np.random.Generator) -> None:
    queries, keys = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    queries[1] = 0
    report = check_gradients(anp.cosine_scores, queries, keys, backward=anp.cosine_scores_backward, rng=rng)
    assert report.passed and report.diagnoses == ()


def test_the_rounding_of_a_gradient_that_is_zero_is_not_accused_and_anything_larger_is(rng: np.random.Generator) -> None:
    def constant(x: Array) -> Array:
        return np.zeros((3, 2))

    def rounding(d: Array, x: Array) -> Array:
        return (0.1 + 0.2 - 0.3) * d[:, :1]

    x = rng.normal(size=(3, 1))
    check_gradients(constant, x, backward=rounding, rng=rng).raise_if_failed()
    report = check_gradients(constant, x, backward=lambda d, x: 1e-11 * d[:, :1], rng=rng)
    assert not report.passed


def test_a_derivative_by_the_complex_step_is_not_trusted_where_absolute_values_falsify_it(
    rng: np.random.Generator,
) -> None:
    def unit(x: Array) -> Array:
        return x / np.linalg.norm(x)

    def unit_backward(d: Array, x: Array) -> Array:
        length = np.linalg.norm(x)
        return (d - x * (x @ d) / length**2) / length

    report = check_gradients(unit, rng.normal(size=6), backward=unit_backward, rng=rng)
    report.raise_if_failed()


@pytest.mark.parametrize(
    ("forward", "backward", "words"),
    [
        (lambda x: 1 / 0, lambda d, x: d, "raised ZeroDivisionError"),
        (lambda x: None, lambda d, x: d, "gives None"),
        (lambda x: [1.0, 2.0], lambda d, x: d, "gives a list"),
        (lambda x: x.astype(np.float32), lambda d, x: d, "float32"),
        (lambda x: x * np.nan, lambda d, x: d, "nan at index (0, 0)"),
        (lambda x: x + np.random.random(), lambda d, x: d, "global random numbers"),
        (lambda x: x, lambda d, x: {}["no"], "raised KeyError: 'no' in line"),
        (lambda x: x, lambda d: d, "takes (d)"),
        (lambda x: x, lambda d, x: (d, d), "expected one array, x, got a tuple of 2"),
        (lambda x: x, lambda d, x: None, "gives None for x"),
        (lambda x: x, lambda d, x: "no", "gives a str for x"),
        (lambda x: x, lambda d, x: exit(), "raised SystemExit"),
    ],
)
def test_what_a_function_does_wrong_is_a_sentence_and_never_a_crash(
    forward: Any, backward: Any, words: str, rng: np.random.Generator
) -> None:
    report = check_gradients(forward, rng.normal(size=(2, 3)), backward=backward, rng=rng)
    assert not report.passed
    assert words in str(report).replace("\n   ", " "), str(report)


def test_a_forward_function_of_changing_shape_is_refused(rng: np.random.Generator) -> None:
    calls: list[int] = []

    def forward(x: Array) -> Array:
        calls.append(1)
        return x[: len(calls)]

    report = check_gradients(forward, rng.normal(size=4), backward=lambda d, x: d, rng=rng)
    assert codes_of(report) == {"not-repeatable"}
    assert "(1,) and (2,)" in str(report)


def test_single_precision_is_refused_with_what_to_do(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3)).astype(np.float32)
    with pytest.raises(TypeError, match=r"x: expected float64, got float32.*astype\(np.float64\)"):
        check_gradients(lambda x: x, x, backward=lambda d, x: d)


def test_names_must_be_one_for_each_input(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="names: expected 1 different names"):
        check_gradients(lambda x: x, rng.normal(size=3), backward=lambda d, x: d, names=["a", "b"])


def test_two_checks_use_different_upstreams_unless_told() -> None:
    seen: list[Array] = []

    def backward(d: Array, x: Array) -> Array:
        seen.append(d)
        return d

    x = np.arange(3.0)
    for seed in (None, None, 1, 1):
        check_gradients(lambda x: x, x, backward=backward, rng=None if seed is None else np.random.default_rng(seed))
    first = seen[::4]
    assert not np.array_equal(first[0], first[1])
    np.testing.assert_array_equal(first[2], first[3])
    assert all(np.ptp(d) > 0 for d in seen)


def test_arrays_too_large_for_every_entry_are_checked_by_projections(rng: np.random.Generator) -> None:
    x, w = rng.normal(size=(40, 100)), rng.normal(size=(100, 30))
    report = check_gradients(tanh_of_product, x, w, backward=tanh_of_product_backward, rng=rng)
    report.raise_if_failed()

    def flipped(d: Array, x: Array, w: Array) -> tuple[Array, Array]:
        d_x, d_w = tanh_of_product_backward(d, x, w)
        return d_x, -d_w

    report = check_gradients(tanh_of_product, x, w, backward=flipped, rng=rng)
    assert "sign-flipped" in codes_of(report, "w") and codes_of(report, "x") == set()
