"""The complex step: taken where the function goes along, and only there."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from attention_np import softmax_backward
from attention_np.gradcheck.numerics.complex_step import complex_step_jacobian
from attention_np.gradcheck.numerics.jacobian import numerical_jacobian

pytestmark = pytest.mark.filterwarnings("error")

VECTORS = np.random.default_rng(0).standard_normal((3, 4))


def plain_softmax(scores):
    exponentials = np.exp(scores)
    return exponentials / np.sum(exponentials, axis=-1, keepdims=True)


ANALYTIC = {
    "softmax": plain_softmax,
    "unit vectors by a root": lambda v: v / np.sqrt(np.sum(v * v, axis=-1, keepdims=True)),
    "matrix product": lambda v: v @ np.arange(8.0).reshape(4, 2),
    "tanh": np.tanh,
    "gather": lambda v: v[[0, 0, 2]] ** 2,
    "einsum": lambda v: np.einsum("ij,kj->ik", v, v),
    "softmax less the largest": lambda v: plain_softmax(v - v.max(axis=-1, keepdims=True)),
}


def raises_for_complex(v):
    if np.iscomplexobj(v):
        raise KeyError("a function of its own mind")
    return v * v


FALSIFYING = {
    "norm": lambda v: v / np.linalg.norm(v, axis=-1, keepdims=True),
    "absolute value": lambda v: np.abs(v) * v,
    "absolute value in one entry": lambda v: v * np.where(np.arange(4) == 2, np.abs(v), v),
    "divided by the largest magnitude": lambda v: v / np.abs(v).max(),
    "real part": lambda v: v.real**2,
    "real part of one entry": lambda v: np.where(np.arange(12).reshape(3, 4) == 7, v.real, v) ** 2,
    "conjugate": lambda v: v * np.conj(v),
    "cast to real": lambda v: (v**2).astype(np.float64),
    "real buffer": lambda v: _through_a_real_buffer(v),
    "cast by the standard library": lambda v: np.array([float(x) for x in v.ravel()]) ** 2,
    "exception": raises_for_complex,
    "complex64": lambda v: (v**2).astype(np.complex64 if np.iscomplexobj(v) else float),
    "other shape": lambda v: v**2 if not np.iscomplexobj(v) else v[0] ** 2,
    "other real part": lambda v: v**2 + (1 if np.iscomplexobj(v) else 0),
    "no array": lambda v: v**2 if not np.iscomplexobj(v) else None,
}


def _through_a_real_buffer(v):
    buffer = np.empty(v.shape)
    buffer[:] = v
    return buffer**2


@pytest.mark.parametrize("name", ANALYTIC)
def test_an_analytic_function_is_recognised_and_exact_to_rounding(name):
    jacobian = numerical_jacobian(ANALYTIC[name], VECTORS)
    assert jacobian.method == "complex step"
    size = np.max(np.abs(jacobian.matrix))
    assert np.max(jacobian.error) < 2e-13 * size
    step = 1e-100
    for entry in range(VECTORS.size):
        moved = VECTORS.astype(complex)
        moved.flat[entry] += 1j * step
        expected = np.imag(ANALYTIC[name](moved)).ravel() / step
        np.testing.assert_allclose(jacobian.matrix[:, entry], expected, rtol=1e-14, atol=1e-16 * size)


def test_the_softmax_by_complex_steps_is_its_backward_function():
    jacobian = numerical_jacobian(plain_softmax, VECTORS)
    upstream = np.random.default_rng(1).standard_normal(VECTORS.shape)
    expected = softmax_backward(upstream, plain_softmax(VECTORS))
    found = jacobian.pull_back(upstream)
    np.testing.assert_allclose(found.value.reshape(VECTORS.shape), expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("name", FALSIFYING)
def test_a_function_that_falsifies_complex_numbers_gets_central_differences_and_no_warning(name):
    jacobian = numerical_jacobian(FALSIFYING[name], VECTORS)
    assert jacobian.method == "central differences"
    real = {
        "norm": ANALYTIC["unit vectors by a root"],
        "absolute value": lambda v: v * v * np.sign(VECTORS),
        "absolute value in one entry": lambda v: v * v * np.where(np.arange(4) == 2, np.sign(VECTORS), 1),
        "divided by the largest magnitude": lambda v: v / abs(_largest(v)),
    }.get(name, lambda v: v * v)
    exact = numerical_jacobian(real, VECTORS)
    assert np.all(np.abs(jacobian.matrix - exact.matrix) <= 10 * (jacobian.error + exact.error))
    assert np.max(jacobian.error) < 1e-11


def _largest(v):
    where = np.argmax(np.abs(VECTORS))
    return v.flat[where] * np.sign(VECTORS.flat[where])


def test_a_kink_is_not_taken_for_a_derivative_because_complex_numbers_have_an_order():
    jacobian = numerical_jacobian(lambda v: np.maximum(v, 0), np.array([0.0, 1.0, -1.0]))
    assert jacobian.method == "central differences"
    assert jacobian.kink[0, 0] and jacobian.error[0, 0] >= 0.5


def test_agreement_with_differences_that_know_nothing_proves_nothing():
    array = np.array([1.0, 2.0])
    output, scales, matrix = array**2, array, np.diag(2 * array)
    sharp, blunt = np.full((2, 2), 1e-12), np.full((2, 2), 1e-2)
    found = complex_step_jacobian(lambda v: v**2, array, output, scales, matrix, sharp)
    np.testing.assert_allclose(found, matrix, rtol=1e-15)
    assert complex_step_jacobian(lambda v: v**2, array, output, scales, matrix, blunt) is None
    assert complex_step_jacobian(lambda v: v**2, array, output, scales, matrix + 1e-9, sharp) is None


def test_after_a_failure_the_function_is_not_asked_again():
    asked = []

    def function(v):
        asked.append(np.iscomplexobj(v))
        return np.abs(v) * v

    numerical_jacobian(function, VECTORS)
    assert sum(asked) == 1


def test_warnings_of_the_trial_are_silenced_and_those_of_the_caller_are_not():
    def function(v):
        if np.iscomplexobj(v):
            warnings.warn("complex numbers are deprecated here", DeprecationWarning, stacklevel=1)
        return v**2

    assert numerical_jacobian(function, VECTORS).method == "complex step"
    with pytest.warns(DeprecationWarning):
        function(VECTORS.astype(complex))


def test_the_estimate_allows_for_digits_that_the_function_loses_inside():
    rng = np.random.default_rng(2)
    for _ in range(30):
        v = 1 + 0.1 * rng.standard_normal(2)
        jacobian = numerical_jacobian(lambda v: ((v + 1e7) - 1e7) ** 3, v)
        assert jacobian.method == "complex step"
        assert np.all(np.abs(np.diag(jacobian.matrix) - 3 * v * v) <= 10 * np.diag(jacobian.error))


def test_a_slight_kink_is_not_covered_up():
    jacobian = numerical_jacobian(lambda v: 1e3 * v + 1e-4 * np.maximum(v, 0), np.array([0.0, 1.0]))
    assert jacobian.method == "central differences"
    assert jacobian.kink[0, 0]
    for slope in 1e3, 1e3 + 1e-4:
        assert abs(jacobian.matrix[0, 0] - slope) <= 1.1 * jacobian.error[0, 0]


@pytest.mark.parametrize(
    "function",
    [
        lambda v: np.concatenate([v[:2] ** 2, 0 * v[2:].astype(float)]),
        lambda v: v[:2] ** 2 if np.any(np.imag(v[:2])) else np.real(v[:2]) ** 2,
    ],
    ids=["with a warning", "without"],
)
def test_who_drops_imaginary_parts_is_not_trusted_even_where_it_does_no_harm(function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        assert numerical_jacobian(function, np.array([1.0, 2.0, 3.0])).method == "central differences"
