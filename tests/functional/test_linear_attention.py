"""Linear attention: its quadratic form, running sums that equal it in any blocks, and a state in the place of the past."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import causal_mask, linear_attention, linear_attention_backward, padding_mask

from ..derivatives import relative_error, torch_gradients
from .cases import few_examples, leads, seeds
from .family import check_dtypes, check_pair

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
sizes = st.integers(1, 5)


def draw_arguments(seed=0, targets=4, sources=6, lead=(2,), width=3, value_width=2):
    rng = np.random.default_rng(seed)
    shapes = {"queries": (targets, width), "keys": (sources, width), "values": (sources, value_width)}
    return {name: 1.5 * rng.standard_normal((*lead, *shape)) for name, shape in shapes.items()}


def quadratic(queries, keys, values, mask=None, causal=False):
    """The kernel of every pair, by φ(x) = x + 1 above zero and e^x below."""

    def features(vectors):
        return np.where(vectors > 0, vectors + 1, np.exp(np.minimum(vectors, 0)))

    weights = np.einsum("...jd,...id->...ji", features(queries), features(keys))
    if mask is not None:
        weights = weights * mask
    if causal:
        weights = weights * causal_mask(*weights.shape[-2:])
    normaliser = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(normaliser == 0, 1, normaliser) @ values


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("targets", "sources"), [(4, 6), (6, 4), (64, 64), (65, 65), (200, 200), (70, 300), (300, 70), (1, 130)]
)
def test_it_equals_its_quadratic_form(targets, sources, masked, causal):
    arguments = draw_arguments(1, targets, sources)
    mask = np.random.default_rng(2).random((2, 1, sources)) < 0.7 if masked else None
    found = linear_attention(**arguments, mask=mask, causal=causal)
    np.testing.assert_allclose(found, quadratic(**arguments, mask=mask, causal=causal), rtol=1e-12, atol=1e-14)


@few_examples
@given(lead=leads, targets=sizes, sources=sizes, causal=st.booleans(), seed=seeds)
def test_the_gradients_equal_differences(lead, targets, sources, causal, seed):
    arguments = draw_arguments(seed, targets, sources, lead)
    mask = padding_mask(np.random.default_rng(seed).integers(0, sources + 1, lead), sources)
    check_pair(
        lambda *arrays: linear_attention(*arrays, mask=mask, causal=causal),
        lambda d, *arrays: linear_attention_backward(d, *arrays, mask=mask, causal=causal),
        arguments,
        seed,
    )


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("targets", "sources"), [(4, 6), (7, 5), (150, 150), (70, 200), (200, 70)])
def test_its_gradients_are_pytorchs_of_the_quadratic_form(targets, sources, causal):
    torch = pytest.importorskip("torch")
    arguments = draw_arguments(3, targets, sources)
    rng = np.random.default_rng(4)
    mask, upstream = rng.random((2, 1, sources)) < 0.7, rng.standard_normal((2, targets, 2))
    allowed = mask & (causal_mask(targets, sources) if causal else True)

    def attended(queries, keys, values):
        features = [torch.nn.functional.elu(vectors) + 1 for vectors in (queries, keys)]
        weights = features[0] @ features[1].mT * torch.tensor(allowed)
        normaliser = weights.sum(-1, keepdim=True)
        return weights / torch.where(normaliser == 0, 1, normaliser) @ values

    expected, gradients = torch_gradients(attended, upstream, arguments)
    np.testing.assert_allclose(
        linear_attention(**arguments, mask=mask, causal=causal), expected, rtol=1e-12, atol=1e-14
    )
    found = linear_attention_backward(upstream, **arguments, mask=mask, causal=causal)
    for gradient, name in zip(found, arguments, strict=True):
        assert relative_error(gradient, gradients[name]) < 1e-12


@few_examples
@given(cuts=st.lists(st.integers(0, 90), max_size=4), seed=seeds)
def test_pieces_with_a_state_equal_the_whole_causal_pass(cuts, seed):
    arguments = draw_arguments(seed, 90, 90)
    expected, last = linear_attention(**arguments, causal=True, return_state=True)
    state, contexts, edges = None, [], [0, *sorted(cuts), 90]
    for first, end in zip(edges, edges[1:], strict=False):
        piece = {name: array[:, first:end] for name, array in arguments.items()}
        context, state = linear_attention(**piece, causal=True, state=state, return_state=True)
        contexts.append(context)
    np.testing.assert_allclose(np.concatenate(contexts, axis=1), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(state, last, rtol=1e-12)


def test_a_state_is_all_that_a_target_has_to_know():
    arguments = draw_arguments(5)
    context, state = linear_attention(**arguments, return_state=True)
    nothing_new = {name: array if name == "queries" else array[:, :0] for name, array in arguments.items()}
    np.testing.assert_allclose(linear_attention(**nothing_new, state=state), context, rtol=1e-13)
    assert state.shape == (2, 3, 2 + 1)
    # Targets before the first key of a causal piece see what came before, and nothing else.
    later = {**arguments, "keys": arguments["keys"][:, :1], "values": arguments["values"][:, :1]}
    found = linear_attention(**later, causal=True, state=state)
    np.testing.assert_allclose(found[:, :3], context[:, :3], rtol=1e-13)
    assert np.all(np.abs(found[:, 3] - context[:, 3]) > 1e-6)


def test_masked_keys_and_values_do_not_count_whatever_they_are():
    arguments = draw_arguments(6)
    mask = padding_mask(np.array([6, 2]), 6)
    expected = linear_attention(**arguments, mask=mask)
    others = {name: array.copy() for name, array in arguments.items()}
    others["keys"][1, 2:], others["values"][1, 2:] = np.inf, 1e6
    np.testing.assert_array_equal(linear_attention(**others, mask=mask), expected)
    _, d_keys, d_values = linear_attention_backward(np.ones_like(expected), **arguments, mask=mask)
    assert not d_keys[1, 2:].any() and not d_values[1, 2:].any()
    assert d_keys[1, :2].all() and d_values[1, :2].all()


@pytest.mark.parametrize("causal", [False, True])
def test_a_target_that_sees_nothing_has_context_0_and_gradient_0(causal):
    arguments = draw_arguments(7)
    mask = np.zeros((2, 1, 6), bool)
    mask[0] = True
    context = linear_attention(**arguments, mask=mask, causal=causal)
    assert not context[1].any() and context[0].all()
    for gradient in linear_attention_backward(np.ones_like(context), **arguments, mask=mask, causal=causal):
        assert not gradient[1].any()


def test_features_that_underflow_give_0_and_no_warning():
    arguments = draw_arguments(8)
    arguments["queries"][:] = -1e4
    assert not linear_attention(**arguments).any()
    for gradient in linear_attention_backward(np.ones((2, 4, 2)), **arguments):
        assert np.isfinite(gradient).all()


def test_equal_values_come_back_as_they_are():
    arguments = draw_arguments(9, 80, 80)
    arguments["values"][:] = [2.0, -3.0]
    for causal in (False, True):
        found = linear_attention(**arguments, causal=causal)
        np.testing.assert_allclose(found, np.broadcast_to([2.0, -3.0], found.shape), rtol=1e-12)


def test_memory_grows_with_the_length_and_not_with_its_square():
    def peak(length):
        arguments = draw_arguments(10, length, length, (), 8, 8)
        upstream = np.ones((length, 8))
        tracemalloc.start()
        linear_attention(**arguments, causal=True)
        linear_attention_backward(upstream, **arguments, causal=True)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(8192) < 2.2 * peak(4096) < 4096 * 4096


@pytest.mark.parametrize("lead", [(), (0,), (2, 1)])
@pytest.mark.parametrize(("targets", "sources"), [(0, 3), (3, 0), (1, 1)])
@pytest.mark.parametrize("causal", [False, True])
def test_empty_dimensions_pass_through(lead, targets, sources, causal):
    arguments = draw_arguments(11, targets, sources, lead)
    context = linear_attention(**arguments, causal=causal)
    assert context.shape == (*lead, targets, 2)
    gradients = linear_attention_backward(context, **arguments, causal=causal)
    assert [gradient.shape for gradient in gradients] == [array.shape for array in arguments.values()]


def test_the_dtype_stays():
    upstream = np.random.default_rng(12).standard_normal((2, 4, 2))
    for causal in (False, True):
        check_dtypes(
            lambda *arrays, causal=causal: linear_attention(*arrays, causal=causal),
            lambda *arrays, causal=causal: linear_attention_backward(*arrays, causal=causal),
            draw_arguments(12),
            upstream,
        )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keys": np.ones((2, 6, 4))}, r"^keys: expected shape \(..., sources, 3\) to match queries"),
        ({"values": np.ones((2, 5, 2))}, "^values: expected shape"),
        ({"keys": np.ones((3, 6, 3))}, "^keys: expected leading dimensions"),
        ({"mask": np.ones((4, 6), bool)}, r"^mask: expected a shape that broadcasts to \(2, 1, 6\), got \(4, 6\)$"),
        ({"mask": np.ones(6)}, "^mask: expected booleans"),
        ({"state": np.ones((2, 3, 2))}, "^state: expected shape"),
        ({"keys": np.ones((2, 6, 3), np.float32)}, "^keys: expected dtype float64 like queries"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        linear_attention(**{**draw_arguments(), **wrong})
