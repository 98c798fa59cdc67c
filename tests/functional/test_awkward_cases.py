"""The rules that every function keeps: dtypes, layouts, empty dimensions, repeated calls, extremes, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from attention_np import (
    attention,
    attention_backward,
    cosine_scores,
    cosine_scores_backward,
    cross_entropy,
    cross_entropy_backward,
    embedding,
    embedding_backward,
    scaled_dot_scores,
    softmax,
    softmax_backward,
)

from ..derivatives import relative_error
from .cases import (
    CASES,
    Sizes,
    assert_gradients_equal_differences,
    cast,
    draw_upstream,
    few_examples,
    floats,
    seeds,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_score = pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot"])

DTYPES = {np.float16: 3e-2, np.float32: 1e-5, np.float64: 1e-13, np.longdouble: 1e-13}


def drawn_case(case, lead=(2, 3), sizes=None, seed=0):
    """Arguments and an upstream."""
    rng = np.random.default_rng(seed)
    given = case.draw(rng, lead, sizes or Sizes())
    return given, draw_upstream(rng, case.forward(given))


def copies(given):
    return {name: np.copy(value) if isinstance(value, np.ndarray) else value for name, value in given.items()}


def assert_same_bits(found, expected):
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert found.tobytes() == expected.tobytes()


def assert_all_same_bits(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        if isinstance(array, np.ndarray):
            assert_same_bits(found[name], array)


# What is true of every function


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@every_case
def test_the_dtype_that_comes_in_goes_out(case, dtype):
    given, upstream = drawn_case(case)
    output, gradients = case.forward(given), case.backward(upstream, given)
    narrow = case.forward(cast(given, dtype))
    assert isinstance(narrow, np.ndarray)
    assert (narrow.shape, narrow.dtype) == (output.shape, dtype)
    assert relative_error(narrow, output) < DTYPES[dtype]
    for name, gradient in case.backward(upstream.astype(dtype), cast(given, dtype)).items():
        assert (gradient.shape, gradient.dtype) == (given[name].shape, dtype), name
        assert relative_error(gradient, gradients[name]) < 10 * DTYPES[dtype], name


@every_case
def test_two_calls_give_the_same_bits_and_change_no_argument(case):
    given, upstream = drawn_case(case)
    before, upstream_before = copies(given), upstream.copy()
    output, gradients = case.forward(given), case.backward(upstream, given)
    assert_same_bits(case.forward(given), output)
    assert_all_same_bits(case.backward(upstream, given), gradients)
    assert_all_same_bits(given, before)
    assert_same_bits(upstream, upstream_before)


@every_case
def test_read_only_arguments_give_the_same_bits(case):
    given, upstream = drawn_case(case)
    output, gradients = case.forward(given), case.backward(upstream, given)
    for array in (*given.values(), upstream):
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    arguments = case.backward_arguments(upstream, given)
    for array in arguments.values():
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    assert_same_bits(case.forward(given), output)
    assert_all_same_bits(case.backward(upstream, given), gradients)
    case.backward_function(**arguments)


def every_other_element(array):
    spread = np.full([2 * n + 1 for n in array.shape], 7).astype(array.dtype)
    view = spread[(..., *[slice(1, None, 2)] * array.ndim)]
    view[...] = array
    return view


def axes_reversed_in_memory(array):
    return array.copy(order="F")


def counted_backwards(array):
    backwards = (..., *[slice(None, None, -1)] * array.ndim)
    return array[backwards].copy()[backwards]


@pytest.mark.parametrize("layout", [every_other_element, axes_reversed_in_memory, counted_backwards])
@every_case
def test_the_layout_in_memory_does_not_matter(case, layout):
    given, upstream = drawn_case(case)
    output, gradients = case.forward(given), case.backward(upstream, given)
    views = {name: layout(value) if isinstance(value, np.ndarray) else value for name, value in given.items()}
    before = copies(views)
    # Sums are taken in the order of memory, so the last bits may differ.
    assert relative_error(case.forward(views), output) < 1e-14
    for name, gradient in case.backward(layout(np.asarray(upstream)), views).items():
        assert relative_error(gradient, gradients[name]) < 1e-13, name
    assert_all_same_bits(views, before)


@every_case
def test_a_result_is_never_overwritten(case):
    given, upstream = drawn_case(case)
    output, gradients = case.forward(given), case.backward(upstream, given)
    output_before, gradients_before = output.copy(), copies(gradients)
    other, other_upstream = drawn_case(case, seed=1)
    case.forward(other)
    case.backward(other_upstream, other)
    for array in (*given.values(), upstream):
        if isinstance(array, np.ndarray):
            array[...] = 1
    assert_same_bits(output, output_before)
    assert_all_same_bits(gradients, gradients_before)


def shapes(given):
    return {name: np.shape(value) for name, value in given.items()}


def few_or_none(case, length):
    """All dimensions but one as usual and that one 0 or 1, then all of them; only those that the case has."""
    usual = shapes(drawn_case(case)[0])
    for name in Sizes._fields:
        sizes = Sizes()._replace(**{name: length})
        if (case.name, sizes.vocabulary) == ("copy_cross_entropy", 0):
            continue  # It is refused: see test_pointer.py.
        if shapes(case.draw(np.random.default_rng(0), (2, 3), sizes)) != usual:
            yield sizes
    yield Sizes(*[length] * 5, vocabulary=1)


def result_dimensions(case):
    """The names of the result's dimensions, and what is added to each, read off where all lengths differ."""
    sizes = Sizes(11, 23, 37, 51, 67, 83)
    output = case.forward(case.draw(np.random.default_rng(0), (), sizes))
    return [
        (name, length - own)
        for length in output.shape
        for name, own in sizes._asdict().items()
        if 0 <= length - own < 3
    ]


@pytest.mark.parametrize("length", [0, 1])
@every_case
def test_dimensions_of_length_0_and_1_work(case, length):
    dimensions = result_dimensions(case)
    for sizes in few_or_none(case, length):
        for lead in [(), (0,), (2, 0), (1,), (2,)]:
            if case.name == "softmax over 0" and not lead:
                continue
            given, upstream = drawn_case(case, lead, sizes)
            output = case.forward(given)
            assert np.all(np.isfinite(output))
            if case.upstream and (sizes.vocabulary or case.name != "embedding"):
                assert output.shape == (*lead, *(getattr(sizes, name) + more for name, more in dimensions))
            for name, gradient in case.backward(upstream, given).items():
                assert gradient.shape == given[name].shape and np.all(np.isfinite(gradient))
                # Where there are no numbers that the result depends on, there is nothing to receive.
                assert output.size or not gradient.any()
            if lead == (2,) and output.size:
                assert_gradients_equal_differences(case, lead, sizes, seed=0, by_projections=True)


# What every function refuses, by name


def calls(case):
    """The function and its backward, each with a way to call it with one argument changed."""
    given, upstream = drawn_case(case)
    yield given, lambda changed: case.function(**changed, **case.options)
    arguments = case.backward_arguments(upstream, given)
    yield arguments, lambda changed: case.backward_function(**changed)


@every_case
def test_a_list_is_refused_by_name(case):
    for given, call in calls(case):
        for name, value in given.items():
            if isinstance(value, np.ndarray):
                with pytest.raises(TypeError, match=rf"^{name}: expected .*, got list"):
                    call({**given, name: [value.tolist()]})


@every_case
def test_integers_for_floats_are_refused_by_name(case):
    for given, call in calls(case):
        for name in floats(given):
            with pytest.raises(
                TypeError, match=rf"^{name}: expected a floating dtype, got int64; convert it"
            ):
                call({**given, name: given[name].astype(np.int64)})


@every_case
def test_complex_numbers_and_booleans_are_refused_by_name(case):
    for given, call in calls(case):
        for name in floats(given):
            for dtype in (np.complex128, np.bool_):
                with pytest.raises(TypeError, match=rf"^{name}: expected a floating dtype, got "):
                    call({**given, name: given[name].astype(dtype)})


@every_case
def test_mixed_dtypes_are_refused_by_name(case):
    for given, call in calls(case):
        names = floats(given)
        for name in names if len(names) > 1 else []:
            with pytest.raises(TypeError) as error:
                call({**given, name: given[name].astype(np.float32)})
            found = re.match(
                r"(\w+): expected dtype float(32|64) like (\w+), got float(32|64)", str(error.value)
            )
            assert found and name in found.groups(), str(error.value)


@every_case
def test_floats_for_ids_are_refused_by_name(case):
    for given, call in calls(case):
        for name in {"ids", "targets", "source_ids"} & given.keys():
            with pytest.raises(TypeError, match=rf"^{name}: expected a NumPy array of integers, got float64"):
                call({**given, name: given[name].astype(float)})


@pytest.mark.parametrize("case", [case for case in CASES if case.upstream], ids=str)
def test_an_upstream_of_the_wrong_shape_is_refused_by_name(case):
    given, upstream = drawn_case(case)
    arguments = case.backward_arguments(upstream, given)
    # The last axis of a lookup's upstream is the width, and of a mixture's the extended vocabulary: known from it alone.
    free = 1 if case.name in ("embedding", "copy_mixture") else 0
    for axis in range(upstream.ndim - free):
        longer = np.concatenate([upstream, upstream], axis=axis)
        with pytest.raises(
            ValueError, match=rf"^{case.upstream}: expected shape .*, got {re.escape(str(longer.shape))}"
        ):
            case.backward_function(**{**arguments, case.upstream: longer})
    with pytest.raises(ValueError, match=rf"^{case.upstream}: expected shape"):
        case.backward_function(**{**arguments, case.upstream: upstream[None]})


# Zero vectors and magnitudes


def test_a_zero_vector_has_score_0_and_receives_gradient_0():
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4))
    queries[0, 1] = keys[1, 2] = 0
    scores = cosine_scores(queries, keys)
    assert not scores[0, 1].any() and not scores[1, :, 2].any()
    assert np.count_nonzero(scores) == scores.size - 5 - 3
    d_queries, d_keys = cosine_scores_backward(rng.standard_normal(scores.shape), queries, keys)
    assert not d_queries[0, 1].any() and not d_keys[1, 2].any()
    assert np.all(np.delete(d_queries.reshape(6, 4), 1, axis=0)) and np.all(
        np.delete(d_keys.reshape(10, 4), 7, axis=0)
    )


def test_a_negative_zero_vector_is_a_zero_vector():
    queries, keys = np.array([[-0.0, 0.0]]), np.array([[1.0, -2.0], [0.5, 3.0]])
    assert not cosine_scores(queries, keys).any()
    d_queries, _ = cosine_scores_backward(np.array([[1.0, -3.0]]), queries, keys)
    assert not d_queries.any()


@few_examples
@drawn(seed=seeds, exponent=st.integers(-300, 300), other=st.integers(-300, 300))
def test_a_cosine_does_not_depend_on_magnitudes_from_1e_minus_300_to_1e300(seed, exponent, other):
    rng = np.random.default_rng(seed)
    # Magnitudes of one decade, so that no component leaves the normal numbers.
    queries, keys = (
        np.copysign(rng.uniform(0.1, 1, shape), rng.standard_normal(shape)) for shape in [(3, 4), (5, 4)]
    )
    factor, other_factor = float(f"1e{exponent}"), float(f"1e{other}")
    scores = cosine_scores(queries, keys)
    assert relative_error(cosine_scores(factor * queries, other_factor * keys), scores) < 4e-16 * 4
    # A gradient is as short as its vector is long; a small upstream keeps it below the largest number.
    upstream = 0.01 * rng.standard_normal(scores.shape)
    expected_queries, expected_keys = cosine_scores_backward(upstream, queries, keys)
    d_queries, d_keys = cosine_scores_backward(upstream, factor * queries, other_factor * keys)
    assert relative_error(d_queries * factor, expected_queries) < 1e-13
    assert relative_error(d_keys * other_factor, expected_keys) < 1e-13


def test_vectors_of_different_magnitudes_in_one_batch_do_not_disturb_each_other():
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((7, 4)), rng.standard_normal((5, 4))
    magnitudes = np.array([1e-300, 1e-200, 1e-8, 1, 1e9, 1e200, 1e300])[:, None]
    assert relative_error(cosine_scores(magnitudes * queries, keys), cosine_scores(queries, keys)) < 1e-15


def test_components_of_1e300_and_1e_minus_300_stand_in_one_vector():
    queries = np.array([[1e300, 1e-300, -1e300]])
    keys = np.array([[1.0, 5.0, 0.5], [0.0, 1e-300, 0.0]])
    scores = cosine_scores(queries, keys)
    assert scores[0, 0] == pytest.approx((1 - 0.5) / np.sqrt(2 * 26.25), rel=1e-15)
    assert scores[0, 1] == 0
    d_queries, d_keys = cosine_scores_backward(np.array([[0.3, -0.2]]), queries, keys)
    assert np.all(np.isfinite(d_queries)) and np.all(np.isfinite(d_keys))
    # The second key is a unit vector times 1e-300, and turns towards the query's direction at 1e300 per step.
    assert d_keys[1] == pytest.approx(np.array([-0.2, 0, 0.2]) * 1e300 / np.sqrt(2), rel=1e-15)


@pytest.mark.parametrize("magnitude", [1e30, 1e-30, 1e38, 1.2e-38])
def test_a_float32_cosine_does_not_depend_on_magnitude(magnitude):
    rng = np.random.default_rng(0)
    exact = np.copysign(rng.uniform(0.3, 1, (3, 4)), rng.standard_normal((3, 4)))
    other = rng.standard_normal((5, 4))
    keys = other.astype(np.float32)
    queries = (exact / np.abs(exact).min() * magnitude / (4 if magnitude > 1 else 1)).astype(np.float32)
    scores = cosine_scores(queries, keys)
    assert scores.dtype == np.float32
    assert relative_error(scores, cosine_scores(queries.astype(float), keys.astype(float))) < 3e-7
    upstream = 0.1 * rng.standard_normal(scores.shape)
    gradients = cosine_scores_backward(upstream.astype(np.float32), queries, keys)
    expected = cosine_scores_backward(upstream, queries.astype(float), keys.astype(float))
    for gradient, wide in zip(gradients, expected, strict=True):
        assert gradient.dtype == np.float32 and np.all(np.isfinite(gradient))
        # Beside a magnitude of 1e38 the gradient is a subnormal number with few digits.
        assert relative_error(gradient.astype(float), wide) < (1e-6 if np.abs(wide).max() > 1e-30 else 1e-4)


@pytest.mark.parametrize("multiple", [1, 1000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_subnormal_components_give_no_nan_no_infinity_and_no_warning(dtype, multiple):
    tiny = np.finfo(dtype).smallest_subnormal * dtype(multiple)
    queries = np.array([[1, 3, 0], [0, 0, 1], [0, 1, 0]], dtype) * tiny
    queries[1] += np.array([1, -2, 0], dtype)
    keys = np.array([[2, -1, 0.5], [0, 0, 0]], dtype) + np.array([[0, 0, 0], [1, 0, 1]], dtype) * tiny
    scores = cosine_scores(queries, keys)
    units = np.array([[1.0, 3, 0], [1, -2, 0], [0, 1, 0]]), np.array([[2, -1, 0.5], [1, 0, 1]])
    assert relative_error(scores, cosine_scores(*units)) < 4 * np.finfo(dtype).eps + tiny
    d_queries, d_keys = cosine_scores_backward(
        np.array([[0.3, -1], [0.2, 0.4], [-0.6, 1]], dtype), queries, keys
    )
    assert np.all(np.isfinite(d_queries)) and np.all(np.isfinite(d_keys))
    # Too long to be written down in full, the gradient still points across its vector.
    assert (
        np.abs(d_queries[0] @ np.array([1, 3, 0], dtype))
        < 8 * np.finfo(dtype).eps * np.abs(d_queries[0]).max()
    )
    weights = softmax(scores)
    assert np.all(np.isfinite(attention(queries, keys, np.ones((2, 1), dtype)))) and np.all(weights > 0)


# Masks, and scores of any size


def masked_attention(lead=(2,), dtype=np.float64):
    """Attention in which some targets may attend to nothing, and the upstream of its context."""
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((*lead, 4, 3)), rng.standard_normal((*lead, 5, 3))
    values = rng.standard_normal((*lead, 5, 2))
    mask = rng.random((*lead, 4, 5)) < 0.6
    mask[..., 1, :] = False
    mask[..., 2, 3] = True
    d_context = rng.standard_normal((*lead, 4, 2))
    return [array.astype(dtype) for array in (queries, keys, values, d_context)], mask


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_a_fully_masked_row_gets_zero_weights_and_zero_gradient(dtype):
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((2, 4, 5)).astype(dtype)
    mask = rng.random((4, 5)) < 0.6
    mask[1] = False
    weights = softmax(scores, mask=mask)
    assert weights.dtype == dtype
    assert not weights[:, 1].any() and not weights[:, ~mask].any()
    np.testing.assert_allclose(weights[:, [0, 2, 3]].sum(axis=-1), 1, rtol=2 * np.finfo(dtype).eps)
    d_scores = softmax_backward(rng.standard_normal(scores.shape).astype(dtype), weights)
    assert not d_scores[:, 1].any() and not d_scores[:, ~mask].any() and d_scores[:, mask].all()


@pytest.mark.parametrize("kept", [False, True])
@every_score
def test_a_target_that_may_attend_to_nothing_gets_context_0_and_gradient_0(score, kept):
    (queries, keys, values, d_context), mask = masked_attention()
    options = {"score": score, "scale": 3.0, "mask": mask}
    context, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
    assert not context[:, 1].any() and context[:, [0, 2, 3]].all()
    assert np.all(log_normaliser[:, 1] == -np.inf) and np.all(np.isfinite(log_normaliser[:, [0, 2, 3]]))
    forward = {"context": context, "log_normaliser": log_normaliser} if kept else {}
    gradients = attention_backward(d_context, queries, keys, values, **options, **forward)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)
    d_queries, d_keys, d_values, d_scale = gradients
    assert not d_queries[:, 1].any()
    # What the masked target sends back changes nothing, however large it is.
    d_context[:, 1] = 1e100
    for gradient, again in zip(
        gradients, attention_backward(d_context, queries, keys, values, **options, **forward), strict=True
    ):
        assert_same_bits(again, gradient)


@pytest.mark.parametrize("kept", [False, True])
@every_score
def test_a_key_that_no_target_may_attend_to_receives_nothing(score, kept):
    (queries, keys, values, d_context), mask = masked_attention()
    mask[..., 2] = False
    options = {"score": score, "mask": mask}
    context, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
    forward = {"context": context, "log_normaliser": log_normaliser} if kept else {}
    _, d_keys, d_values, _ = attention_backward(d_context, queries, keys, values, **options, **forward)
    assert not d_keys[:, 2].any() and not d_values[:, 2].any()
    others = np.array(keys), np.array(values)
    others[0][:, 2], others[1][:, 2] = 50, -70
    assert_same_bits(attention(queries, *others, **options), context)


@every_score
def test_a_bias_of_minus_infinity_is_a_mask(score):
    (queries, keys, values, d_context), mask = masked_attention()
    bias = np.where(mask, 0.0, -np.inf)
    by_mask = attention(queries, keys, values, score=score, mask=mask, return_log_normaliser=True)
    by_bias = attention(queries, keys, values, score=score, bias=bias, return_log_normaliser=True)
    forward = dict(zip(("context", "log_normaliser"), by_bias, strict=True))
    gradients = attention_backward(d_context, queries, keys, values, score=score, mask=mask)
    for kept in ({}, forward):
        again = attention_backward(d_context, queries, keys, values, score=score, bias=bias, **kept)
        for found, expected in zip((*by_bias, *again), (*by_mask, *gradients), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@every_score
def test_with_more_targets_than_sources_the_first_causal_targets_see_nothing(score):
    rng = np.random.default_rng(0)
    queries, keys, values = (rng.standard_normal((2, n, 3)) for n in (5, 2, 2))
    d_context = rng.standard_normal((2, 5, 3))
    context, log_normaliser = attention(
        queries, keys, values, score=score, causal=True, return_log_normaliser=True
    )
    assert not context[:, :3].any() and np.all(log_normaliser[:, :3] == -np.inf)
    np.testing.assert_allclose(context[:, 3], values[:, 0], rtol=1e-15)
    for kept in ({}, {"context": context, "log_normaliser": log_normaliser}):
        d_queries, _, d_values, _ = attention_backward(
            d_context, queries, keys, values, score=score, causal=True, **kept
        )
        assert not d_queries[:, :3].any() and np.all(np.isfinite(d_values))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_scores_of_plus_and_minus_1e4_give_finite_weights_and_gradients(dtype):
    scores = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    tolerance = max(4 * float(np.finfo(dtype).eps), 1e-15)
    weights = softmax(scores)
    np.testing.assert_allclose(weights, [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0]], atol=tolerance)
    assert np.all(np.isfinite(softmax_backward(np.array([[3, -1, 2]] * 3, dtype), weights)))
    targets = np.array([1, 2, 0])
    expected = (2e4 + np.log(3) + np.log(2)) / 3
    assert cross_entropy(scores, targets) == pytest.approx(expected, rel=tolerance)
    np.testing.assert_allclose(
        cross_entropy_backward(scores, targets) * 3,
        weights - np.eye(3)[targets],
        atol=tolerance,
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_the_largest_and_the_smallest_number_are_scores_like_any_other(dtype):
    largest, tolerance = np.finfo(dtype).max, max(4 * float(np.finfo(dtype).eps), 1e-15)
    scores = np.array([[largest, -largest, 0], [-largest, -largest, -np.inf]], dtype)
    np.testing.assert_array_equal(softmax(scores), [[1, 0, 0], [0.5, 0.5, 0]])
    assert cross_entropy(scores, np.array([0, 1])) == pytest.approx(np.log(2) / 2, rel=tolerance)
    np.testing.assert_array_equal(
        cross_entropy_backward(scores, np.array([0, 1])), [[0, 0, 0], [0.25, -0.25, 0]]
    )
    one = np.ones((1, 1), dtype)
    values = np.array([[2.0], [3.0], [5.0]], dtype)
    context, log_normaliser = attention(one, scores[:1].T, values, score="dot", return_log_normaliser=True)
    assert (context, log_normaliser) == (2, largest)


def test_a_score_of_minus_infinity_gets_weight_0_and_a_row_of_them_zeros():
    weights = softmax(np.array([[0.5, -np.inf, 1.5], [-np.inf] * 3]))
    assert weights[0, 1] == 0 and weights[0].sum() == pytest.approx(1) and not weights[1].any()
    d_scores = softmax_backward(np.array([[1.0, 5.0, -2.0], [3.0, 4.0, 5.0]]), weights)
    assert d_scores[0, 1] == 0 and d_scores[0, 0] != 0 and not d_scores[1].any()


@every_score
@pytest.mark.parametrize("kept", [False, True])
def test_sharpnesses_of_plus_and_minus_1e4_give_finite_numbers(score, kept):
    (queries, keys, values, d_context), mask = masked_attention()
    for scale in (1e4, -1e4):
        options = {"score": score, "scale": scale, "mask": mask}
        context, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
        assert np.all(np.isfinite(context)) and np.all(np.isfinite(log_normaliser[:, [0, 2, 3]]))
        forward = {"context": context, "log_normaliser": log_normaliser} if kept else {}
        gradients = attention_backward(d_context, queries, keys, values, **options, **forward)
        assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


# NaN and infinity


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_not_a_number_is_reported_where_it_stands(value):
    scores = np.array([[1.0, 2.0, 3.0], [1.0, value, -np.inf]])
    with pytest.raises(
        ValueError, match=rf"^scores: expected finite numbers or -inf, got {value} at index \(1, 1\)"
    ):
        softmax(scores)
    mask = np.array([True, False, True])
    assert np.all(np.isfinite(softmax(scores, mask=mask)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["queries", "keys"])
def test_a_vector_that_is_not_finite_has_no_cosine_and_says_so(name, value):
    rng = np.random.default_rng(0)
    given = {"queries": rng.standard_normal((2, 3, 4)), "keys": rng.standard_normal((2, 5, 4))}
    given[name][1, 2, 3] = value
    with pytest.raises(
        ValueError, match=rf"^{name}: expected finite numbers, got {value} at index \(1, 2, 3\)"
    ):
        cosine_scores(**given)
    with pytest.raises(
        ValueError, match=rf"^{name}: expected finite numbers, got {value} at index \(1, 2, 3\)"
    ):
        cosine_scores_backward(np.ones((2, 3, 5)), **given)


@every_score
@pytest.mark.parametrize("name", ["queries", "keys", "scale", "bias"])
def test_attention_names_the_argument_that_brought_nan(name, score):
    rng = np.random.default_rng(0)
    given = {
        "queries": rng.standard_normal((2, 3, 4)),
        "keys": rng.standard_normal((2, 5, 4)),
        "values": rng.standard_normal((2, 5, 6)),
        "scale": rng.uniform(1, 2, 2),
        "bias": np.where(rng.random((2, 3, 5)) < 0.3, -np.inf, 0.5),
    }
    given["bias"][0, 0, 0] = -np.inf
    given["bias"][1, ..., 0] = 0
    where = (1,) if name == "scale" else (1, 2, 0)
    given[name][where] = np.nan
    message = rf"^{name}: expected finite numbers, got nan at index {re.escape(str(where))}"
    with pytest.raises(ValueError, match=message):
        attention(**given, score=score)
    with pytest.raises(ValueError, match=message):
        attention_backward(np.ones((2, 3, 6)), **given, score=score)


# Ids


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
)
def test_ids_of_every_integer_dtype_mean_the_same(dtype):
    rng = np.random.default_rng(0)
    # More rows than an id of 8 bits can name, and the largest id of each dtype.
    table, ids = rng.standard_normal((300, 2)), np.array([[3, 0], [min(np.iinfo(dtype).max, 299), 3]])
    d_outputs, logits = rng.standard_normal((2, 2, 2)), rng.standard_normal((2, 2, 300))
    assert_same_bits(embedding(ids.astype(dtype), table), embedding(ids, table))
    assert_same_bits(
        embedding_backward(d_outputs, ids.astype(dtype), 300), embedding_backward(d_outputs, ids, 300)
    )
    for ignored in (None, 3, -1, -100, 1000):
        narrow = {"targets": ids.astype(dtype), "ignore_index": ignored}
        wide = {"targets": ids, "ignore_index": ignored}
        assert_same_bits(cross_entropy(logits, **narrow), cross_entropy(logits, **wide))
        assert_same_bits(cross_entropy_backward(logits, **narrow), cross_entropy_backward(logits, **wide))


def test_repeated_ids_add_up():
    rng = np.random.default_rng(0)
    d_outputs = rng.standard_normal((2, 3, 4))
    d_table = embedding_backward(d_outputs, np.array([[1, 4, 1], [0, 1, 4]]), 6)
    expected = np.zeros((6, 4))
    expected[1] = d_outputs[0, 0] + d_outputs[0, 2] + d_outputs[1, 1]
    expected[4] = d_outputs[0, 1] + d_outputs[1, 2]
    expected[0] = d_outputs[1, 0]
    np.testing.assert_allclose(d_table, expected, rtol=1e-15)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_targets_that_are_all_ignored_give_loss_0_and_gradient_0(smoothing):
    logits = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
    logits[0, 1] = np.nan
    targets = np.full((2, 3), 9)
    loss = cross_entropy(logits, targets, ignore_index=9, label_smoothing=smoothing)
    assert loss == 0 and loss.shape == () and loss.dtype == np.float32
    gradient = cross_entropy_backward(logits, targets, ignore_index=9, label_smoothing=smoothing)
    assert gradient.shape == logits.shape and not gradient.any()


def test_an_ignored_row_changes_neither_loss_nor_gradient_whatever_stands_in_it():
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((4, 5)), np.array([3, -1, 0, 4])
    options = {"ignore_index": -1, "label_smoothing": 0.1}
    loss, gradient = (
        cross_entropy(logits, targets, **options),
        cross_entropy_backward(logits, targets, **options),
    )
    logits[1] = [np.nan, np.inf, -np.inf, 1e308, 0]
    assert_same_bits(cross_entropy(logits, targets, **options), loss)
    assert_same_bits(cross_entropy_backward(logits, targets, **options), gradient)
    assert not gradient[1].any()
    kept = [0, 2, 3]
    assert loss == pytest.approx(cross_entropy(logits[kept], targets[kept], label_smoothing=0.1), rel=1e-15)


def test_width_0_has_a_finite_default_scale():
    assert not scaled_dot_scores(np.zeros((2, 0)), np.zeros((3, 0))).any()
    context = attention(
        np.zeros((2, 0)), np.zeros((3, 0)), np.array([[1.0], [2.0], [6.0]]), score="scaled_dot"
    )
    np.testing.assert_allclose(context, [[3.0], [3.0]], rtol=1e-15)
