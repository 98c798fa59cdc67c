"""Attention over inputs so long that it is computed block by block: equal to the three readable steps, whatever the blocks."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np import (
    attention,
    attention_backward,
    causal_mask,
    context,
    context_backward,
    cosine_scores,
    cosine_scores_backward,
    dot_scores,
    dot_scores_backward,
    softmax,
    softmax_backward,
)
from attention_np.functional import tiles

from ..derivatives import relative_error

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
TOLERANCES = {np.float32: 1e-5, np.float64: 1e-12}
every_score = pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot"])
every_dtype = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda dtype: dtype.__name__)


def draw(rng, lead, targets, sources, width, value_width, dtype=np.float64):
    """Queries, keys, values and an upstream of the context."""
    shapes = ((targets, width), (sources, width), (sources, value_width), (targets, value_width))
    return [rng.standard_normal((*lead, *shape)).astype(dtype) for shape in shapes]


def by_steps(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False
):
    """Context, log-normaliser and the four gradients by the readable steps, and the sizes of the terms that were summed."""
    scores_of, scores_backward = {"cosine": (cosine_scores, cosine_scores_backward)}.get(
        score, (dot_scores, dot_scores_backward)
    )
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    multiplier = np.broadcast_to(np.asarray(scale, queries.dtype), queries.shape[:-2])[..., None, None]
    scores = scores_of(queries, keys)
    logits = scores * multiplier + (0 if bias is None else bias)
    allowed = np.ones(logits.shape, bool) if mask is None else np.broadcast_to(mask, logits.shape)
    if causal:
        allowed = allowed & causal_mask(*logits.shape[-2:])
    weights = softmax(logits, mask=allowed)
    shown = np.where(allowed, logits, -np.inf)
    top = np.maximum(np.max(shown, axis=-1, initial=-np.inf), np.finfo(logits.dtype).min)
    with np.errstate(divide="ignore"):
        log_normaliser = top + np.log(np.exp(shown - top[..., None]).sum(axis=-1))
    d_weights, d_values = context_backward(d_context, weights, values)
    d_logits = softmax_backward(d_weights, weights)
    d_queries, d_keys = scores_backward(d_logits * multiplier, queries, keys)
    shape = scale.shape if isinstance(scale, np.ndarray) else ()
    d_scale = sum_to((d_logits * scores).sum(axis=(-2, -1)), shape)
    results = context(weights, values), log_normaliser, d_queries, d_keys, d_values, d_scale
    # Where terms cancel, as they do in a sum over a single source, a result is off by the rounding of its terms.
    spent = weights * (np.abs(d_weights) + np.sum(weights * np.abs(d_weights), axis=-1, keepdims=True))
    lengths = [np.linalg.norm(array, axis=-1, keepdims=True) for array in (queries, keys)]
    units = [np.abs(array) for array in (queries, keys)]
    if score == "cosine":
        lengths = [np.where(length == 0, 1, length) for length in lengths]
        units = [unit / length for unit, length in zip(units, lengths, strict=True)]
    else:
        lengths = [1, 1]
    d_scores = spent * np.abs(multiplier)
    d_queries, d_keys = d_scores @ units[1] / lengths[0], d_scores.swapaxes(-1, -2) @ units[0] / lengths[1]
    largest = np.sqrt(np.square(units[0]).sum(-1)[..., None] * np.square(units[1]).sum(-1)[..., None, :])
    d_scale = sum_to((spent * largest).sum(axis=(-2, -1)), shape)
    sizes = weights @ np.abs(values), 1 + np.abs(log_normaliser), d_queries, d_keys, d_values, d_scale
    return results, sizes


def sum_to(array, shape):
    """The sum over the axes along which `shape` broadcasts to the array."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    axes = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return array.sum(axis=axes, keepdims=True)


NAMES = ("context", "log_normaliser", "d_queries", "d_keys", "d_values", "d_scale")


def by_attention(arguments, options, kept):
    *inputs, d_context = arguments
    result, log_normaliser = attention(*inputs, **options, return_log_normaliser=True)
    forward = {"context": result, "log_normaliser": log_normaliser}
    gradients = attention_backward(d_context, *inputs, **options, **{name: forward[name] for name in kept})
    return result, log_normaliser, *gradients


def assert_equal_to_the_steps(arguments, options, kept=(), cancelling=False):
    """To 1e-5 in float32 and 1e-12 in float64 of the largest entry, or of the largest sum of terms that cancel."""
    *inputs, d_context = arguments
    dtype = inputs[0].dtype
    tolerance = TOLERANCES[dtype.type]
    found, (wanted, sizes) = by_attention(arguments, options, kept), by_steps(d_context, *inputs, **options)
    for name, array, expected, size in zip(NAMES, found, wanted, sizes, strict=True):
        assert (array.shape, array.dtype) == (expected.shape, dtype), name
        if name == "log_normaliser":
            nothing = expected == -np.inf
            assert np.array_equal(array == -np.inf, nothing)
            array, expected, size = (np.where(nothing, 0, a) for a in (array, expected, size))
        if not cancelling and name != "d_scale":
            size = np.abs(expected)
        assert np.max(np.abs(array - expected), initial=0) <= tolerance * np.max(size, initial=0), name


def draw_options(data, rng, lead, targets, sources, dtype):
    """A scale, a mask and a bias of any shape that broadcasts, each present or not."""

    def narrowed(shape):
        """The shape with some lengths 1, and some leading ones left away."""
        shape = [1 if data.draw(st.booleans()) else length for length in shape]
        return tuple(shape[data.draw(st.integers(0, len(shape))) :])

    options = {"score": data.draw(st.sampled_from(["cosine", "dot", "scaled_dot"]))}
    if data.draw(st.booleans()):
        options["scale"] = np.asarray(rng.uniform(-8, 8, narrowed(lead)), dtype)
    if data.draw(st.booleans()):
        options["mask"] = np.asarray(rng.random(narrowed((*lead, targets, sources))) < 0.6)
    if data.draw(st.booleans()):
        shape = narrowed((*lead, targets, sources))
        options["bias"] = np.asarray(
            np.where(rng.random(shape) < 0.2, -np.inf, 3 * rng.standard_normal(shape)), dtype
        )
    options["causal"] = data.draw(st.booleans())
    return options


@settings(max_examples=80, derandomize=True, deadline=None)
@given(data=st.data())
def test_small_blocks_give_the_numbers_of_the_readable_steps(data):
    lead = data.draw(st.sampled_from([(), (1,), (3,), (9,), (2, 3), (2, 1, 5)]))
    lengths = [data.draw(st.integers(0, 14)) for _ in range(4)]
    dtype = data.draw(st.sampled_from([np.float64, np.float32]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    options = draw_options(data, rng, lead, *lengths[:2], dtype)
    kept = data.draw(st.sampled_from([(), ("context",), ("log_normaliser",), ("context", "log_normaliser")]))
    arguments = draw(rng, lead, *lengths, dtype)
    for array in arguments[:2]:  # Zero vectors among them.
        array[rng.random(array.shape[:-1]) < data.draw(st.sampled_from([0, 0.2]))] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "QUERIES", data.draw(st.integers(1, 5)))
        patch.setattr(tiles, "TILE", data.draw(st.integers(6, 60)))
        assert_equal_to_the_steps(arguments, options, kept, cancelling=True)


SHAPES = [
    ((1,), 600, 1100),
    ((3, 4), 70, 90),
    ((2,), 1, 20000),
    ((2,), 20000, 2),
    ((), 300, 700),
    ((40,), 33, 31),
]


@every_dtype
@every_score
@pytest.mark.parametrize(("lead", "targets", "sources"), SHAPES, ids=str)
def test_long_inputs_give_the_numbers_of_the_readable_steps(lead, targets, sources, score, dtype):
    rng = np.random.default_rng(0)
    arguments = draw(rng, lead, targets, sources, 7, 5, dtype)
    mask = rng.random((*lead[:-1], 1, 1, sources) if lead else (targets, sources)) < 0.8
    bias = rng.standard_normal((targets, sources)).astype(dtype)
    for options in (
        {"scale": 2.0},
        {"mask": mask, "causal": True},
        {"bias": bias, "scale": rng.uniform(1, 4, lead).astype(dtype)},
    ):
        assert_equal_to_the_steps(arguments, {"score": score, **options})


@pytest.mark.parametrize("scale", [20.0, 39.0, 45.0, 100.0, -100.0, 1e4])
def test_a_sharpness_of_any_size_is_as_exact_as_its_logits(scale):
    rng = np.random.default_rng(0)
    arguments = draw(rng, (2,), 150, 600, 6, 3, np.float32)
    # Every key of the second matrix is opposite to every query: all exponentials are the smallest there are.
    arguments[0][1] = np.abs(arguments[0][1, :1])
    arguments[1][1] = -arguments[0][1, :1] * rng.uniform(1, 2, (600, 1)).astype(np.float32)
    *inputs, d_context = arguments
    result, log_normaliser = attention(*inputs, scale=scale, return_log_normaliser=True)
    gradients = attention_backward(
        d_context, *inputs, scale=scale, context=result, log_normaliser=log_normaliser
    )
    wanted, _ = by_steps(*(array.astype(float) for array in (d_context, *inputs)), scale=scale)
    # A logit of size β is off by β times the rounding of float32, and so are all weights, relatively.
    for found, expected in zip((result, log_normaliser, *gradients[:3]), wanted, strict=False):
        assert relative_error(found, expected) < 1e-6 * max(10, abs(scale))


@pytest.mark.parametrize("factor", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_cosines_do_not_depend_on_magnitudes(factor):
    rng = np.random.default_rng(0)
    queries, keys, values, d_context = draw(rng, (2,), 90, 120, 4, 3)
    queries, keys = (np.copysign(rng.uniform(0.1, 1, array.shape), array) for array in (queries, keys))
    d_context *= 1e-6
    expected = attention(queries, keys, values, scale=5.0)
    assert relative_error(attention(factor * queries, keys, values, scale=5.0), expected) < 1e-13
    d_queries, d_keys, *_ = attention_backward(d_context, queries, keys, values, scale=5.0)
    found_queries, found_keys, *_ = attention_backward(d_context, factor * queries, keys, values, scale=5.0)
    assert relative_error(found_queries * factor, d_queries) < 1e-12
    assert relative_error(found_keys, d_keys) < 1e-12


def test_a_zero_vector_has_score_0_with_everything_and_receives_gradient_0():
    rng = np.random.default_rng(0)
    queries, keys, values, d_context = draw(rng, (2,), 90, 200, 4, 3)
    queries[0, 7] = keys[1, 100] = 0
    np.testing.assert_allclose(
        attention(queries, keys, values, scale=9.0)[0, 7], values[0].mean(axis=0), rtol=1e-12
    )
    d_queries, d_keys, *_ = attention_backward(d_context, queries, keys, values, scale=9.0)
    assert not d_queries[0, 7].any() and not d_keys[1, 100].any()
    assert np.all(np.any(np.delete(d_queries.reshape(180, 4), 7, axis=0), axis=-1))


@every_score
@pytest.mark.parametrize("kept", [False, True])
def test_a_target_that_may_attend_to_nothing_gets_context_0_and_gradient_0(score, kept):
    rng = np.random.default_rng(0)
    queries, keys, values, d_context = draw(rng, (3,), 100, 80, 4, 3)
    mask = rng.random((3, 100, 80)) < 0.5
    mask[:, 60] = False
    options = {"score": score, "scale": 3.0, "mask": mask, "causal": True}
    result, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
    nothing = [*range(20), 60]
    assert not result[:, nothing].any() and np.all(log_normaliser[:, nothing] == -np.inf)
    forward = {"context": result, "log_normaliser": log_normaliser} if kept else {}
    gradients = attention_backward(d_context, queries, keys, values, **options, **forward)
    assert not gradients[0][:, nothing].any() and all(np.all(np.isfinite(gradient)) for gradient in gradients)
    d_context[:, nothing] = 1e100
    again = attention_backward(d_context, queries, keys, values, **options, **forward)
    for found, expected in zip(again, gradients, strict=True):
        np.testing.assert_array_equal(found, expected)


@every_score
def test_what_stands_in_a_padded_key_changes_nothing(score):
    rng = np.random.default_rng(0)
    queries, keys, values, _ = draw(rng, (3,), 100, 80, 4, 3)
    mask = np.arange(80) < np.array([50, 80, 20])[:, None, None]
    expected = attention(queries, keys, values, score=score, mask=mask)
    keys[0, 70], values[0, 70] = (1e200 if score == "cosine" else np.nan), 1e200
    assert relative_error(attention(queries, keys, values, score=score, mask=mask), expected) < 1e-13


def test_queries_that_see_nothing_of_a_block_cost_no_reading_of_it():
    rng = np.random.default_rng(0)
    queries, keys, values, _ = draw(rng, (), 2000, 2000, 4, 3)
    values[1500:] = np.nan
    assert np.all(np.isfinite(attention(queries, keys, values, causal=True)[:1000]))


# Bits, threads and memory


def arguments_of(shape, dtype=np.float32):
    lead, targets, sources, width = shape
    return draw(np.random.default_rng(0), (lead,), targets, sources, width, width, dtype)


def forward_and_backward(arguments, **options):
    *inputs, d_context = arguments
    result, log_normaliser = attention(*inputs, **options, return_log_normaliser=True)
    gradients = attention_backward(
        d_context, *inputs, **options, context=result, log_normaliser=log_normaliser
    )
    return [array.tobytes() for array in (result, log_normaliser, *gradients)]


@pytest.mark.parametrize("shape", [(1, 700, 800, 16), (40, 64, 64, 16)], ids=str)
def test_the_bits_depend_neither_on_the_call_nor_on_the_number_of_workers(shape):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    arguments = arguments_of(shape)
    found = []
    for threads in (1, 2, 2, 3):
        with threadpoolctl.threadpool_limits(threads, user_api="blas"):
            found += [forward_and_backward(arguments, causal=causal) for causal in (False, True)]
    assert found[2:] == found[:2] * 3


def test_calls_in_several_threads_disturb_each_other_neither_in_numbers_nor_in_blas():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    problems = [arguments_of(shape) for shape in [(1, 300, 300, 8), (30, 40, 40, 8), (2, 500, 200, 8)]]
    expected = [forward_and_backward(arguments) for arguments in problems]
    found: dict[int, list[bytes]] = {}

    def compute(number):
        for _ in range(5):
            found[number] = forward_and_backward(problems[number])

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        threads = [threading.Thread(target=compute, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pools = threadpoolctl.threadpool_info()
        assert {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"} == {2}
    assert [found[number] for number in range(3)] == expected


def test_a_result_is_never_overwritten_and_no_argument_changes():
    arguments = arguments_of((20, 64, 64, 16))
    before = [array.copy() for array in arguments]
    *inputs, d_context = arguments
    results = [attention(*inputs), *attention_backward(d_context, *inputs)]
    copies = [array.copy() for array in results]
    forward_and_backward(arguments_of((3, 300, 300, 16)))
    for array, copy in zip((*results, *arguments), (*copies, *before), strict=True):
        np.testing.assert_array_equal(array, copy)
    for number, array in enumerate(results):
        assert not any(np.shares_memory(array, other) for other in (*results[number + 1 :], *arguments))


def test_without_threadpoolctl_and_without_threads_the_numbers_are_the_same(monkeypatch):
    arguments = arguments_of((1, 700, 800, 16), np.float64)
    *inputs, d_context = arguments
    expected = attention_backward(d_context, *inputs)
    from attention_np.functional import workers

    def refuse(self):
        raise RuntimeError("can't start new thread")

    for change in ((threading.Thread, "start", refuse), (workers, "_blas_libraries", list)):
        with monkeypatch.context() as patch:
            patch.setattr(workers, "_single_threaded_products", workers._SingleThreadedProducts())
            patch.setattr(*change)
            for found, wanted in zip(attention_backward(d_context, *inputs), expected, strict=True):
                assert relative_error(found, wanted) < 1e-13


def test_a_child_process_computes_too():
    program = """
import os, numpy as np, attention_np
q = np.random.default_rng(0).standard_normal((1, 600, 8))
expected = attention_np.attention(q, q, q)
child = os.fork()
if not child:
    os._exit(0 if np.array_equal(attention_np.attention(q, q, q), expected) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    if not hasattr(__import__("os"), "fork"):
        pytest.skip("this platform does not fork")
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)


def test_memory_grows_with_the_length_and_not_with_its_square():
    extra = []
    for length in (1024, 4096):
        *inputs, d_context = arguments_of((1, length, length, 64))
        tracemalloc.start()
        result, log_normaliser = attention(*inputs, return_log_normaliser=True)
        gradients = attention_backward(d_context, *inputs, context=result, log_normaliser=log_normaliser)
        extra.append(
            tracemalloc.get_traced_memory()[1]
            - sum(array.nbytes for array in (result, log_normaliser, *gradients))
        )
        tracemalloc.stop()
    assert extra[1] < 16 * 2**20
    assert math.log(extra[1] / extra[0], 4) < 1.1


# What is refused


@every_score
@pytest.mark.parametrize("name", ["queries", "keys", "scale", "bias"])
def test_the_argument_that_brought_nan_is_named(name, score):
    rng = np.random.default_rng(0)
    queries, keys, values, d_context = draw(rng, (2,), 100, 120, 4, 3)
    bias = np.where(rng.random((2, 100, 120)) < 0.3, -np.inf, 0.5)
    given_arrays = {
        "queries": queries,
        "keys": keys,
        "values": values,
        "scale": rng.uniform(1, 2, 2),
        "bias": bias,
    }
    where = (1,) if name == "scale" else (1, 77, 1)
    given_arrays[name][where] = np.nan
    message = rf"^{name}: expected finite numbers, got nan at index \({', '.join(map(str, where))},?\)"
    for options in ({}, {"mask": np.arange(120) != 50}):
        with pytest.raises(ValueError, match=message):
            attention(**given_arrays, **options, score=score)
        with pytest.raises(ValueError, match=message):
            attention_backward(d_context, **given_arrays, **options, score=score)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_score_that_overflows_is_reported_where_it_stands_unless_it_is_masked():
    rng = np.random.default_rng(0)
    queries, keys, values, _ = draw(rng, (2, 3), 100, 120, 4, 3)
    queries[1, 2, 60], keys[1, 2, 80] = 1e200, 1e200
    for options in ({}, {"causal": True, "mask": np.ones(120, bool)}, {"bias": np.zeros((3, 1, 1))}):
        with pytest.raises(
            ValueError, match=r"^scores: expected finite numbers or -inf, got inf at index \(1, 2, 60, 80\)"
        ):
            attention(queries, keys, values, score="dot", **options)
    assert np.all(np.isfinite(attention(queries, keys, values, score="dot", mask=np.arange(120) != 80)))
