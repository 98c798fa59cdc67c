"""The numerical Jacobian: beside the package's own derivatives, at awkward inputs, and honest about both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attention_np as an
from attention_np.gradcheck.numerics.jacobian import numerical_jacobian

pytestmark = pytest.mark.filterwarnings("error")
few_examples = settings(max_examples=15, derandomize=True, deadline=None)
seeds = st.integers(0, 2**32 - 1)

RNG = np.random.default_rng(7)
QUERIES, KEYS, VALUES = (RNG.standard_normal(shape) for shape in ((2, 3, 5), (2, 4, 5), (2, 4, 6)))
GAIN, BIAS = RNG.standard_normal((2, 5))


def attended(queries):
    return an.context(an.softmax(an.cosine_scores(queries, KEYS)), VALUES)


def attended_backward(d_context, queries):
    weights = an.softmax(an.cosine_scores(queries, KEYS))
    d_weights, _ = an.context_backward(d_context, weights, VALUES)
    return an.cosine_scores_backward(an.softmax_backward(d_weights, weights), queries, KEYS)[0]


PAIRS = {
    "cosine scores": (
        lambda x: an.cosine_scores(x, KEYS),
        lambda d, x: an.cosine_scores_backward(d, x, KEYS)[0],
    ),
    "scaled dot scores": (
        lambda x: an.scaled_dot_scores(x, KEYS),
        lambda d, x: an.scaled_dot_scores_backward(d, x, KEYS)[0],
    ),
    "softmax": (an.softmax, lambda d, x: an.softmax_backward(d, an.softmax(x))),
    "layer norm": (
        lambda x: an.layer_norm(x, GAIN, BIAS),
        lambda d, x: an.layer_norm_backward(d, x, GAIN)[0],
    ),
    "gelu": (an.gelu, an.gelu_backward),
    "tanh": (an.tanh, lambda d, x: an.tanh_backward(d, an.tanh(x))),
    "sigmoid": (an.sigmoid, lambda d, x: an.sigmoid_backward(d, an.sigmoid(x))),
    "cosine attention": (attended, attended_backward),
}


@pytest.mark.parametrize("name", PAIRS)
@few_examples
@given(seed=seeds)
def test_it_is_the_packages_own_derivative_to_twelve_digits_and_knows_how_exact_it_is(name, seed):
    function, backward = PAIRS[name]
    rng = np.random.default_rng(seed)
    array = rng.standard_normal((2, 3, 5))
    jacobian = numerical_jacobian(function, array)
    expected = rows_of(function, backward, array)
    size = np.max(np.abs(expected))
    error = np.abs(jacobian.matrix - expected)
    # Vectors as short as a tenth of the usual bend the cosine ten times as fast.
    assert np.max(error) < 1e-11 * size
    assert np.median(np.max(error, axis=0)) < 2e-12 * size
    assert np.all(error <= 10 * jacobian.error + 1e-15 * size)
    assert np.max(jacobian.error) < 2e-10 * size
    assert not np.any(jacobian.kink | jacobian.jump)


def rows_of(function, backward, array):
    output = function(array)
    return np.stack([np.ravel(backward(unit.reshape(output.shape), array)) for unit in np.eye(output.size)])


@few_examples
@given(seed=seeds)
def test_a_gradient_is_pulled_back_with_an_error_that_covers_its_own(seed):
    rng = np.random.default_rng(seed)
    array, upstream = rng.standard_normal((2, 3, 5)), rng.standard_normal((2, 3, 6))
    gradient = numerical_jacobian(attended, array).pull_back(upstream)
    expected = attended_backward(upstream, array).ravel()
    assert np.all(np.abs(gradient.value - expected) <= 10 * gradient.error)
    assert np.max(gradient.error) < 1e-9 * np.max(np.abs(expected))
    assert not np.any(gradient.undefined)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e-6, 1e8, 1e150])
@settings(few_examples, max_examples=5)
@given(seed=seeds)
def test_steps_follow_the_magnitude_of_a_scale_free_function_and_of_one_that_is_not(scale, seed):
    array = scale * np.random.default_rng(seed).standard_normal((2, 3, 5))
    for name in "cosine scores", "layer norm", "softmax":
        function, backward = PAIRS[name]
        if name == "softmax" and scale > 1:
            continue
        jacobian = numerical_jacobian(function, array)
        expected = rows_of(function, backward, array)
        error = np.abs(jacobian.matrix - expected)
        size = np.max(np.abs(expected))
        assert np.all(error <= 10 * jacobian.error + 1e-15 * size)
        assert np.max(error) < 2e-10 * size and np.max(jacobian.error) < 1e-9 * size
        assert not np.any(jacobian.kink | jacobian.jump)


def test_one_row_may_hold_entries_of_very_different_magnitude():
    array = np.array([[1e8, 1.0, -2.0, 0.1, 1e-7], [1e-9, 3e-9, -1e-9, 2e-9, 1e8]])
    for function, slope in [(np.sin, np.cos), (np.tanh, lambda x: 1 - np.tanh(x) ** 2)]:

        def real(x, function=function):
            return np.asarray(function(x), dtype=float)

        jacobian = numerical_jacobian(real, array)
        expected = np.diag(slope(array).ravel())
        assert np.all(np.abs(jacobian.matrix - expected) <= 10 * jacobian.error)
        assert np.max(jacobian.error) < 1e-6
    scores = np.array([[1e8, 1e8 + 1, 3.0, -1e8]])
    jacobian = numerical_jacobian(an.softmax, scores)
    expected = rows_of(*PAIRS["softmax"], scores)
    assert np.all(np.abs(jacobian.matrix - expected) <= 10 * jacobian.error)
    assert np.max(jacobian.error) < 1e-6


@few_examples
@given(seed=seeds)
def test_a_function_that_bends_within_a_millionth_of_its_entries_is_followed(seed):
    rng = np.random.default_rng(seed)
    centre = rng.standard_normal(4)
    array = centre + 1e-6 * rng.standard_normal(4)

    def function(x):
        return np.tanh(np.real(x - centre) / 1e-6)

    jacobian = numerical_jacobian(function, array)
    expected = np.diag((1 - function(array) ** 2) / 1e-6)
    assert np.all(np.abs(jacobian.matrix - expected) <= 10 * jacobian.error)
    assert np.max(jacobian.error) < 1e-7 / 1e-6


def test_kinks_are_marked_in_their_own_entries_and_spoil_no_others():
    array = np.array([[0.0, 1.0, -0.5, 1e-5], [-1e-6, 0.3, 0.0, 2e-9]])
    mix = np.random.default_rng(0).standard_normal((4, 3))
    jacobian = numerical_jacobian(lambda x: an.relu(x) @ mix, array)
    kinks = np.zeros((2, 3, 2, 4), dtype=bool)
    kinks[0, :, 0, 0] = kinks[1, :, 1, 2] = True
    np.testing.assert_array_equal(jacobian.kink, kinks.reshape(6, 8))
    assert not np.any(jacobian.jump)
    expected = np.einsum("ab,dj,bd->ajbd", np.eye(2), mix, array > 0)
    smooth = ~jacobian.kink
    error = np.abs(jacobian.matrix - expected.reshape(6, 8))
    assert np.all(error[smooth] <= 10 * jacobian.error[smooth])
    assert np.max(jacobian.error[smooth]) < 1e-5
    ordinary = [1, 2, 5]
    assert np.max(jacobian.error[:, ordinary]) < 1e-12
    assert np.all(np.abs(expected.reshape(6, 8) - jacobian.matrix)[~smooth] <= 1.05 * jacobian.error[~smooth])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.maximum(x, 0),
        np.abs,
        lambda x: np.maximum(x, x[::-1] * 0),
        lambda x: np.sqrt(np.sum(x * x, axis=-1)),
    ],
    ids=["relu", "absolute value", "maximum of two", "length of a zero vector"],
)
def test_what_has_a_kink_at_zero_is_undefined_there_only_where_the_upstream_reaches_it(function):
    array = np.zeros((2, 3))
    array[1] = 1.0, -2.0, 0.5
    jacobian = numerical_jacobian(function, array)
    upstream = np.ones(function(array).shape)
    assert jacobian.pull_back(upstream).undefined.tolist() == [True] * 3 + [False] * 3
    upstream[0] = 0
    gradient = jacobian.pull_back(upstream)
    assert not np.any(gradient.undefined)
    assert np.all(gradient.error < 1e-11)


def test_the_cosine_jumps_at_a_zero_vector_and_nowhere_else():
    queries = QUERIES.copy()
    queries[0, 1] = 0
    jacobian = numerical_jacobian(lambda x: an.cosine_scores(x, KEYS), queries)
    jumps = np.zeros((2, 3, 4, 2, 3, 5), dtype=bool)
    jumps[0, 1, :, 0, 1, :] = True
    jumps = jumps.reshape(jacobian.jump.shape)
    np.testing.assert_array_equal(jacobian.jump, jumps)
    assert not np.any(jacobian.kink)
    assert np.all(jacobian.matrix[jumps] == 0) and np.all(np.isinf(jacobian.error[jumps]))
    expected = rows_of(*PAIRS["cosine scores"], queries)
    assert np.all(np.abs(jacobian.matrix - expected)[~jumps] <= 10 * jacobian.error[~jumps] + 1e-15)
    upstream = np.random.default_rng(0).standard_normal((2, 3, 4))
    gradient = jacobian.pull_back(upstream)
    assert gradient.undefined.reshape(queries.shape)[0, 1].all() and gradient.undefined.sum() == 5
    assert np.all(np.isinf(gradient.error) == gradient.undefined) and np.all(np.isfinite(gradient.value))
    upstream[0, 1] = 0
    gradient = jacobian.pull_back(upstream)
    assert not np.any(gradient.undefined) and np.all(np.isfinite(gradient.error))


def test_a_function_of_single_precision_has_an_error_to_match_also_where_it_is_saturated():
    rng = np.random.default_rng(3)
    array = rng.standard_normal((4, 5)) * 3
    jacobian = numerical_jacobian(lambda x: np.tanh(x.astype(np.float32)), array)
    assert jacobian.method == "central differences"
    error = np.abs(jacobian.matrix - np.diag(1 / np.cosh(array.ravel()) ** 2))
    assert np.all(error <= 10 * jacobian.error)
    assert 1e-8 < np.median(np.diag(jacobian.error)) < 1e-4


def test_minus_infinity_in_a_masked_score_leaves_the_others_their_derivatives():
    scores = np.random.default_rng(0).standard_normal((2, 4))
    scores[0, 1] = -np.inf
    jacobian = numerical_jacobian(an.softmax, scores)
    assert np.isinf(jacobian.error[:, 1]).all()
    others = np.arange(8) != 1
    expected = rows_of(*PAIRS["softmax"], scores)
    assert np.max(np.abs(jacobian.matrix - expected)[:, others]) < 1e-12
    assert np.max(jacobian.error[:, others]) < 1e-11


def test_infinite_outputs_have_an_infinite_error_and_the_others_none():
    jacobian = numerical_jacobian(np.log, np.array([0.0, 1.0, -1.0, 1e-9]))
    assert np.isinf(jacobian.error).tolist() == [[True] * 4, [False] * 4, [True] * 4, [False] * 4]
    assert jacobian.matrix[3, 3] == pytest.approx(1e9, rel=1e-9)
    gradient = jacobian.pull_back(np.array([0.0, 2.0, 0.0, 0.0]))
    np.testing.assert_allclose(gradient.value, [0, 2, 0, 0], rtol=1e-11)
    assert np.all(np.isfinite(gradient.error))


def test_an_entry_is_moved_in_a_fresh_copy_at_every_call():
    array = np.random.default_rng(0).standard_normal((3, 4))[:, ::2]
    before, seen = array.copy(), []

    def function(x):
        seen.append(x)
        result = np.exp(x) * x[0, 0]
        x[...] = np.nan
        return result

    jacobian = numerical_jacobian(function, array)
    np.testing.assert_array_equal(array, before)
    assert len({id(x) for x in seen}) == len(seen) and all(x.shape == (3, 2) for x in seen)
    expected = numerical_jacobian(lambda x: np.exp(x) * x[0, 0], before)
    np.testing.assert_allclose(jacobian.matrix, expected.matrix, rtol=1e-14)


def test_sixty_entries_take_some_eleven_calls_each():
    calls = []

    def function(x):
        calls.append(1)
        return np.tanh(x)

    numerical_jacobian(function, np.random.default_rng(0).standard_normal((5, 12)))
    assert len(calls) <= 60 * 11 + 50


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1,)])
def test_arrays_of_any_shape_are_flattened(shape):
    jacobian = numerical_jacobian(lambda x: np.sum(np.sin(x)), np.full(shape, 0.3))
    assert jacobian.matrix.shape == jacobian.error.shape == jacobian.kink.shape == (1, np.prod(shape, dtype=int))
    np.testing.assert_allclose(jacobian.matrix, np.cos(0.3), rtol=1e-14)
    assert jacobian.pull_back(np.array(2.0)).value.shape == (np.prod(shape, dtype=int),)


def test_a_function_without_outputs_has_a_gradient_of_zeros():
    jacobian = numerical_jacobian(lambda x: x[:0], np.ones(3))
    assert jacobian.matrix.shape == (0, 3)
    assert jacobian.pull_back(np.zeros(0)).value.tolist() == [0, 0, 0]


def test_entries_without_influence_have_derivative_zero():
    table = np.random.default_rng(0).standard_normal((9, 3))
    ids = np.array([1, 4, 4, 7])
    jacobian = numerical_jacobian(lambda x: np.tanh(an.embedding(ids, x)), table)
    unused = np.ones((9, 3), dtype=bool)
    unused[ids] = False
    assert not np.any(jacobian.matrix[:, unused.ravel()])
    assert np.max(jacobian.error) < 1e-11


def test_what_does_not_fit_is_refused():
    with pytest.raises(TypeError, match="array: expected float64, got float32"):
        numerical_jacobian(np.tanh, np.ones(3, dtype=np.float32))
    with pytest.raises(ValueError, match="upstream: expected 3 entries, one for each output, got 4"):
        numerical_jacobian(np.tanh, np.ones(3)).pull_back(np.ones(4))
    lengths = iter(range(1000))
    with pytest.raises(ValueError, match="expected an output of shape"):
        numerical_jacobian(lambda x: np.zeros(next(lengths)), np.ones(3))
