"""Grouped-query attention: attention with the keys and values written out for every head, whose gradients a group adds up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import (
    attention,
    attention_backward,
    grouped_attention,
    grouped_attention_backward,
    sliding_window_mask,
)
from attention_np.functional import tiles

from ..derivatives import torch_gradients
from .cases import few_examples
from .family import check_dtypes, check_pair

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
HEADS, GROUPS, L, S, D, E = 6, 2, 3, 5, 4, 2


def draw_arguments(seed=0, groups=GROUPS, lead=(2,)):
    rng = np.random.default_rng(seed)
    return {
        "queries": rng.standard_normal((*lead, HEADS, L, D)),
        "keys": rng.standard_normal((*lead, groups, S, D)),
        "values": rng.standard_normal((*lead, groups, S, E)),
    }


def draw_options(seed, kind):
    rng = np.random.default_rng(seed)
    options = {"score": "scaled_dot" if kind == "plain" else "cosine"}
    if kind in ("causal", "all"):
        options["causal"] = True
    if kind in ("per head", "all"):
        mask = rng.random((2, HEADS, L, S)) < 0.7
        mask[0, 1, 2] = False
        bias = rng.standard_normal((HEADS, 1, S))
        options |= {"scale": rng.uniform(1, 5, HEADS), "mask": mask, "bias": bias}
    if kind == "shared":
        options |= {"scale": 3.0, "mask": rng.random((2, 1, 1, S)) < 0.7, "bias": rng.standard_normal((L, S))}
    return options


KINDS = ("plain", "causal", "per head", "shared", "all")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_it_is_attention_with_keys_and_values_repeated_and_their_gradients_added_up(kind, groups):
    arguments, options = draw_arguments(1, groups), draw_options(1, kind)
    upstream = np.random.default_rng(2).standard_normal((2, HEADS, L, E))
    size = HEADS // groups
    written_out = [np.repeat(arguments[name], size, axis=1) for name in ("keys", "values")]
    expected, expected_log = attention(
        arguments["queries"], *written_out, **options, return_log_normaliser=True
    )
    context, log_normaliser = grouped_attention(**arguments, **options, return_log_normaliser=True)
    np.testing.assert_allclose(context, expected, rtol=1e-13)
    np.testing.assert_allclose(log_normaliser, expected_log, rtol=1e-13)
    d_queries, *d_shared, d_scale = attention_backward(upstream, arguments["queries"], *written_out, **options)
    kept = {"context": context, "log_normaliser": log_normaliser}
    for given_again in ({}, kept):
        found = grouped_attention_backward(upstream, **arguments, **options, **given_again)
        np.testing.assert_allclose(found[0], d_queries, rtol=1e-12, atol=1e-14)
        for gradient, of_heads in zip(found[1:3], d_shared, strict=True):
            summed = of_heads.reshape(2, groups, size, *of_heads.shape[-2:]).sum(axis=2)
            np.testing.assert_allclose(gradient, summed, rtol=1e-12, atol=1e-14)
        assert found[3].shape == d_scale.shape
        np.testing.assert_allclose(found[3], d_scale, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("causal", [False, True])
def test_it_has_pytorchs_numbers_forwards_and_backwards(groups, causal):
    torch = pytest.importorskip("torch")
    arguments = draw_arguments(3, groups)
    upstream = np.random.default_rng(4).standard_normal((2, HEADS, L, E))
    no_later = torch.tensor(np.tri(L, S, S - L, dtype=bool)) if causal else None

    def attended(queries, keys, values):
        return torch.nn.functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=no_later, enable_gqa=True
        )

    expected, gradients = torch_gradients(attended, upstream, arguments)
    options = {"score": "scaled_dot", "causal": causal}
    np.testing.assert_allclose(grouped_attention(**arguments, **options), expected, rtol=1e-12)
    found = grouped_attention_backward(upstream, **arguments, **options)
    for gradient, name in zip(found, arguments, strict=False):
        np.testing.assert_allclose(gradient, gradients[name], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradients_equal_differences(kind):
    seed = KINDS.index(kind)
    options = draw_options(seed, kind)
    arguments = draw_arguments(seed)
    scale = options.pop("scale", 2.0)
    arguments["scale"] = np.asarray(scale, float) if np.ndim(scale) else np.full((1,), scale)
    check_pair(
        lambda q, k, v, s: grouped_attention(q, k, v, scale=s, **options),
        lambda d, q, k, v, s: grouped_attention_backward(d, q, k, v, scale=s, **options),
        arguments,
        seed,
        by_projections=True,
    )


def test_with_a_group_for_each_head_it_is_attention_to_the_bit():
    arguments, options = draw_arguments(5, HEADS), draw_options(5, "all")
    upstream = np.random.default_rng(6).standard_normal((2, HEADS, L, E))
    expected = attention(**arguments, **options)
    np.testing.assert_array_equal(grouped_attention(**arguments, **options), expected)
    pairs = zip(
        grouped_attention_backward(upstream, **arguments, **options),
        attention_backward(upstream, **arguments, **options),
        strict=True,
    )
    for found, expected in pairs:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("score", ["cosine", "dot"])
@few_examples
@given(lengths=st.tuples(st.integers(1, 13), st.integers(1, 13)), data=st.data())
def test_in_blocks_of_any_size_a_window_is_its_mask(lengths, data, score, causal):
    (targets, sources), groups = lengths, data.draw(st.sampled_from([1, 2, 3, 6]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    shapes = {"queries": (HEADS, targets, D), "keys": (groups, sources, D), "values": (groups, sources, E)}
    arguments = {name: rng.standard_normal((2, *shape)) for name, shape in shapes.items()}
    upstream = rng.standard_normal((2, HEADS, targets, E))
    window = data.draw(st.integers(1, 14))
    options = {"score": score, "causal": causal, "scale": rng.uniform(0.5, 2, HEADS)}
    mask = sliding_window_mask(targets, sources, window)
    expected = grouped_attention(**arguments, **options, mask=mask)
    d_expected = grouped_attention_backward(upstream, **arguments, **options, mask=mask)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "QUERIES", data.draw(st.integers(1, 5)))
        patch.setattr(tiles, "TILE", data.draw(st.integers(6, 60)))
        found = grouped_attention(**arguments, **options, window=window)
        d_found = grouped_attention_backward(upstream, **arguments, **options, window=window)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    for gradient, other in zip(d_found, d_expected, strict=True):
        np.testing.assert_allclose(gradient, other, rtol=1e-11, atol=1e-13)


def test_what_is_out_of_sight_of_all_targets_of_a_block_is_not_computed():
    queries, keys, values = np.random.default_rng(9).standard_normal((3, 1, 4096, 4)).astype(np.float32)
    values[:, :1024] = np.nan
    context = grouped_attention(queries, keys, values, window=100, causal=True)
    assert np.isfinite(context[:, 2048:]).all()
    # A weight of 0 times NaN is NaN: the mask alone does not spare the product.
    masked = grouped_attention(
        queries, keys, values, mask=sliding_window_mask(4096, 4096, 100), causal=True
    )
    assert np.isnan(masked[:, 2048:]).all()


def test_an_allowed_score_that_is_not_finite_is_named_and_one_out_of_sight_is_not():
    arguments = draw_arguments(10)
    arguments["keys"][:, 0, 0] = 1e200
    arguments["queries"][...] = 1e200
    with pytest.raises(ValueError, match=r"^scores: expected finite numbers or -inf, got inf at index \(0, 0, 0, 0\)$"):
        grouped_attention(**arguments, score="dot")
    arguments["keys"][:, 1] = 1.0
    arguments["keys"][:, 0, 1:] = 1.0
    with np.errstate(over="ignore"):
        context = grouped_attention(**arguments, score="dot", window=1)
    assert np.isfinite(context).all()


@pytest.mark.parametrize("lead", [(), (0,), (2, 1), (1, 3)])
def test_any_leading_dimensions_work(lead):
    arguments = draw_arguments(7, lead=lead)
    context = grouped_attention(**arguments)
    assert context.shape == (*lead, HEADS, L, E)
    d_queries, d_keys, d_values, d_scale = grouped_attention_backward(np.ones_like(context), **arguments)
    found = [d_queries.shape, d_keys.shape, d_values.shape, d_scale.shape]
    assert found == [*(array.shape for array in arguments.values()), ()]


@pytest.mark.parametrize(("targets", "sources"), [(0, 5), (3, 0), (1, 1)])
@pytest.mark.parametrize("window", [None, 1])
def test_empty_dimensions_pass_through(targets, sources, window):
    shapes = {"queries": (HEADS, targets, D), "keys": (GROUPS, sources, D), "values": (GROUPS, sources, E)}
    arguments = {name: np.ones(shape) for name, shape in shapes.items()}
    context = grouped_attention(**arguments, window=window)
    assert context.shape == (HEADS, targets, E)
    gradients = grouped_attention_backward(context, **arguments, window=window)[:3]
    assert [gradient.shape for gradient in gradients] == list(shapes.values())


def test_the_dtype_stays():
    upstream = np.random.default_rng(8).standard_normal((2, HEADS, L, E))
    check_dtypes(
        grouped_attention,
        lambda d, *arrays: grouped_attention_backward(d, *arrays)[:3],
        draw_arguments(8),
        upstream,
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keys": np.ones((2, 4, S, D))}, r"^keys: expected leading dimensions \(2,\) and a number of groups that div"),
        ({"keys": np.ones((3, 2, S, D))}, r"^keys: expected leading dimensions \(2,\) and a number of groups that div"),
        ({"values": np.ones((2, 3, S, E))}, "^values: expected leading dimensions"),
        ({"queries": np.ones((L, D))}, "^queries: expected shape"),
        ({"mask": np.ones((2, 5, L, S), bool)}, "^mask: expected a shape that broadcasts"),
        ({"scale": np.ones(GROUPS)}, "^scale: expected a shape that broadcasts"),
        ({"window": 0}, "^window: expected at least 1, got 0$"),
        ({"score": "euclid"}, "^score: expected one of"),
        ({"keys": np.ones((2, 2, S, D), np.float32)}, "^keys: expected dtype float64 like queries"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        grouped_attention(**{**draw_arguments(), **wrong})


def test_what_comes_from_the_forward_pass_must_have_its_shape():
    arguments = draw_arguments()
    for name in ("d_context", "context", "log_normaliser"):
        given_back = {"d_context": np.ones((2, HEADS, L, E)), name: np.ones((2, GROUPS, L, E))}
        with pytest.raises(ValueError, match=f"^{name}: expected shape"):
            grouped_attention_backward(**given_back, **arguments)
